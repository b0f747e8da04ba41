"""The jaw that labels are made for, and the grasps that are tried at each point."""

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
"""Metres from the grasp point to the fingertips."""


@dataclass(frozen=True)
class LabelJaw:
    """The jaw of GraspNet-1Billion's evaluation, in metres; x is the approach, 0 the grasp point.

    Attributes:
        maximum_width: Greatest opening.
        finger_thickness: Of a finger along the closing direction.
        height: Of fingers and palm across approach and closing direction.
        finger_start: Fingers reach from this x to the depth of the grasp.
        palm_start: The palm reaches from this x to the fingers.

    Raises:
        ValueError: A length is not positive, or the palm does not lie behind the fingers.
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
                f'palm and fingers start at {(self.palm_start, self.finger_start)}, '
                'expected the palm behind the fingers behind 0'
            )

    @property
    def across(self) -> float:
        """Radius of a cylinder about the approach that holds the whole jaw."""
        aside = self.maximum_width / 2 + self.finger_thickness
        return float(np.hypot(aside, self.height / 2))

    @property
    def reach(self) -> float:
        """Radius of a ball around the grasp point that holds the whole jaw."""
        return float(np.hypot(max(-self.palm_start, *DEPTHS), self.across))


class PointGrasps(NamedTuple):
    """n of the grasps at one point.

    Attributes:
        rotations: (n, 3, 3) float32 columns x, y, z.
        tips: (n,) depths in metres.
        half: (n,) metres from the middle to each finger.
    """

    rotations: NDArray[np.float32]
    tips: NDArray[np.float32]
    half: NDArray[np.float32]

    def taken(self, which: NDArray[np.generic]) -> PointGrasps:
        """Return some of them, by numbers or by a mask."""
        return PointGrasps(*(part[which] for part in self))

    def local(self, near: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return (3, n, k) the places x, y, z of points (k, 3) from the grasp point, in metres."""
        axes = self.rotations.transpose(2, 0, 1).reshape(-1, 3)
        return (axes @ near.astype(np.float32).T).reshape(3, len(self.tips), len(near))


@cache
def all_rotations() -> NDArray[np.float32]:
    """Return (VIEWS, ANGLES, 3, 3) rotations of all grasps at a point, columns x, y, z.

    The array is shared and cannot be written to.
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
    """Return the grasps at places (views, turns, depths), (n,) each, opened (n,) metres."""
    view, turn, depth = places
    half = np.asarray(openings / 2, np.float32)
    return PointGrasps(all_rotations()[view, turn], np.array(DEPTHS, np.float32)[depth], half)
