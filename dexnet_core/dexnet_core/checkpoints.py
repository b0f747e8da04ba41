"""The state of a training run on disk: written whole, read without unpickling code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dexnet_core.files.atomic import atomic_path
import torch
from torch import nn

State = dict[str, Any]


def write_checkpoint(path: Path, state: State) -> None:
    """Write tensors and plain values, whole or not at all."""
    with atomic_path(path) as scratch:
        torch.save(state, scratch)


def read_checkpoint(path: Path) -> State:
    """Read a checkpoint; only tensors and plain values are ever loaded.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is truncated, of another kind, or would run code.
    """
    try:
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
    network.load_state_dict(weights)


def _reshaped(wanted: State, weights: State) -> set[str]:
    return {
        key
        for key in wanted.keys() & weights.keys()
        if getattr(weights[key], 'shape', None) != wanted[key].shape
    }


def _some(keys: list[str]) -> str:
    more = f' and {len(keys) - 3} more' if len(keys) > 3 else ''
    return ', '.join(keys[:3]) + more
