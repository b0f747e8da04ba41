"""What `dexnet pick` picks at: scenes, cameras, noise, gripper."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.io.checks import (
    require_not_negative,
    require_positive,
    require_ranges,
    require_shares,
)
from dexnet_core.simulation.scenes.noise import NoiseSettings

KINDS = ('single', 'packed', 'pile', 'bin')
"""Kinds of scene: one object, objects packed upright, a heap on a table, a heap in a bin."""
VIEWS = {'top': (0.0, 0.15), 'tilted': (0.7, 0.87), 'oblique': (0.35, 1.05)}
"""Least and greatest tilt of the camera from straight down in radians, by name of the view."""


@dataclass(frozen=True)
class PickConfig:
    """What to pick at.

    Attributes:
        scenes: Kinds of scene, some of KINDS.
        rounds: Rounds of each kind.
        seed: Decides scenes, cameras, noise and physics.
        view: Where the camera hangs, a key of VIEWS.
        tilt: Least and greatest tilt of the camera in radians; None: as the view says.
        distance: Least and greatest distance in metres from the camera to the objects.
        camera: Its intrinsics.
        up_known: Whether the planner is told where up is; it looks for a support plane otherwise.
        objects: Procedural objects over all splits; those for testing are picked at.
        meshes: Folder of the user's meshes to pick at instead.
        mesh_scale: Metres per unit of those meshes.
        heap: Least and greatest number of objects in a scene of several.
        noise: Upper ends of the sensor noise.
        stereo: Whether a stereo camera sees the scenes, instead of one with noise.
        strength: Share of that noise; 0.2 is a common stereo camera (1 mm of smooth noise).
        friction: Coefficient between objects, and of the gripper on them.
        position_error: Standard deviation in metres of where the gripper goes.
        rotation_error: Standard deviation in radians of how it is turned.
        failures: Failed grasps in a row that end a round.
        baselines: Whether simple planners pick at the same scenes.

    Raises:
        ValueError: A kind or view is unknown, or a number is out of its range.
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
    baselines: bool = True

    def __post_init__(self) -> None:
        unknown = set(self.scenes) - set(KINDS)
        if unknown or not self.scenes:
            raise ValueError(f'scenes are {self.scenes}, expected some of {", ".join(KINDS)}')
        if self.view not in VIEWS:
            raise ValueError(f'view is {self.view!r}, expected one of {", ".join(VIEWS)}')
        require_positive(self, 'rounds', 'mesh_scale', 'friction', 'failures')
        require_not_negative(self, 'seed', 'objects', 'position_error', 'rotation_error')
        require_shares(self, 'strength')
        require_ranges(self, 'distance')
        if not 0 < self.heap[0] <= self.heap[1]:
            raise ValueError(f'heap is {self.heap}, expected 0 < least <= greatest')
