"""Contract of networks that evaluate aligned crops of depth images, singly or as a heat map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dexnet_core.planning.values.checks import (
    require_all_positive,
    require_not_negative,
    require_positive,
)

CROP_FORMAT = 1
FORMS = ('crop', 'heatmap')
POSES = ('depth', 'angle')


class CropScale(NamedTuple):
    """Size of a crop; the defaults are those of the Dex-Net 2.0 and 3.0 data.

    There, 96 pixels of a camera with focal length 525 px at 0.7 m are resized to 32.

    Attributes:
        crop: Pixels of a side.
        metres_per_pixel: Length that one pixel spans at the distance of the crop.
    """

    crop: int = 32
    metres_per_pixel: float = 0.004


@dataclass(frozen=True)
class CropContract:
    """Inputs, outputs and units of a network of aligned crops.

    The input is (depth - mean) / std, one channel; see `dexnet_core.planning.perception.crop`.

    Attributes:
        name: Name of the network and of the data it was trained on.
        version: Version of the weights.
        gripper: Kind of gripper, a value of `dexnet_core.planning.grasp.GripperKind`.
        mean: Mean depth of the training crops in metres.
        std: Standard deviation of the depth of the training crops in metres.
        form: 'crop': input (B, 1, crop, crop), output one quality for each crop. 'heatmap': input
            (B, 1, H, W), output (B, 1, h, w); cell (0, 0) is the quality of the first crop of the
            image, and neighbouring cells are `stride` pixels apart.
        crop: Pixels of a side of a crop.
        metres_per_pixel: Length that one pixel spans at the depth of the crop's centre.
        stride: Input pixels from one cell to the next; 1 for a crop.
        pose_inputs: Columns of the second input (B, n) of the crop form, in this order: 'depth' of
            the gripper in metres, 'angle' between approach and optical axis in radians; each
            minus its pose_mean, divided by its pose_std.
        pose_mean: Mean of each pose input in training.
        pose_std: Standard deviation of each pose input in training.
        cup_radius: Radius in metres of the suction cup of the training labels; 0 for a jaw.
        format: Version of this contract; a runtime refuses unknown versions.

    Raises:
        ValueError: A form or pose input is unknown, a size is not positive, or the attributes do
            not fit each other.
    """

    name: str
    version: str
    gripper: str
    mean: float
    std: float
    form: str = 'crop'
    crop: int = CropScale().crop
    metres_per_pixel: float = CropScale().metres_per_pixel
    stride: int = 1
    pose_inputs: tuple[str, ...] = ()
    pose_mean: tuple[float, ...] = ()
    pose_std: tuple[float, ...] = ()
    cup_radius: float = 0.0075
    format: int = CROP_FORMAT

    def __post_init__(self) -> None:
        require_positive(self, 'mean', 'std', 'crop', 'metres_per_pixel', 'stride')
        require_not_negative(self, 'cup_radius')
        if self.form not in FORMS:
            raise ValueError(f'form is {self.form!r}, expected one of {", ".join(FORMS)}')
        known = all(name in POSES for name in self.pose_inputs)
        if not known or len(set(self.pose_inputs)) < len(self.pose_inputs):
            raise ValueError(f'pose_inputs are {self.pose_inputs}, expected among {POSES}')
        if self.pose_inputs and self.form != 'crop':
            raise ValueError(f'pose_inputs are {self.pose_inputs}, a {self.form} takes none')
        if not len(self.pose_mean) == len(self.pose_std) == len(self.pose_inputs):
            got = (self.pose_mean, self.pose_std)
            raise ValueError(f'pose mean and std are {got}, expected {len(self.pose_inputs)} each')
        if self.pose_std:
            require_all_positive(self, 'pose_std')

    @property
    def scale(self) -> CropScale:
        """Size of a crop."""
        return CropScale(self.crop, self.metres_per_pixel)
