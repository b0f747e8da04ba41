"""The state of a training run on disk: written whole, read without unpickling code."""

from __future__ import annotations

from pathlib import Path
from typing import Any
import warnings

from dexnet_core.files.atomic import atomic_path
import torch
from torch import nn

State = dict[str, Any]


def write_checkpoint(path: Path, state: State) -> None:
    """Write tensors and plain values, whole or not at all.

    Raises:
        OSError: There is no room, or no right to write.
    """
    with atomic_path(path) as scratch:
        try:
            torch.save(state, scratch)
        except RuntimeError as error:  # torch's word for a full disk
            raise OSError(f'cannot write {path}: {str(error).splitlines()[0]}') from error


def read_checkpoint(path: Path) -> State:
    """Read a checkpoint; only tensors and plain values are ever loaded.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is truncated, of another kind, or would run code.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # about pickles that are refused anyway
            state = torch.load(path, map_location='cpu', weights_only=True)
    except FileNotFoundError:
        raise
    except Exception as error:  # torch, zipfile and pickle raise many kinds
        reason = 'truncated, of another kind, or with code, which is never run'
        raise ValueError(f'{path} is not a checkpoint of weights: {reason}') from error
    if not isinstance(state, dict):
        raise ValueError(f'{path} holds a {type(state).__name__}, expected a checkpoint')
    return state


def load_weights(network: nn.Module, weights: object, path: Path) -> None:
    """Load a state dictionary into a network.

    Raises:
        ValueError: Not the weights of this network; the message names keys or shapes.
    """
    if not isinstance(weights, dict):
        raise ValueError(f'{path} holds a {type(weights).__name__}, expected a state dictionary')
    wanted = network.state_dict()
    wrong = [
        f'{what} {_some(sorted(keys))}'
        for what, keys in (
            ('lacks', wanted.keys() - weights.keys()),
            ('has unknown', weights.keys() - wanted.keys()),
            ('has another shape of', _reshaped(wanted, weights)),
        )
        if keys
    ]
    if wrong:
        name = type(network).__name__
        raise ValueError(f'{path} does not hold weights of {name}: it {"; ".join(wrong)}')
    broken = [name for name in wanted if not bool(weights[name].isfinite().all())]
    if broken:
        raise ValueError(f'{path} has values that are not finite in {_some(broken)}')
    network.load_state_dict(weights)


def _reshaped(wanted: State, weights: State) -> set[str]:
    """Return the names of those that have another shape, with both."""
    shapes = {
        key: (getattr(weights[key], 'shape', None), wanted[key].shape)
        for key in wanted.keys() & weights.keys()
    }
    return {
        f'{key} ({got and tuple(got)}, expected {tuple(expected)})'
        for key, (got, expected) in shapes.items()
        if got != expected
    }


def _some(keys: list[str]) -> str:
    more = f' and {len(keys) - 3} more' if len(keys) > 3 else ''
    return ', '.join(keys[:3]) + more
