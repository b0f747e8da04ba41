"""Reader of weights files: checkpoints of this project and of others, with any wrapper."""

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
"""Name components that parallel and compiled training insert at any position."""


class SavedWeights(NamedTuple):
    """Contents of a weights file.

    Attributes:
        state: Tensors by name, without prefixes of wrappers.
        data: Facts about the training data, such as 'mean' and 'std' of the crops in metres;
            empty in files of other projects.
    """

    state: Tensors
    data: dict[str, Any]


def read_weights(path: Path, names: Collection[str]) -> SavedWeights:
    """Read the weights of a network from a file with any structure.

    Of all dictionaries in the file, the one with the most tensors of the network is used. If the
    names of the network have a common prefix in the file, such as `model.`, only tensors with this
    prefix are kept.

    Args:
        path: A state dictionary of torch, plain or inside other dictionaries.
        names: Tensor names of the network, including optional ones.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not a checkpoint, would run code, or has no tensors.
    """
    checkpoint = read_checkpoint(path)
    found = [_unwrapped(tensors, names) for tensors in _dictionaries(checkpoint)]
    if not found:
        raise ValueError(f'{path} has no weights: no named tensors, only {_keys(checkpoint)}')
    best = max(found, key=lambda state: len(state.keys() & set(names)))
    return SavedWeights(best, _data_of(checkpoint, path))


def read_data(path: Path) -> dict[str, Any]:
    """Return the facts about the training data in a weights file; see `SavedWeights`.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not a checkpoint, or would run code.
    """
    return _data_of(read_checkpoint(path), path)


def load_network(network: Network, path: Path) -> Network:
    """Load a weights file into a network and set it to evaluation mode.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The weights are not those of the network; the message contains keys or
            shapes.
    """
    load_weights(network, read_weights(path, network.state_dict().keys()).state, path)
    return network.eval()


def _data_of(checkpoint: State, path: Path) -> dict[str, Any]:
    data = checkpoint.get('data', {})
    if isinstance(data, dict):
        return data
    if 'network' in checkpoint:  # a damaged checkpoint of this project
        raise ValueError(f"{path} has a {type(data).__name__} as 'data', expected a dictionary")
    return {}


def _dictionaries(state: State, depth: int = _DEEPEST) -> Iterator[Tensors]:
    """Yield the named tensors of all nested dictionaries; common wrappers come first."""
    tensors = {name: _tensor(value) for name, value in state.items() if isinstance(name, str)}
    named = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    if named:
        yield named
    usual = [state[name] for name in _WRAPPERS if name in state]
    others = [value for name, value in state.items() if name not in _WRAPPERS]
    for value in (*usual, *others):
        if isinstance(value, dict) and depth:
            yield from _dictionaries(value, depth - 1)


def _tensor(value: object) -> torch.Tensor | None:
    """Return a tensor or numeric array as a tensor; None for any other object."""
    if isinstance(value, torch.Tensor):
        return value
    try:
        return torch.from_numpy(value)
    except TypeError:  # not an array, or an array of text
        return None


def _unwrapped(tensors: Tensors, names: Collection[str]) -> Tensors:
    """Remove wrapper components and the most frequent prefix from the tensor names."""
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
    """Return all prefixes of a name whose remainder is a tensor name of the network."""
    parts = name.split('.')
    ends = ('.'.join(parts[k:]) for k in range(len(parts)))
    return [name[: len(name) - len(end)] for end in ends if end in names]


def _keys(checkpoint: State) -> str:
    return ', '.join(map(str, [*checkpoint][:_NAMED])) or 'an empty dictionary'
