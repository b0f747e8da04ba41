"""Weights in files: our own checkpoints, and state dictionaries as Dex-Net 5.0 writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from dexnet_core.checkpoints import load_weights, read_checkpoint, State
import torch
from torch import nn

Network = TypeVar('Network', bound=nn.Module)

_WRAPPERS = ('network', 'model_state_dict')
_PARALLEL = 'module.'


class SavedWeights(NamedTuple):
    """What a file of weights says.

    Attributes:
        state: Name of each layer's tensor to the tensor, without the prefix of parallel training.
        data: What is known of the training data, such as 'mean' and 'std' of the crops in
            metres; empty in a plain state dictionary.
    """

    state: dict[str, torch.Tensor]
    data: dict[str, Any]


def read_weights(path: Path) -> SavedWeights:
    """Read a state dictionary, plain or under 'network' or 'model_state_dict'.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is no checkpoint, would run code, or holds no state dictionary.
    """
    checkpoint = read_checkpoint(path)
    wrapper = next((name for name in _WRAPPERS if name in checkpoint), None)
    state = checkpoint if wrapper is None else checkpoint[wrapper]
    _require_tensors(state, path)
    data = {} if wrapper is None else checkpoint.get('data', {})
    if not isinstance(data, dict):
        raise ValueError(f"{path} holds a {type(data).__name__} as 'data', expected a dictionary")
    if all(name.startswith(_PARALLEL) for name in state):
        state = {name.removeprefix(_PARALLEL): tensor for name, tensor in state.items()}
    return SavedWeights(state, data)


def load_network(network: Network, path: Path) -> Network:
    """Load a file of weights into a network, and return it ready to answer.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Not the weights of this network; the message names keys or shapes.
    """
    load_weights(network, read_weights(path).state, path)
    return network.eval()


def _require_tensors(state: State, path: Path) -> None:
    if not isinstance(state, dict) or not state:
        raise ValueError(f'{path} holds {_kind(state)}, expected a state dictionary')
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, torch.Tensor):
            raise ValueError(
                f'{path} is not a state dictionary: {name!r} is {_kind(value)}, expected a tensor'
            )


def _kind(value: object) -> str:
    empty = isinstance(value, dict) and not value
    return 'an empty dictionary' if empty else f'a {type(value).__name__}'
