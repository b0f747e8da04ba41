r"""The geometry of a parallel jaw, in one place for labels, planners and drawings.

Seen along the fingers' broad side, in the frame of `dexnet_core.grasp`:

           |<--  max_opening  -->|
     +-----+---------------------+-----+  ---
     |     |                     |     |   ^
     |     |                     |     |   |  finger_length
     |     |         pads        |     |   |
     |     |>- - - - - - - - - -<|     |   |   ^  tip_reach
     +-----+          o ---> x   +-----+  ---  v
     |<--->|          |
  finger_thickness    v z               finger_width is measured along y
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class JawGripper:
    """A parallel jaw; all lengths in metres.

    Attributes:
        max_opening: Greatest distance between the fingers.
        finger_width: Of a finger, along y.
        finger_thickness: Of a finger, along x.
        finger_length: From the fingertips back to the palm.
        tip_reach: From the middle of the pads, where contact is made, to the fingertips.
        pad_radius: Of the soft contact that a pad makes.

    Raises:
        ValueError: A length is not positive, or the pads are not on the fingers.
    """

    max_opening: float = 0.085
    finger_width: float = 0.020
    finger_thickness: float = 0.012
    finger_length: float = 0.045
    tip_reach: float = 0.004
    pad_radius: float = 0.010

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise ValueError(f'gripper {field.name} is {value}, expected > 0 m')
        if self.tip_reach >= self.finger_length:
            got, most = self.tip_reach, self.finger_length
            raise ValueError(
                f'gripper tip_reach is {got}, expected less than finger_length {most}'
            )
