"""Reading and checking of the contract in a model file, of any kind."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, TypeVar

from dexnet_core.planning.contracts.contract_text import contract_text, contract_values
from dexnet_core.planning.contracts.crop_contract import CROP_FORMAT, CropContract
from dexnet_core.planning.contracts.evaluator_contracts import (
    CUP_SIZES,
    CupEvaluatorContract,
    EVALUATOR_FORMAT,
    JAW_SIZES,
    JawEvaluatorContract,
)
from dexnet_core.planning.contracts.view_contract import FORMAT, JawCells, ModelContract
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

METADATA_KEY = 'dexnet.contract'

T = TypeVar('T')
D = TypeVar('D', bound='DataclassInstance')

Contract = ModelContract | CropContract | JawEvaluatorContract | CupEvaluatorContract


def contract_to_json(contract: Contract) -> str:
    """Return the text that is stored in a model file."""
    return contract_text(contract)


def contract_from_json(text: str) -> Contract:
    """Read the text that is stored in a model file.

    The kind is detected by a field: crop contracts have a `form`, contracts of jaw evaluators
    `rows`, contracts of cup evaluators a `side`.

    Raises:
        ValueError: The text is not a contract, has another format, or a field is missing, unknown
            or of a wrong type.
    """
    values = contract_values(text, 'model contract')
    if 'form' in values:
        _require_format(values, CROP_FORMAT)
        return _checked(_strict(CropContract, _with_tuples(values)))
    if 'rows' in values:
        _require_format(values, EVALUATOR_FORMAT)
        jaw = _gripper_from(values.get('jaw'))
        values = _with_context(values, JAW_SIZES)
        return _checked(_strict(JawEvaluatorContract, {**values, 'jaw': jaw}))
    if 'side' in values:
        _require_format(values, EVALUATOR_FORMAT)
        cup = _cup_from(values.get('cup'))
        values = _with_context(values, CUP_SIZES)
        return _checked(_strict(CupEvaluatorContract, {**values, 'cup': cup}))
    _require_format(values, FORMAT)
    if values.get('jaw') is not None:
        values['jaw'] = _jaw_from(values['jaw'])
    return _checked(_strict(ModelContract, values))


def _require_format(values: dict[str, object], known: int) -> None:
    if values.get('format') != known:
        got = values.get('format')
        raise ValueError(f'model contract has format {got}, this runtime knows {known}')


def _gripper_from(values: object) -> JawGripper:
    if not isinstance(values, dict):
        raise ValueError(f'model contract gripper is {values!r}, expected its lengths')
    return _strict(JawGripper, {**asdict(JawGripper()), **values})  # older files have no palm


def _cup_from(values: object) -> SuctionCup:
    if not isinstance(values, dict):
        raise ValueError(f'model contract cup is {values!r}, expected its lengths')
    return _strict(SuctionCup, {**asdict(SuctionCup()), **values})


def _with_context(
    values: dict[str, object], usual_sizes: tuple[float, float]
) -> dict[str, object]:
    """Return the values of an evaluator's contract; older files have no context and no sizes."""
    context = _listed(values, 'context', (str,), ['score'])
    calibration = _listed(values, 'calibration', (int, float), [1.0, 0.0])
    sizes = _listed(values, 'sizes', (int, float), list(usual_sizes))
    return {**values, 'context': context, 'sizes': sizes, 'calibration': calibration}


def _with_tuples(values: dict[str, object]) -> dict[str, object]:
    """Return a crop contract's values with tuples where JSON has lists, checked."""
    kinds = {'pose_inputs': (str,), 'pose_mean': (int, float), 'pose_std': (int, float)}
    lists = {name: _listed(values, name, kinds[name], []) for name in kinds if name in values}
    spread = lists.get('pose_std', ())
    if not all(map(_is_positive, spread)):
        raise ValueError(f'model contract pose_std is {list(spread)}, expected > 0')
    return {**values, **lists}


def _listed(
    values: dict[str, object], name: str, kinds: tuple[type, ...], default: list[object]
) -> tuple[object, ...]:
    """Return a list of values of some types; the default list if it is missing."""
    got = values.get(name, default)
    if not isinstance(got, list) or not all(isinstance(item, kinds) for item in got):
        raise ValueError(f'model contract {name} is {got!r}, expected a list')
    return tuple(got)


def _jaw_from(values: object) -> JawCells:
    """Return the checked meaning of the channels of a jaw's network."""
    if not isinstance(values, dict):
        raise ValueError(f'model contract jaw is {values!r}, expected angles, offsets, gripper')
    offsets = values.get('offsets')
    if not isinstance(offsets, list) or not offsets or not all(map(_is_positive, offsets)):
        raise ValueError(f'model contract offsets are {offsets!r}, expected lengths > 0')
    values = {
        **values,
        'offsets': tuple(offsets),
        'gripper': _gripper_from(values.get('gripper')),
    }
    jaw = _strict(JawCells, values)
    if not isinstance(jaw.angles, int) or not _is_positive(jaw.angles):
        raise ValueError(f'model contract angles is {jaw.angles!r}, expected a number > 0')
    return jaw


def _strict(kind: type[D], values: dict[str, object]) -> D:
    """Build a dataclass from exactly its fields."""
    names = {item.name for item in fields(kind)}
    if set(values) != names:
        wrong = sorted(set(values) ^ names)
        raise ValueError(f'model contract has missing or unknown fields: {", ".join(wrong)}')
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise ValueError(f'model contract cannot be used: {error}') from error


def _is_positive(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0


def _checked(contract: D) -> D:
    """Return the contract if its values have valid types and ranges."""
    types = {'str': (str,), 'int': (int,), 'float': (int, float)}
    for item in fields(contract):
        kinds = types.get(str(item.type))
        if kinds is None:
            continue
        value = getattr(contract, item.name)
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise ValueError(f'model contract {item.name} is {value!r}, expected {item.type}')
        optional = item.name == 'cup_radius' and value == 0
        if not isinstance(value, str) and not (_is_positive(value) or optional):
            raise ValueError(f'model contract {item.name} is {value}, expected > 0')
    return contract
