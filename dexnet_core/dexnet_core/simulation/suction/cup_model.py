"""The suction cup and what varies around a planned contact; constants of Dex-Net 3.0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dexnet_core.geometry.transform import frames_along
from dexnet_core.io.checks import require_positive
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from scipy.stats import norm, qmc


@dataclass(frozen=True)
class SpringCup:
    """A single-bellow cup as a pyramid of springs, and the load it must carry.

    The paper leaves the height open. Its torque limit is pi * radius * kappa with a kappa found
    by grid search; kappa = 0.010 with the radius in millimetres, in newton metres, makes as many
    surface points good (11.6 % of the procedural objects at rest) as the published data have
    (11.8 %).

    Attributes:
        radius: Metres from the axis to the rim.
        height: Metres from the rim to the apex of the pyramid.
        vertices: Corners of the rim polygon.
        stretch: Greatest change of a spring's length, as a share of its rest length.
        vacuum_force: Newtons with which the vacuum presses the rim on.
        torque_limit: Newton metres that the rim carries about its two tangents.
        mass: Kilograms of the object that has to be lifted.

    Raises:
        ValueError: A number is not above 0, or the rim has fewer than three corners.
    """

    radius: float = 0.0075
    height: float = 0.010
    vertices: int = 8
    stretch: float = 0.10
    vacuum_force: float = 250.0
    torque_limit: float = np.pi * 7.5 * 0.010
    mass: float = 1.0

    def __post_init__(self) -> None:
        require_positive(self, 'radius', 'height', 'stretch', 'vacuum_force', 'torque_limit')
        require_positive(self, 'mass')
        if self.vertices < 3:
            raise ValueError(f'vertices is {self.vertices}, expected >= 3')


@dataclass(frozen=True)
class Uncertainty:
    """Standard deviations of what is sampled around a planned contact (Dex-Net 3.0, S3).

    The object's pose and the cup's pose vary independently by the same amounts.
    """

    position: float = 0.001
    rotation: float = 0.1
    centre_of_mass: float = 0.0025
    force: float = 0.01
    friction_mean: float = 0.5
    friction: float = 0.1


class Perturbations(NamedTuple):
    """J samples of the uncertainty, in the frame of the contact unless said otherwise.

    Attributes:
        offset: (J, 3) metres of the contact.
        turn: (J, 3, 3) rotation of the contact frame.
        gravity_turn: (J, 3, 3) rotation of gravity, in the object's frame.
        centre_of_mass: (J, 3) metres, in the object's frame.
        force: (J, 3) newtons on top of gravity, in the object's frame.
        friction: (J,) coefficients.
    """

    offset: NDArray[np.float64]
    turn: NDArray[np.float64]
    gravity_turn: NDArray[np.float64]
    centre_of_mass: NDArray[np.float64]
    force: NDArray[np.float64]
    friction: NDArray[np.float64]


def sample_perturbations(count: int, seed: int) -> Perturbations:
    """Draw low-discrepancy samples, so that few of them stand for the whole distribution."""
    u = Uncertainty()
    uniform = qmc.Sobol(17, seed=seed).random(count)
    draws = norm.ppf(np.clip(uniform[:, :16], 1e-6, 1 - 1e-6))
    roll = Rotation.from_euler('z', 2 * np.pi * uniform[:, 16:])
    tilt = Rotation.from_rotvec(draws[:, 3:6] * u.rotation * np.sqrt(2))
    friction = np.clip(u.friction_mean + u.friction * draws[:, 15], 0, 1)
    return Perturbations(
        offset=draws[:, :3] * u.position * np.sqrt(2),
        turn=(tilt * roll).as_matrix(),
        gravity_turn=Rotation.from_rotvec(draws[:, 6:9] * u.rotation).as_matrix(),
        centre_of_mass=draws[:, 9:12] * u.centre_of_mass,
        force=draws[:, 12:15] * u.force,
        friction=friction,
    )


def perturbed_contacts(
    points: NDArray[np.floating], approaches: NDArray[np.floating], samples: Perturbations
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (N, J, 3) positions and (N, J, 3, 3) frames of N planned contacts, perturbed."""
    frames = frames_along(approaches)
    positions = points[:, None] + np.einsum('nab,jb->nja', frames, samples.offset)
    return positions, np.einsum('nab,jbc->njac', frames, samples.turn)
