"""Jaw model of the labels, and the candidate grasps at each point."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import NamedTuple

from dexnet_core.planning.graspnet.approach_directions import grasp_rotations, grasp_views
from dexnet_core.planning.graspnet.constants import FINGER_HEIGHT, GraspNetConstants
from dexnet_core.planning.graspnet.stages import ANGLES, Cylinders
import numpy as np
from numpy.typing import NDArray

DEPTHS = Cylinders().tops
"""Distances from the grasp point to the fingertips in metres."""


@dataclass(frozen=True)
class LabelJaw:
    """The jaw of GraspNet-1Billion's evaluation, in metres.

    The origin is the grasp point and x is the approach direction.

    Attributes:
        maximum_width: Maximum opening.
        finger_thickness: Thickness of a finger along the closing direction.
        height: Size of fingers and palm perpendicular to approach and closing direction.
        finger_start: x where the fingers start; they end at the depth of the grasp.
        palm_start: x where the palm starts; it ends at `finger_start`.

    Raises:
        ValueError: A length is not positive, or the palm is not behind the fingers.
    """

    maximum_width: float = GraspNetConstants().maximum_width
    finger_thickness: float = 0.01
    height: float = FINGER_HEIGHT
    finger_start: float = -0.02
    palm_start: float = -0.03

    def __post_init__(self) -> None:
        for field in fields(self)[:3]:
            if not getattr(self, field.name) > 0:
                raise ValueError(f'{field.name} is {getattr(self, field.name)}, expected > 0')
        if not self.palm_start < self.finger_start < 0:
            raise ValueError(
                f'(palm_start, finger_start) is {(self.palm_start, self.finger_start)}, '
                'expected palm_start < finger_start < 0'
            )

    @property
    def across(self) -> float:
        """Radius of the bounding cylinder of the jaw about the approach axis."""
        aside = self.maximum_width / 2 + self.finger_thickness
        return float(np.hypot(aside, self.height / 2))

    @property
    def reach(self) -> float:
        """Radius of the bounding sphere of the jaw around the grasp point."""
        return float(np.hypot(max(-self.palm_start, *DEPTHS), self.across))


class PointGrasps(NamedTuple):
    """n grasps at one point.

    Attributes:
        rotations: (n, 3, 3) float32 rotations; columns x, y, z.
        tips: (n,) depths of the fingertips in metres.
        half: (n,) half openings in metres.
    """

    rotations: NDArray[np.float32]
    tips: NDArray[np.float32]
    half: NDArray[np.float32]

    def local(self, near: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return points (k, 3), relative to the grasp point, in the n grasp frames: (3, n, k)."""
        axes = self.rotations.transpose(2, 0, 1).reshape(-1, 3)
        return (axes @ near.astype(np.float32).T).reshape(3, len(self.tips), len(near))


@cache
def all_rotations() -> NDArray[np.float32]:
    """Return the rotations (VIEWS, ANGLES, 3, 3) of all grasps at a point; columns x, y, z.

    The array is shared and read-only.
    """
    turns = np.arange(ANGLES) * (np.pi / ANGLES)
    approaches = np.repeat(-grasp_views()[:, None], ANGLES, axis=1)
    turned = np.broadcast_to(turns, approaches.shape[:2])
    rotations = grasp_rotations(approaches, turned).astype(np.float32)
    rotations.flags.writeable = False
    return rotations


def point_grasps(
    places: tuple[NDArray[np.intp], ...], openings: NDArray[np.floating]
) -> PointGrasps:
    """Return grasps from indices (views, turns, depths), (n,) each, and openings in metres."""
    view, turn, depth = places
    half = np.asarray(openings / 2, np.float32)
    return PointGrasps(all_rotations()[view, turn], np.array(DEPTHS, np.float32)[depth], half)
