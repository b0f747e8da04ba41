"""The contract of networks that evaluate aligned crops of depth images, whole or as a heat map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

CROP_FORMAT = 1
FORMS = ('crop', 'heatmap')
POSES = ('depth', 'angle')


class CropScale(NamedTuple):
    """How large a crop is; the defaults are those of the Dex-Net 2.0 and 3.0 data.

    There, 96 pixels of a camera with focal length 525 px at 0.7 m are resized to 32.

    Attributes:
        crop: Pixels of a side.
        metres_per_pixel: Length that one pixel spans at the distance of the crop.
    """

    crop: int = 32
    metres_per_pixel: float = 0.004


@dataclass(frozen=True)
class CropContract:
    """How a network of aligned crops must be fed and read.

    Its input is (depth - mean) / std, one channel; see `dexnet_core.planning.perception.crop`.

    Attributes:
        name: Name of the network and of the data it was trained on.
        version: Version of the weights.
        gripper: Kind of gripper, a value of `dexnet_core.planning.grasp.Gripper`.
        mean: Metres, of the depth of the training crops.
        std: Metres, of the depth of the training crops.
        form: 'crop': (B, 1, crop, crop) in, one quality each out. 'heatmap': (B, 1, H, W) in,
            (B, 1, h, w) out, where cell (0, 0) is the quality of the first crop of the image and
            `stride` pixels lie from one cell to the next.
        crop: Pixels of a side of a crop.
        metres_per_pixel: Length that one pixel spans at the depth of the crop's centre.
        stride: Input pixels from one cell to the next; 1 for a crop.
        pose_inputs: What a second input (B, n) of the crop form holds, in this order: 'depth' of
            the gripper in metres, 'angle' between approach and optical axis in radians; each
            less its pose_mean, over its pose_std.
        pose_mean: Mean of each of them in training.
        pose_std: Standard deviation of each of them in training.
        cup_radius: Radius in metres of the suction cup of the training labels; 0 for a jaw.
        format: Version of this contract; a runtime refuses one that it does not know.

    Raises:
        ValueError: A form or pose input is unknown, or what belongs together does not fit.
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

    @property
    def scale(self) -> CropScale:
        """How large a crop is."""
        return CropScale(self.crop, self.metres_per_pixel)
