"""The contract of fully convolutional networks of metric views."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
import math

from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.values.checks import (
    require_all_positive,
    require_not_negative,
    require_positive,
)

FORMAT = 2


@dataclass(frozen=True)
class JawCells:
    """Meaning of the channels of a parallel jaw's heat map.

    Channel a * len(offsets) + d is the quality of closing along the image direction
    a * pi / angles, measured from +u towards +v, with the pads offsets[d] below the surface of
    the cell, as seen along the optical axis.

    Attributes:
        angles: Closing directions over half a turn.
        offsets: Metres from the surface at the cell down to the middle of the pads.
        gripper: The gripper that the labels were made for.

    Raises:
        ValueError: There is no angle or no offset, or an offset is not positive.
    """

    angles: int = 16
    offsets: tuple[float, ...] = (0.006, 0.014, 0.026)
    gripper: JawGripper = field(default_factory=JawGripper)

    def __post_init__(self) -> None:
        require_positive(self, 'angles')
        require_all_positive(self, 'offsets')

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.angles * len(self.offsets)

    @property
    def half_step(self) -> float:
        """Radians from a closing direction to the middle between it and the next."""
        return math.pi / self.angles / 2


@dataclass(frozen=True)
class ModelContract:
    """Inputs, output and units of a fully convolutional grasp network.

    Attributes:
        name: Name of the network and of the data it was trained on.
        version: Version of the weights.
        gripper: Kind of gripper, a value of `dexnet_core.planning.grasp.GripperKind`.
        metres_per_pixel: Length that one pixel of the input spans at the reference depth.
        stride: Input pixels from one output cell to the next.
        multiple: Height and width of the input are multiples of this.
        fine_window: Side in metres of the window of the fine relief channel.
        fine_scale: Relief in metres that is 1 in the fine channel.
        coarse_window: Side in metres of the window of the coarse relief channel.
        coarse_scale: Relief in metres that is 1 in the coarse channel.
        cup_radius: Radius in metres of the suction cup of the training labels; 0 for a jaw.
        jaw: Meaning of the channels of a parallel jaw; None for suction, which has one channel.
        format: Version of this contract; a runtime refuses unknown versions.

    Raises:
        ValueError: A size is not positive.
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

    def __post_init__(self) -> None:
        require_positive(self, 'metres_per_pixel', 'stride', 'multiple')
        require_positive(self, 'fine_window', 'fine_scale', 'coarse_window', 'coarse_scale')
        require_not_negative(self, 'cup_radius')

    def scaled(self, scale: float) -> ModelContract:
        """Return the contract of the same network for scenes that are larger by a factor.

        With a gripper of twice the size, objects of twice the size give the same network input.
        """
        return replace(
            self,
            metres_per_pixel=self.metres_per_pixel * scale,
            fine_window=self.fine_window * scale,
            fine_scale=self.fine_scale * scale,
            coarse_window=self.coarse_window * scale,
            coarse_scale=self.coarse_scale * scale,
        )
