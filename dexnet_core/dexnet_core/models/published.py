"""Weights in files: our own checkpoints, and those of others in whatever they are wrapped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from dexnet_core.models.checkpoints import load_weights, read_checkpoint, State
import torch
from torch import nn

Network = TypeVar('Network', bound=nn.Module)
Tensors = dict[str, torch.Tensor]

_WRAPPERS = (
    *('network', 'model_state_dict', 'state_dict', 'model', 'net', 'weights', 'params'),
    *('generator', 'module'),
)
_DEEPEST = 4
_NAMED = 5
_OF_WRAPPERS = {'module', '_orig_mod', '_fsdp_wrapped_module', '_checkpoint_wrapped_module'}
"""Parts of names that parallel and compiled training put in, at any place."""


class SavedWeights(NamedTuple):
    """What a file of weights says.

    Attributes:
        state: Name of each layer's tensor to the tensor, without prefixes of a wrapper.
        data: What is known of the training data, such as 'mean' and 'std' of the crops in
            metres; empty in files of others.
    """

    state: Tensors
    data: dict[str, Any]


def read_weights(path: Path, names: Collection[str]) -> SavedWeights:
    """Read the weights of a network from a file, wherever they are in it.

    Of all dictionaries in the file it is the one with the most tensors of the network. Where all
    have a prefix in common, such as `model.`, only what has that prefix is kept.

    Args:
        path: A state dictionary of torch, plain or inside other dictionaries.
        names: Of the tensors that the network has; those it may have, where the file decides.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is no checkpoint, would run code, or holds no tensors.
    """
    checkpoint = read_checkpoint(path)
    found = [_unwrapped(tensors, names) for tensors in _dictionaries(checkpoint)]
    if not found:
        raise ValueError(f'{path} holds no weights: no tensors by name, only {_held(checkpoint)}')
    best = max(found, key=lambda state: len(state.keys() & set(names)))
    return SavedWeights(best, _data_of(checkpoint, path))


def read_data(path: Path) -> dict[str, Any]:
    """Return what a file of weights knows of its training data; see `SavedWeights`.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is no checkpoint, or would run code.
    """
    return _data_of(read_checkpoint(path), path)


def load_network(network: Network, path: Path) -> Network:
    """Load a file of weights into a network, and return it ready to answer.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Not the weights of this network; the message names keys or shapes.
    """
    load_weights(network, read_weights(path, network.state_dict().keys()).state, path)
    return network.eval()


def _data_of(checkpoint: State, path: Path) -> dict[str, Any]:
    data = checkpoint.get('data', {})
    if isinstance(data, dict):
        return data
    if 'network' in checkpoint:  # ours, and broken
        raise ValueError(f"{path} holds a {type(data).__name__} as 'data', expected a dictionary")
    return {}


def _dictionaries(state: State, depth: int = _DEEPEST) -> Iterator[Tensors]:
    """Yield all that is named after strings and holds tensors; usual wrappers come first."""
    tensors = {name: _tensor(value) for name, value in state.items() if isinstance(name, str)}
    kept = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    if kept:
        yield kept
    usual = [state[name] for name in _WRAPPERS if name in state]
    others = [value for name, value in state.items() if name not in _WRAPPERS]
    for value in (*usual, *others):
        if isinstance(value, dict) and depth:
            yield from _dictionaries(value, depth - 1)


def _tensor(value: object) -> torch.Tensor | None:
    """Return a tensor, also of an array of numbers; None of anything else."""
    if isinstance(value, torch.Tensor):
        return value
    try:
        return torch.from_numpy(value)
    except TypeError:  # no array, or one of text
        return None


def _unwrapped(tensors: Tensors, names: Collection[str]) -> Tensors:
    """Return the tensors by the names of a network as far as they are known."""
    plain = {_without_wrappers(name): tensor for name, tensor in tensors.items()}
    prefixes = Counter(prefix for name in plain for prefix in _prefixes(name, names))
    prefix = max(prefixes, key=lambda each: (prefixes[each], not each), default='')
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in plain.items()
        if name.startswith(prefix)
    }


def _without_wrappers(name: str) -> str:
    return '.'.join(part for part in name.split('.') if part not in _OF_WRAPPERS)


def _prefixes(name: str, names: Collection[str]) -> list[str]:
    """Return what may stand before a name of the network in a longer one."""
    parts = name.split('.')
    ends = ('.'.join(parts[k:]) for k in range(len(parts)))
    return [name[: len(name) - len(end)] for end in ends if end in names]


def _held(checkpoint: State) -> str:
    return ', '.join(map(str, [*checkpoint][:_NAMED])) or 'an empty dictionary'
