r"""The geometry of a suction cup with bellows.

In the frame of `dexnet_core.planning.grasp`, seen from the side:

            |<-- 2 body_radius -->|
            +---------------------+    ---
            |        body         |     |  body_length
            |                     |     |
            +---------------------+    ---
             \      bellows      /      |  travel
        lip -->\_______o_______/       ---
               |<- 2 radius ->|  --> x
                       v z
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dexnet_core.planning.values.checks import require_not_negative, require_positive

_LARGEST = 0.5


@dataclass(frozen=True)
class SuctionCup:
    """A single suction cup; lengths in metres.

    Attributes:
        radius: Radius of the outer rim of the lip.
        lip: Width of the lip, which seals, from the rim inwards.
        travel: Stroke of the bellows along z.
        body_radius: Radius of the body behind the bellows.
        body_length: Length of the body, along z.
        vacuum: Pressure difference below the ambient air, in pascal.
        flange_distance: Distance from the robot's flange to the rim along z; 0 if unknown.
        name: Name for messages; two cups with the same lengths are equal.

    Raises:
        ValueError: A number is not positive, the radius is more than half a metre, or the lip is
            not narrower than the radius.
    """

    radius: float = 0.0075
    lip: float = 0.0015
    travel: float = 0.002
    body_radius: float = 0.0085
    body_length: float = 0.060
    vacuum: float = 60_000.0
    flange_distance: float = 0.0
    name: str = field(default='', compare=False)

    def __post_init__(self) -> None:
        require_positive(self, 'radius', 'lip', 'travel', 'body_radius', 'body_length', 'vacuum')
        require_not_negative(self, 'flange_distance')
        if self.radius > _LARGEST:
            got = f'radius is {self.radius}, expected at most {_LARGEST} m'
            raise ValueError(f'{got}; are the lengths in millimetres?')
        if self.lip >= self.radius:
            raise ValueError(f'lip is {self.lip}, expected less than radius {self.radius}')
