r"""The geometry of a parallel jaw.

Seen along the broad side of the fingers, in the frame of `dexnet_core.planning.grasp`:

        |<------    palm_width    ------>|
        +--------------------------------+   ---
        |              palm              |    |  palm_length
        +--+--+---------------------+--+-+   ---   ---
           |  |<--  max_opening  -->|  |            ^
           |  |                     |  |            |  finger_length
           |  |         pads        |  |            |
           |  |>- - - - - - - - - -<|  |            |   ^  tip_reach
           +--+          o ---> x   +--+           ---  v
           |<>|          |
    finger_thickness     v z              finger_width and palm_thickness are measured along y
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from dexnet_core.planning.values.checks import require_not_negative, require_positive

_OFFSETS = ('offset_x', 'offset_y')
_MAY_BE_UNKNOWN = 'flange_distance'
_LARGEST = 1.0


@dataclass(frozen=True)
class JawGripper:
    """A parallel jaw; lengths in metres.

    Attributes:
        max_opening: Greatest distance between the fingers.
        finger_width: Width of a finger, along y.
        finger_thickness: Thickness of a finger, along x.
        finger_length: Length of a finger, from the palm to the fingertips.
        tip_reach: Distance from the middle of the contact pads to the fingertips.
        pad_radius: Radius of the soft contact of a pad.
        palm_width: Width of the palm, along x.
        palm_thickness: Thickness of the palm, along y.
        palm_length: Length of the palm, along z.
        flange_distance: Distance from the robot's flange to the fingertips along z; 0 if
            unknown.
        offset_x: Mounting error: distance from the commanded to the actual position of the jaw,
            along x of the grasp. Planners shift the commanded pose by the opposite amount.
        offset_y: The same along y.
        name: Name for messages; two grippers with the same lengths are equal.

    Raises:
        ValueError: A length is not positive, max_opening is more than a metre, tip_reach is
            not below finger_length, or an offset is not below max_opening.
    """

    max_opening: float = 0.085
    finger_width: float = 0.020
    finger_thickness: float = 0.012
    finger_length: float = 0.045
    tip_reach: float = 0.004
    pad_radius: float = 0.010
    palm_width: float = 0.120
    palm_thickness: float = 0.040
    palm_length: float = 0.080
    flange_distance: float = 0.0
    offset_x: float = 0.0
    offset_y: float = 0.0
    name: str = field(default='', compare=False)

    def __post_init__(self) -> None:
        require_positive(self, *(name for name in JAW_LENGTHS if name != _MAY_BE_UNKNOWN))
        require_not_negative(self, _MAY_BE_UNKNOWN)
        if self.max_opening > _LARGEST:
            got = f'max_opening is {self.max_opening}, expected at most {_LARGEST} m'
            raise ValueError(f'{got}; are the lengths in millimetres?')
        for name in _OFFSETS:
            if not abs(getattr(self, name)) < self.max_opening:
                got = f'{name} is {getattr(self, name)}'
                raise ValueError(f'{got}, expected less than max_opening {self.max_opening} m')
        if self.tip_reach >= self.finger_length:
            most = self.finger_length
            raise ValueError(
                f'tip_reach is {self.tip_reach}, expected less than finger_length {most}'
            )


JAW_LENGTHS = tuple(
    item.name for item in fields(JawGripper) if item.name not in (*_OFFSETS, 'name')
)
"""Names of the attributes that describe the shape of a jaw."""
