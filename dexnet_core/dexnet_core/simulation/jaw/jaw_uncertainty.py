"""Random perturbations of a planned parallel-jaw grasp: poses and friction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dexnet_core.planning.values.checks import require_not_negative, require_positive
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from scipy.stats import norm, qmc


@dataclass(frozen=True)
class JawUncertainty:
    """Standard deviations of poses and friction (Dex-Net 2.1, supplement).

    The standard deviation of the object position is smaller than the 5 mm of the paper. With 5 mm,
    hardly any grasp in a heap exceeds the published threshold.

    Attributes:
        gripper_position: Standard deviation in metres.
        gripper_rotation: Standard deviation in radians.
        object_position: Standard deviation in metres.
        object_rotation: Standard deviation in radians.
        friction_mean: Mean friction coefficient.
        friction: Standard deviation of the friction coefficient.

    Raises:
        ValueError: A standard deviation is negative, or the mean friction is not positive.
    """

    gripper_position: float = 0.001
    gripper_rotation: float = 0.001
    object_position: float = 0.0025
    object_rotation: float = 0.01
    friction_mean: float = 0.5
    friction: float = 0.1

    def __post_init__(self) -> None:
        require_not_negative(self, 'gripper_position', 'gripper_rotation', 'friction')
        require_not_negative(self, 'object_position', 'object_rotation')
        require_positive(self, 'friction_mean')


class JawPerturbations(NamedTuple):
    """J random samples of the perturbation.

    Attributes:
        offset: (J, 3) translation of the gripper relative to the object in metres.
        turn: (J, 3, 3) rotation of the gripper relative to the object.
        friction: (J,) friction coefficients.
    """

    offset: NDArray[np.float64]
    turn: NDArray[np.float64]
    friction: NDArray[np.float64]


def sample_jaw_perturbations(
    count: int, seed: int, uncertainty: JawUncertainty | None = None
) -> JawPerturbations:
    """Draw low-discrepancy (Sobol) samples; `count` must be a power of two."""
    u = uncertainty or JawUncertainty()
    uniform = qmc.Sobol(7, seed=seed).random(count)
    draws = norm.ppf(np.clip(uniform, 1e-6, 1 - 1e-6))
    position = np.hypot(u.gripper_position, u.object_position)
    rotation = np.hypot(u.gripper_rotation, u.object_rotation)
    return JawPerturbations(
        offset=draws[:, :3] * position,
        turn=Rotation.from_rotvec(draws[:, 3:6] * rotation).as_matrix(),
        friction=np.clip(u.friction_mean + u.friction * draws[:, 6], 0.05, 1),
    )
