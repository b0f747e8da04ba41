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

_OFFSETS = ('offset_x', 'offset_y')
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
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name not in ('flange_distance', *_OFFSETS, 'name') and not value > 0:
                raise ValueError(f'gripper {item.name} is {value}, expected > 0 m')
        if self.max_opening > _LARGEST:
            got = f'gripper max_opening is {self.max_opening}, expected at most {_LARGEST} m'
            raise ValueError(f'{got}; are the lengths in millimetres?')
        for name in _OFFSETS:
            if not abs(getattr(self, name)) < self.max_opening:
                got = f'gripper {name} is {getattr(self, name)}'
                raise ValueError(f'{got}, expected less than max_opening {self.max_opening} m')
        if not self.flange_distance >= 0:
            raise ValueError(f'gripper flange_distance is {self.flange_distance}, expected >= 0 m')
        if self.tip_reach >= self.finger_length:
            most = self.finger_length
            raise ValueError(
                f'gripper tip_reach is {self.tip_reach}, expected less than finger_length {most}'
            )


JAW_LENGTHS = tuple(
    item.name for item in fields(JawGripper) if item.name not in (*_OFFSETS, 'name')
)
"""Names of the attributes that describe the shape of a jaw."""
