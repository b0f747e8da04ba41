"""Random pose error of the robot: difference between commanded and reached gripper pose."""

from __future__ import annotations

from dexnet_core.geometry.transform import pose_matrix
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation


def with_pose_error(
    T_world_grasp: NDArray[np.float64],
    position_error: float,
    rotation_error: float,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return a pose (4, 4) with a normally distributed error added.

    Args:
        T_world_grasp: (4, 4) commanded pose.
        position_error: Standard deviation along each axis of the grasp frame in metres.
        rotation_error: Standard deviation about each axis of the grasp frame in radians.
        rng: Random generator.
    """
    turn = Rotation.from_rotvec(rng.normal(0, rotation_error, 3)).as_matrix()
    return T_world_grasp @ pose_matrix(rng.normal(0, position_error, 3), turn)
