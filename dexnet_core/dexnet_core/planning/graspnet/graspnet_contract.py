"""The contract that is stored in each graph of an exported GraspNet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, TypeVar

from dexnet_core.planning.contracts.contract_text import contract_text, contract_values
from dexnet_core.planning.graspnet.constants import GraspNetConstants
from dexnet_core.planning.graspnet.stages import Cylinders, GraspNetDesign, Level

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FORMAT = 3
METADATA_KEY = 'dexnet.graspnet'
WEIGHTS_KEY = 'dexnet.weights'
"""Key of metadata that is the same in all graphs of a network and differs between networks."""

D = TypeVar('D', bound='DataclassInstance')


@dataclass(frozen=True)
class GraspNetContract:
    """Name, scales and sizes of an exported GraspNet.

    Attributes:
        name: Name of the network and of the data it was trained on.
        version: Version of the weights.
        constants: Scales of the outputs.
        design: Sizes, radii and numbers of samples; `stages.graphs` returns the graphs for it.
        format: Version of this contract; a runtime refuses unknown versions.
    """

    name: str
    version: str
    constants: GraspNetConstants = field(default_factory=GraspNetConstants)
    design: GraspNetDesign = field(default_factory=GraspNetDesign)
    format: int = FORMAT


def contract_to_json(contract: GraspNetContract) -> str:
    """Return the text that is stored in a graph."""
    return contract_text(contract)


def contract_from_json(text: str) -> GraspNetContract:
    """Read the text that is stored in a graph.

    Raises:
        ValueError: The text is not a contract, has another format, or a field is missing, unknown
            or of a wrong type.
    """
    values = contract_values(text, 'GraspNet contract')
    if values.get('format') != FORMAT:
        got = values.get('format')
        raise ValueError(f'GraspNet contract has format {got}, this runtime knows {FORMAT}')
    nested = {'constants': _constants, 'design': _design, 'name': _text, 'version': _text}
    return _built(GraspNetContract, values, nested)


def _design(values: object) -> GraspNetDesign:
    nested = {
        'levels': _levels,
        'propagated': _counts,
        'cylinders': _cylinders,
        'head': _count,
        'points': _count,
    }
    return _built(GraspNetDesign, values, nested)


def _constants(values: object) -> GraspNetConstants:
    return _built(GraspNetConstants, values, {})


def _levels(values: object) -> tuple[Level, ...]:
    nested = {
        'centres': _count,
        'radius': _length,
        'samples': _count,
        'channels': _counts,
    }
    return tuple(_built(Level, value, nested) for value in _list(values))


def _cylinders(values: object) -> Cylinders:
    nested = {
        'radius': _length,
        'bottom': _number,
        'tops': lambda tops: tuple(_number(top) for top in _list(tops)),
        'samples': _count,
        'channels': _counts,
    }
    return _built(Cylinders, values, nested)


def _built(kind: type[D], values: object, nested: Mapping[str, Callable[[object], object]]) -> D:
    """Build a dataclass from exactly its fields; `nested` has the readers of some fields."""
    names = {item.name for item in fields(kind)}
    if not isinstance(values, dict) or set(values) != names:
        wrong = sorted(set(values) ^ names) if isinstance(values, dict) else values
        raise ValueError(f'GraspNet contract {kind.__name__} has missing or unknown: {wrong}')
    try:
        return kind(**{key: nested.get(key, _same)(value) for key, value in values.items()})
    except ValueError as error:
        raise ValueError(f'GraspNet contract {kind.__name__}: {error}') from error


def _same(value: object) -> object:
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list) or not value:
        raise ValueError(f'got {value!r}, expected a list of values')
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f'got {value!r}, expected text')
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f'got {value!r}, expected a number')
    return value


def _length(value: object) -> float:
    length = _number(value)
    if not length > 0:
        raise ValueError(f'got {value!r}, expected a length > 0')
    return length


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f'got {value!r}, expected a whole number > 0')
    return value


def _counts(value: object) -> tuple[int, ...]:
    return tuple(_count(item) for item in _list(value))
