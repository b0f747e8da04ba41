"""Pre-grasp and retreat poses, in the same frame as the pose of the grasp.

The z axis of a grasp points into the object, see `dexnet_core.planning.grasp`. All poses keep the
rotation of the grasp, so a robot moves in straight lines between them.
"""

from __future__ import annotations

import math

from dexnet_core.geometry.transform import unit
import numpy as np
from numpy.typing import NDArray

PREGRASP = 0.10
"""Default distance in metres from the pre-grasp pose to the grasp."""
RETREAT = 0.10
"""Default distance in metres that a robot retreats with the object."""


def pose_before(T_frame_grasp: NDArray[np.float64], distance: float) -> NDArray[np.float64]:
    """Return the pose a distance back along the approach, such as a pre-grasp or flange pose.

    Args:
        T_frame_grasp: (..., 4, 4) poses whose z axis is the approach.
        distance: Metres, at least 0.

    Returns:
        (..., 4, 4) poses with the same rotations.

    Raises:
        ValueError: The distance is negative or not finite.
    """
    return _shifted(T_frame_grasp, -T_frame_grasp[..., :3, 2], distance)


def retreat_pose(
    T_frame_grasp: NDArray[np.float64], distance: float, up: NDArray[np.floating] | None = None
) -> NDArray[np.float64]:
    """Return the pose to retreat to once the object is held.

    Args:
        T_frame_grasp: (..., 4, 4) poses whose z axis is the approach.
        distance: Metres, at least 0.
        up: (3,) direction against gravity in the same frame, of any non-zero length. The object
            is lifted along it. None: the gripper moves back along its approach.

    Returns:
        (..., 4, 4) poses with the same rotations.

    Raises:
        ValueError: The distance is negative or not finite, or up is not a direction.
    """
    if up is None:
        return pose_before(T_frame_grasp, distance)
    up = np.asarray(up, float)
    if up.shape != (3,) or not np.isfinite(up).all() or not up.any():
        raise ValueError(f'up is {up}, expected a direction of three numbers')
    return _shifted(T_frame_grasp, unit(up), distance)


def _shifted(
    T: NDArray[np.float64], direction: NDArray[np.float64], distance: float
) -> NDArray[np.float64]:
    if not (math.isfinite(distance) and distance >= 0):
        raise ValueError(f'distance is {distance}, expected metres, at least 0')
    moved = T.copy()
    moved[..., :3, 3] += distance * direction
    return moved
