"""Configuration of `dexnet pick`: scenes, cameras, noise, physics."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.values.checks import (
    require_not_negative,
    require_positive,
    require_ranges,
    require_shares,
)
from dexnet_core.simulation.scenes.noise import NoiseSettings

KINDS = ('single', 'packed', 'pile', 'bin')
"""Kinds of scene: one object, objects packed upright, a heap on a table, a heap in a bin."""
VIEWS = {'top': (0.0, 0.15), 'tilted': (0.7, 0.87), 'oblique': (0.35, 1.05)}
"""Minimum and maximum tilt of the camera from straight down in radians, by view name."""


@dataclass(frozen=True)
class PickConfig:
    """Configuration of simulated picking.

    Attributes:
        scenes: Kinds of scene, a subset of KINDS.
        rounds: Number of rounds per kind.
        seed: Seed of scenes, cameras, noise and pose errors.
        view: Camera placement, a key of VIEWS.
        tilt: Minimum and maximum tilt of the camera in radians; None: the values of `view`.
        distance: Minimum and maximum distance from the camera to the objects in metres.
        camera: Camera intrinsics.
        up_known: Whether the planner receives the up direction. Otherwise it detects a support
            plane.
        objects: Number of procedural objects over all splits; the test split is used.
        meshes: Folder of the user's meshes to use instead.
        mesh_scale: Metres per unit of those meshes.
        heap: Minimum and maximum number of objects in a scene with several objects.
        noise: Upper limits of the sensor noise.
        stereo: Whether to simulate a stereo camera instead of the noise model.
        strength: Noise strength from 0 to 1; 0.2 corresponds to a common stereo camera (1 mm of
            smooth noise).
        friction: Friction coefficient between objects, and between gripper and objects.
        position_error: Standard deviation of the gripper position in metres.
        rotation_error: Standard deviation of the gripper orientation in radians.
        failures: Number of consecutive failed grasps that ends a round.
        attempts: Maximum number of attempts of a round; 0 for three per object.
        baselines: Whether the baseline planners pick in the same scenes.

    Raises:
        ValueError: A kind or view is unknown, or a number is out of range.
    """

    scenes: tuple[str, ...] = KINDS
    rounds: int = 50
    seed: int = 0
    view: str = 'top'
    tilt: tuple[float, float] | None = None
    distance: tuple[float, float] = (0.55, 0.8)
    camera: CameraIntrinsics = field(
        default_factory=lambda: CameraIntrinsics(640, 480, 600.0, 600.0, 319.5, 239.5)
    )
    up_known: bool = True
    objects: int = 3000
    meshes: Path | None = None
    mesh_scale: float = 1.0
    heap: tuple[int, int] = (5, 12)
    noise: NoiseSettings = field(default_factory=lambda: NoiseSettings(gamma_shape=1e5))
    strength: float = 0.2
    stereo: bool = False
    friction: float = 0.6
    position_error: float = 0.001
    rotation_error: float = 0.01
    failures: int = 2
    attempts: int = 0
    baselines: bool = True

    def __post_init__(self) -> None:
        unknown = set(self.scenes) - set(KINDS)
        if unknown or not self.scenes:
            raise ValueError(f'scenes are {self.scenes}, expected some of {", ".join(KINDS)}')
        if self.view not in VIEWS:
            raise ValueError(f'view is {self.view!r}, expected one of {", ".join(VIEWS)}')
        require_positive(self, 'rounds', 'mesh_scale', 'friction', 'failures')
        require_not_negative(self, 'seed', 'objects', 'attempts')
        require_not_negative(self, 'position_error', 'rotation_error')
        require_shares(self, 'strength')
        require_ranges(self, 'distance')
        if not 0 < self.heap[0] <= self.heap[1]:
            raise ValueError(f'heap is {self.heap}, expected 0 < minimum <= maximum')
