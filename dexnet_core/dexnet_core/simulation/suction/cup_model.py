"""Spring model of a suction cup and perturbations of a contact; constants of Dex-Net 3.0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dexnet_core.geometry.transform import frames_along
from dexnet_core.planning.values.checks import require_positive
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from scipy.stats import norm, qmc


@dataclass(frozen=True)
class SpringCup:
    """A single-bellow suction cup, modelled as a pyramid of springs, and its load.

    The paper does not give the height. Its torque limit is pi * radius * kappa, and kappa was
    found by grid search. Here kappa is 0.010 with the radius in millimetres, which gives newton
    metres. With this value 11.6 % of the surface points of the procedural objects at rest are
    good; in the published data it is 11.8 %.

    Attributes:
        radius: Radius of the rim in metres.
        height: Distance from the rim to the apex of the pyramid in metres.
        vertices: Number of vertices of the rim polygon.
        stretch: Maximum change of a spring's length, relative to its rest length.
        vacuum_force: Force of the vacuum on the rim in newtons.
        torque_limit: Maximum torque about the two tangent axes of the rim in newton metres.
        mass: Mass of the object to lift in kilograms.

    Raises:
        ValueError: A number is not positive, or the rim has fewer than three vertices.
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
    """Standard deviations of the perturbations of a planned contact (Dex-Net 3.0, S3).

    The poses of object and cup are perturbed independently, with the same standard deviations.
    Units are metres, radians, newtons and friction coefficients.
    """

    position: float = 0.001
    rotation: float = 0.1
    centre_of_mass: float = 0.0025
    force: float = 0.01
    friction_mean: float = 0.5
    friction: float = 0.1


class Perturbations(NamedTuple):
    """J random samples of the perturbation, in the contact frame unless noted otherwise.

    Attributes:
        offset: (J, 3) translation of the contact in metres.
        turn: (J, 3, 3) rotation of the contact frame.
        gravity_turn: (J, 3, 3) rotation of gravity, in the object's frame.
        centre_of_mass: (J, 3) translation in metres, in the object's frame.
        force: (J, 3) disturbing force in newtons in addition to gravity, in the object's frame.
        friction: (J,) friction coefficients.
    """

    offset: NDArray[np.float64]
    turn: NDArray[np.float64]
    gravity_turn: NDArray[np.float64]
    centre_of_mass: NDArray[np.float64]
    force: NDArray[np.float64]
    friction: NDArray[np.float64]


def sample_perturbations(count: int, seed: int) -> Perturbations:
    """Draw low-discrepancy (Sobol) samples; a small number covers the distribution well."""
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
    """Return positions (N, J, 3) and frames (N, J, 3, 3) of N perturbed contacts."""
    frames = frames_along(approaches)
    positions = points[:, None] + np.einsum('nab,jb->nja', frames, samples.offset)
    return positions, np.einsum('nab,jbc->njac', frames, samples.turn)
