"""The state of a training run on disk: written whole, read without unpickling code."""

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
    """Read a checkpoint; only tensors, arrays and plain values are ever loaded.

    Arguments, paths and settings that people save beside weights become empty placeholders:
    none of their classes is imported.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is truncated, of another kind, or would run code; the message says
            which.
    """
    try:
        state = _loaded(path)
    except Exception as error:  # torch, zipfile and pickle raise many kinds
        if isinstance(error, FileNotFoundError) and not is_tensorflow(path):
            raise
        reason = refusal(path, _blocked(path, error), error)
        raise ValueError(f'{path} is not a checkpoint of weights: {reason}') from error
    if not isinstance(state, dict):
        raise ValueError(f'{path} holds a {type(state).__name__}, expected a checkpoint')
    return state


class _Beside:
    """What stands in a file beside its weights, of which nothing is kept."""

    def __new__(cls, *_: object) -> _Beside:
        return super().__new__(cls)

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


def _emptied(*_: object) -> OrderedDict[object, object]:
    return OrderedDict()


def _loaded(path: Path) -> object:
    with warnings.catch_warnings(), safe_globals(_arrays()):
        warnings.simplefilter('ignore')  # about pickles that are refused anyway
        with safe_globals([*_placeholders(path)]):
            return torch.load(path, map_location='cpu', weights_only=True)


def _arrays() -> list[Any]:
    """Return what arrays and numbers of NumPy are made by, under its old and new names."""
    number, array = np.float64(0).__reduce__()[0], np.empty(0).__reduce__()[0]
    kinds = {type(np.dtype(code)) for code in np.typecodes['All']}
    makers = [
        (maker, f'numpy.{core}.multiarray.{name}')
        for core in ('core', '_core')
        for maker, name in ((number, 'scalar'), (array, '_reconstruct'))
    ]
    return [np.ndarray, np.dtype, *kinds, *makers]


def _placeholders(path: Path) -> list[tuple[Any, str]]:
    """Return what takes the place of harmless classes, with the names that a file has for them."""
    harmless = (name for name in _unsafe(path) if name.startswith(_PLAIN_ROOTS))
    return [
        *((_Beside, name) for name in (*_PLAIN, *_PLAIN_TYPES, *harmless)),
        *((OrderedDict, name) for name in _DICTIONARIES),
        (_emptied, 'collections.defaultdict'),
    ]


def _blocked(path: Path, error: Exception) -> list[str]:
    """Return the classes and functions that a file would need, as far as they are known."""
    known = {name for _, name in _placeholders(path)}
    with safe_globals(_arrays()):
        others = sorted(name for name in _unsafe(path) if name not in known)
    first = _BLOCKED.findall(str(error))[:1]  # the outermost, which the user knows by name
    return [*dict.fromkeys((*first, *others))]


def _unsafe(path: Path) -> list[str]:
    """Return what a file names beyond tensors; nothing of files before torch 1.6 and others."""
    try:
        return get_unsafe_globals_in_checkpoint(path)
    except Exception:
        return []


def load_weights(network: nn.Module, weights: object, path: Path) -> None:
    """Load a state dictionary into a network.

    Raises:
        ValueError: Not the weights of this network; the message names keys or shapes.
    """
    if not isinstance(weights, dict):
        raise ValueError(f'{path} holds a {type(weights).__name__}, expected a state dictionary')
    wanted = network.state_dict()
    counters = {name: wanted[name] * 0 for name in wanted if name.endswith(_COUNTER)}
    weights = {**counters, **weights}  # older torch does not store them, and no answer needs them
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
