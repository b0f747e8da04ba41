"""Checkpoints of training runs: written atomically, read without unpickling code."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
import re
from typing import Any
import warnings

from dexnet_core.io.files.atomic import atomic_path
from dexnet_core.models.checkpoint_refusals import is_tensorflow, refusal
import numpy as np
import torch
from torch import nn
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

State = dict[str, Any]

_COUNTER = '.num_batches_tracked'
_PATHS = ('pathlib.PosixPath', 'pathlib._local.PosixPath', 'pathlib.WindowsPath')
_PLAIN = ('argparse.Namespace', 'types.SimpleNamespace', *_PATHS)
_PLAIN_ROOTS = ('argparse.', 'datetime.', 'omegaconf.', 'pathlib.', 'typing.')
_PLAIN_TYPES = tuple(
    f'builtins.{kind}' for kind in ('bool', 'dict', 'float', 'int', 'list', 'str')
)
_DICTIONARIES = (
    'addict.addict.Dict',
    'easydict.EasyDict',
    'lightning.fabric.utilities.data.AttributeDict',
    'lightning_fabric.utilities.data.AttributeDict',
    'pytorch_lightning.utilities.parsing.AttributeDict',
    'yacs.config.CfgNode',
)
_BLOCKED = re.compile(r'GLOBAL ([\w.]+)')


def write_checkpoint(path: Path, state: State) -> None:
    """Write tensors and plain values atomically.

    Raises:
        OSError: The disk is full, or the path is not writable.
    """
    with atomic_path(path) as scratch:
        try:
            torch.save(state, scratch)
        except RuntimeError as error:  # torch raises it for a full disk
            raise OSError(f'cannot write {path}: {str(error).splitlines()[0]}') from error


def read_checkpoint(path: Path) -> State:
    """Read a checkpoint; only tensors, arrays and plain values are loaded.

    Arguments, paths and settings that are often stored beside weights become empty placeholders.
    Their classes are not imported.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is truncated, of another kind, or would run code; the message
            contains the reason.
    """
    try:
        state = _loaded(path)
    except Exception as error:  # torch, zipfile and pickle raise many exception types
        if isinstance(error, FileNotFoundError) and not is_tensorflow(path):
            raise
        reason = refusal(path, _blocked(path, error), error)
        raise ValueError(f'{path} is not a checkpoint of weights: {reason}') from error
    if not isinstance(state, dict):
        raise ValueError(f'{path} is a {type(state).__name__}, expected a checkpoint')
    return state


class _Placeholder:
    """Empty placeholder of an object stored beside the weights."""

    def __new__(cls, *_: object) -> _Placeholder:
        return super().__new__(cls)

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


def _emptied(*_: object) -> OrderedDict[object, object]:
    return OrderedDict()


def _loaded(path: Path) -> object:
    with warnings.catch_warnings(), safe_globals(_arrays()):
        warnings.simplefilter('ignore')  # about pickles, which are rejected below
        with safe_globals([*_placeholders(path)]):
            return torch.load(path, map_location='cpu', weights_only=True)


def _arrays() -> list[Any]:
    """Return the constructors of NumPy arrays and scalars under their old and new names."""
    number, array = np.float64(0).__reduce__()[0], np.empty(0).__reduce__()[0]
    kinds = {type(np.dtype(code)) for code in np.typecodes['All']}
    makers = [
        (maker, f'numpy.{core}.multiarray.{name}')
        for core in ('core', '_core')
        for maker, name in ((number, 'scalar'), (array, '_reconstruct'))
    ]
    return [np.ndarray, np.dtype, *kinds, *makers]


def _placeholders(path: Path) -> list[tuple[Any, str]]:
    """Return the placeholders of harmless classes with the class names of the file."""
    harmless = (name for name in _unsafe(path) if name.startswith(_PLAIN_ROOTS))
    return [
        *((_Placeholder, name) for name in (*_PLAIN, *_PLAIN_TYPES, *harmless)),
        *((OrderedDict, name) for name in _DICTIONARIES),
        (_emptied, 'collections.defaultdict'),
    ]


def _blocked(path: Path, error: Exception) -> list[str]:
    """Return the blocked classes and functions that a file requires, as far as known."""
    known = {name for _, name in _placeholders(path)}
    with safe_globals(_arrays()):
        others = sorted(name for name in _unsafe(path) if name not in known)
    first = _BLOCKED.findall(str(error))[:1]  # the outermost class, known to the user
    return [*dict.fromkeys((*first, *others))]


def _unsafe(path: Path) -> list[str]:
    """Return the non-tensor classes of a file; empty for files before torch 1.6 and others."""
    try:
        return get_unsafe_globals_in_checkpoint(path)
    except Exception:
        return []


def load_weights(network: nn.Module, weights: object, path: Path) -> None:
    """Load a state dictionary into a network.

    Raises:
        ValueError: The weights are not those of this network; the message contains keys or
            shapes.
    """
    if not isinstance(weights, dict):
        raise ValueError(f'{path} has a {type(weights).__name__}, expected a state dictionary')
    wanted = network.state_dict()
    counters = {name: wanted[name] * 0 for name in wanted if name.endswith(_COUNTER)}
    weights = {**counters, **weights}  # older torch does not store them; inference ignores them
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
    """Return the names of tensors with another shape, with both shapes."""
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
