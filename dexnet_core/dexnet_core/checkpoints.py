"""The state of a training run on disk: written whole, read without unpickling code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dexnet_core.files.atomic import atomic_path
import torch

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
        raise ValueError(f'{path} is not a checkpoint of weights: {error}') from error
    if not isinstance(state, dict):
        raise ValueError(f'{path} holds a {type(state).__name__}, expected a checkpoint')
    return state
