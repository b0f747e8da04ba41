"""Network inputs of candidate grasps: aligned depth crops of a measured view.

As in the planner (`dexnet_core.planning.planners.crop_scorer`), missing pixels are filled. Depth
is relative to the level of the view, the mean depth of the crops around its objects. The input
therefore does not depend on the height of the camera.
"""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.datasets.views.candidates import Candidates, ViewGripper
from dexnet_core.planning.contracts.crop_contract import CropScale, POSES
from dexnet_core.planning.perception.crop import aligned_crops, filled, suction_angles
from dexnet_core.planning.perception.object_image import level_of
from dexnet_core.planning.perception.patch import fit_patches
from dexnet_core.planning.perception.segment import SegmentedImage
import numpy as np
from numpy.typing import NDArray


class CandidateCrops(NamedTuple):
    """n crops of one view and the grasps at their centres.

    Attributes:
        relief: (n, crop, crop) float32 depth minus level in metres.
        depths: (n,) gripper depth minus level in metres: of the cup's contact, or midway between
            the pads.
        approaches: (n,) angle between approach and optical axis in radians.
        turns: (n,) rotation of the crop in the image in radians.
        level: Depth of the level in metres.
    """

    relief: NDArray[np.float32]
    depths: NDArray[np.float64]
    approaches: NDArray[np.float64]
    turns: NDArray[np.float64]
    level: float

    def poses(self, names: tuple[str, ...], mean: float) -> NDArray[np.float64]:
        """Return pose inputs (n, k) of a network.

        Args:
            names: Pose components of the network, some of `POSES`.
            mean: Mean depth of the network's training crops in metres; added to the depths.
        """
        values = dict(zip(POSES, (self.depths + mean, self.approaches), strict=True))
        return np.stack([values[name] for name in names], axis=1)


def candidate_crops(
    segmented: SegmentedImage, candidates: Candidates, gripper: ViewGripper, scale: CropScale
) -> CandidateCrops:
    """Return the crops of one or more candidates, which are on measured object pixels."""
    whole, camera = filled(segmented.depth), segmented.camera
    pixels = candidates.pixels
    u, v = np.round(pixels).astype(int).T
    distances = segmented.depth[v, u].astype(float)
    depths, approaches, turns = _poses(segmented, candidates, distances, gripper)
    images = aligned_crops(whole, camera, pixels, turns, distances, scale)
    level = level_of(whole, segmented, scale)
    relief = images - np.float32(level)
    return CandidateCrops(relief, depths - level, approaches, turns, level)


def _poses(
    segmented: SegmentedImage,
    candidates: Candidates,
    distances: NDArray[np.float64],
    gripper: ViewGripper,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return gripper depth (n,), approach angle (n,) and crop rotation (n,)."""
    jaw = gripper.jaw
    if jaw is None:
        normals = fit_patches(segmented, candidates.pixels, gripper.cup_radius).normal
        angles = np.arccos(np.clip(-normals[:, 2], -1, 1))
        return distances, angles, suction_angles(-normals)
    angle, offset = np.divmod(candidates.channels, len(jaw.offsets))
    depths = distances + np.asarray(jaw.offsets)[offset]
    return depths, np.zeros(len(depths)), angle * np.pi / jaw.angles
