"""Random grippers for training data, so that networks generalise to other dimensions."""

from __future__ import annotations

from dataclasses import dataclass, field

from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.values.checks import require_ranges, require_shares
import numpy as np


@dataclass(frozen=True)
class JawRange:
    """Distribution of random jaws; each pair is (minimum, maximum) in metres.

    Attributes:
        usual: Fraction of jaws that are exactly `gripper`.
        gripper: The main jaw.
        max_opening: Maximum distance between the fingers.
        finger_width: Width of a finger.
        finger_thickness: Thickness of a finger.
        finger_length: Distance from the fingertips to the palm.
        palm_width: Width of the palm beyond the open fingers, sum of both sides.
        palm_thickness: Thickness of the palm.

    Raises:
        ValueError: A fraction is not from 0 to 1, or a range is not ordered or not positive.
    """

    usual: float = 0.35
    gripper: JawGripper = field(default_factory=JawGripper)
    max_opening: tuple[float, float] = (0.04, 0.14)
    finger_width: tuple[float, float] = (0.006, 0.03)
    finger_thickness: tuple[float, float] = (0.005, 0.02)
    finger_length: tuple[float, float] = (0.025, 0.10)
    palm_width: tuple[float, float] = (0.02, 0.14)
    palm_thickness: tuple[float, float] = (0.02, 0.09)

    def __post_init__(self) -> None:
        require_shares(self, 'usual')
        require_ranges(self, 'max_opening', 'finger_width', 'finger_thickness', 'finger_length')
        require_ranges(self, 'palm_width', 'palm_thickness')


def random_jaw(ranges: JawRange, rng: np.random.Generator) -> JawGripper:
    """Draw a random jaw; the maximum opening is log-uniform."""
    if rng.random() < ranges.usual:
        return ranges.gripper
    opening = float(np.exp(rng.uniform(*np.log(ranges.max_opening))))
    width, thickness, length, palm, deep = (
        float(rng.uniform(*pair))
        for pair in (
            *(ranges.finger_width, ranges.finger_thickness, ranges.finger_length),
            *(ranges.palm_width, ranges.palm_thickness),
        )
    )
    reach = min(0.004, width / 3, length / 8)
    return JawGripper(
        max_opening=opening,
        finger_width=width,
        finger_thickness=thickness,
        finger_length=length,
        tip_reach=reach,
        pad_radius=width / 2,
        palm_width=opening + 2 * thickness + palm,
        palm_thickness=max(deep, width),
    )


@dataclass(frozen=True)
class CupRange:
    """Distribution of random suction cups; each pair is (minimum, maximum).

    Attributes:
        usual: Fraction of cups that are exactly `gripper`.
        gripper: The main cup.
        radius: Radius in metres.
        travel: Travel of the bellows in metres at the default radius; it scales with the radius.
        vacuum: Vacuum in pascals.

    Raises:
        ValueError: A fraction is not from 0 to 1, or a range is not ordered or not positive.
    """

    usual: float = 0.4
    gripper: SuctionCup = field(default_factory=SuctionCup)
    radius: tuple[float, float] = (0.004, 0.020)
    travel: tuple[float, float] = (0.001, 0.004)
    vacuum: tuple[float, float] = (40_000.0, 80_000.0)

    def __post_init__(self) -> None:
        require_shares(self, 'usual')
        require_ranges(self, 'radius', 'travel', 'vacuum')


def random_cup(ranges: CupRange, rng: np.random.Generator) -> SuctionCup:
    """Draw a random cup; the radius is log-uniform."""
    if rng.random() < ranges.usual:
        return ranges.gripper
    usual = SuctionCup()
    radius = float(np.exp(rng.uniform(*np.log(ranges.radius))))
    scale = radius / usual.radius
    return SuctionCup(
        radius=radius,
        lip=usual.lip * scale,
        travel=float(rng.uniform(*ranges.travel)) * scale,
        body_radius=usual.body_radius * scale,
        vacuum=float(rng.uniform(*ranges.vacuum)),
    )
