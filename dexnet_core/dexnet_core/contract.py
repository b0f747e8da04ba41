"""The contract that travels inside a model file: what goes in, what comes out, in which units."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
import json

FORMAT = 1
METADATA_KEY = 'dexnet.contract'


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
    format: int = FORMAT


def contract_to_json(contract: ModelContract) -> str:
    """Return the text that is stored in a model file."""
    return json.dumps(asdict(contract), sort_keys=True)


def contract_from_json(text: str) -> ModelContract:
    """Read the text that is stored in a model file.

    Raises:
        ValueError: Not a contract, another format, or a field missing, unknown or mistyped.
    """
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f'model contract is not JSON: {error}') from error
    if not isinstance(values, dict) or values.get('format') != FORMAT:
        got = values.get('format') if isinstance(values, dict) else values
        raise ValueError(f'model contract has format {got}, this runtime knows {FORMAT}')
    names = {field.name for field in fields(ModelContract)}
    if set(values) != names:
        wrong = sorted(set(values) ^ names)
        raise ValueError(f'model contract has missing or unknown fields: {", ".join(wrong)}')
    return _checked(ModelContract(**values))


def _checked(contract: ModelContract) -> ModelContract:
    """Return the contract if its numbers can be worked with."""
    types = {'str': str, 'int': int, 'float': (int, float)}
    for field in fields(contract):
        value = getattr(contract, field.name)
        if not isinstance(value, types[field.type]) or isinstance(value, bool):
            raise ValueError(f'model contract {field.name} is {value!r}, expected {field.type}')
        optional = field.name == 'cup_radius'
        if not isinstance(value, str) and not (value > 0 or (optional and value == 0)):
            raise ValueError(f'model contract {field.name} is {value}, expected > 0')
    return contract
