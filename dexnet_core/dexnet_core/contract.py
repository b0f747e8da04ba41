"""The contract that travels inside a model file: what goes in, what comes out, in which units."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
import json
from typing import TypeVar

from dexnet_core.closing_contract import CLOSING_FORMAT, ClosingContract
from dexnet_core.crop_contract import CROP_FORMAT, CropContract
from dexnet_core.gripper import JawGripper

FORMAT = 2
METADATA_KEY = 'dexnet.contract'

T = TypeVar('T')


@dataclass(frozen=True)
class JawCells:
    """What the channels of a parallel jaw's heat map mean.

    Channel a * len(offsets) + d is the quality of closing along the image direction
    a * pi / angles, measured from +u towards +v, with the pads offsets[d] below the surface of
    the cell, as seen along the optical axis.

    Attributes:
        angles: Closing directions over half a turn.
        offsets: Metres from the surface at the cell down to the middle of the pads.
        gripper: The gripper that the labels were made for.
    """

    angles: int = 16
    offsets: tuple[float, ...] = (0.006, 0.014, 0.026)
    gripper: JawGripper = field(default_factory=JawGripper)

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.angles * len(self.offsets)


@dataclass(frozen=True)
class ModelContract:
    """How a fully convolutional grasp network must be fed and read.

    Attributes:
        name: Name of the network and of the data it was trained on.
        version: Version of the weights.
        gripper: Kind of gripper, a value of `dexnet_core.grasp.Gripper`.
        metres_per_pixel: Length that one pixel of the input spans at the reference depth.
        stride: Input pixels from one output cell to the next.
        multiple: Height and width of the input are multiples of this.
        fine_window: Side in metres of the window of the fine relief channel.
        fine_scale: Relief in metres that the fine channel shows as 1.
        coarse_window: Side in metres of the window of the coarse relief channel.
        coarse_scale: Relief in metres that the coarse channel shows as 1.
        cup_radius: Radius in metres of the suction cup of the training labels; 0 for a jaw.
        jaw: What the channels of a parallel jaw mean; None for suction, which has one channel.
        format: Version of this contract; a runtime refuses one that it does not know.
    """

    name: str
    version: str
    gripper: str
    metres_per_pixel: float = 0.002
    stride: int = 2
    multiple: int = 16
    fine_window: float = 0.026
    fine_scale: float = 0.003
    coarse_window: float = 0.130
    coarse_scale: float = 0.030
    cup_radius: float = 0.0075
    jaw: JawCells | None = None
    format: int = FORMAT


Contract = ModelContract | CropContract | ClosingContract


def contract_to_json(contract: Contract) -> str:
    """Return the text that is stored in a model file."""
    return json.dumps(asdict(contract), sort_keys=True)


def contract_from_json(text: str) -> Contract:
    """Read the text that is stored in a model file.

    Only contracts of crops have a `form`, only those of closings have `rows`.

    Raises:
        ValueError: Not a contract, another format, or a field missing, unknown or mistyped.
    """
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f'model contract is not JSON: {error}') from error
    if not isinstance(values, dict):
        raise ValueError(f'model contract is {values!r}, expected a mapping')
    if 'form' in values:
        _require_format(values, CROP_FORMAT)
        return _checked(_strict(CropContract, _with_tuples(values)))
    if 'rows' in values:
        _require_format(values, CLOSING_FORMAT)
        jaw = _gripper_from(values.get('jaw'))
        return _checked(_strict(ClosingContract, {**values, 'jaw': jaw}))
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
    return _strict(JawGripper, values)


def _with_tuples(values: dict[str, object]) -> dict[str, object]:
    """Return a crop contract's values with tuples where JSON has lists, checked."""
    kinds = {'pose_inputs': str, 'pose_mean': (int, float), 'pose_std': (int, float)}
    for name, kind in kinds.items():
        got = values.get(name, [])
        if not isinstance(got, list) or not all(isinstance(item, kind) for item in got):
            raise ValueError(f'model contract {name} is {got!r}, expected a list')
    if not all(map(_is_positive, values.get('pose_std', []))):
        raise ValueError(f'model contract pose_std is {values["pose_std"]}, expected > 0')
    return {name: tuple(item) if name in kinds else item for name, item in values.items()}


def _jaw_from(values: object) -> JawCells:
    """Return the channels' meaning, checked."""
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


def _strict(kind: type[T], values: dict[str, object]) -> T:
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


def _checked(contract: T) -> T:
    """Return the contract if its numbers can be worked with."""
    types = {'str': str, 'int': int, 'float': (int, float)}
    for item in fields(contract):
        if item.type not in types:
            continue
        value = getattr(contract, item.name)
        if not isinstance(value, types[item.type]) or isinstance(value, bool):
            raise ValueError(f'model contract {item.name} is {value!r}, expected {item.type}')
        optional = item.name == 'cup_radius' and value == 0
        if not isinstance(value, str) and not (_is_positive(value) or optional):
            raise ValueError(f'model contract {item.name} is {value}, expected > 0')
    return contract
