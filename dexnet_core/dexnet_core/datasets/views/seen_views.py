"""What planners see of scenes: noisy views, along the camera's axis or from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
import zlib

from dexnet_core.datasets.views.view_generation import GenerationConfig
from dexnet_core.geometry.camera import deproject
from dexnet_core.geometry.transform import transform_points
from dexnet_core.io.checks import (
    require_not_negative,
    require_ranges,
    require_shares,
)
from dexnet_core.planning.perception.ground import Ground
from dexnet_core.planning.perception.segment import observe, Observed
from dexnet_core.planning.perception.virtual_view import virtual_view, VirtualCamera
from dexnet_core.planning.planners.settings import PlannerSettings
from dexnet_core.simulation.scenes.noise import measure, NoiseSettings
from dexnet_core.simulation.scenes.random_scene import SceneRange
from dexnet_core.simulation.scenes.rendered_view import (
    random_camera,
    render,
    RenderedView,
    tilted_down,
    ViewRange,
)
from dexnet_core.simulation.scenes.scene import Scene
from dexnet_core.simulation.scenes.stereo import measure_stereo, StereoSettings
import numpy as np
from numpy.typing import NDArray

_SEEN_ALONG = 0.35
"""Radians from straight down within which a camera's own axis may be the approach."""


@dataclass(frozen=True)
class Approaches:
    """From where grasps are tried.

    Attributes:
        camera: Share of views along the camera's own axis, where that looks nearly down.
        tilted: Share of the other views that do not look straight down.
        tilt: Least and greatest radians of these from straight down.
        up_error: Standard deviation in radians of what is taken for straight down.
        second_camera: Share of virtual views that two cameras saw.

    Raises:
        ValueError: A share is not from 0 to 1, or the tilt is not ordered or not above 0.
    """

    camera: float = 0.4
    tilted: float = 0.35
    tilt: tuple[float, float] = (0.15, 1.0)
    up_error: float = 0.02
    second_camera: float = 0.15

    def __post_init__(self) -> None:
        require_shares(self, 'camera', 'tilted', 'second_camera')
        require_ranges(self, 'tilt')


@dataclass(frozen=True)
class SeenConfig(GenerationConfig):
    """How scenes are seen by cameras, and from where grasps come.

    Attributes:
        noise: Upper ends of the sensor noise. The published gamma factor is left out: it moves
            the whole scene by centimetres along the optical axis.
        strength: Least and greatest share of that noise, drawn for each view.
        stereo: Share of the views that a stereo camera sees instead.
        baseline: Least and greatest distance in metres of its lenses.
        camera_error: Standard deviation in metres of where a second camera is said to be.
        approaches: From where grasps come.

    Raises:
        ValueError: A number is out of its range.
    """

    objects: int = 3000
    scenes: SceneRange = field(
        default_factory=lambda: SceneRange(single=0.2, packed=0.3, heap=(2, 12), binned=0.5)
    )
    views: ViewRange = field(default_factory=lambda: ViewRange(oblique=0.6))
    noise: NoiseSettings = field(default_factory=lambda: NoiseSettings(gamma_shape=1e5))
    strength: tuple[float, float] = (0.0, 0.5)
    stereo: float = 0.3
    baseline: tuple[float, float] = (0.05, 0.10)
    camera_error: float = 0.001
    approaches: Approaches = field(default_factory=Approaches)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_not_negative(self, 'camera_error')
        require_ranges(self, 'baseline')
        require_shares(self, 'stereo')
        if not 0 <= self.strength[0] <= self.strength[1]:
            raise ValueError(f'strength is {self.strength}, expected 0 <= least <= greatest')

    def rng_of(self, name: Path) -> np.random.Generator:
        """Return the generator of a view, the same for one seed and name."""
        return np.random.default_rng((self.seed, zlib.crc32(str(name).encode())))


class SeenView(NamedTuple):
    """A view that grasps are planned on, and where it is.

    Attributes:
        observed: The noisy depth image.
        T_world_view: (4, 4) pose of its optical frame.
    """

    observed: Observed
    T_world_view: NDArray[np.float64]

    @property
    def down(self) -> NDArray[np.float64]:
        """(3,) direction of gravity, in the optical frame."""
        return self.T_world_view[:3, :3].T @ [0.0, 0.0, -1.0]


def seen_view(
    config: SeenConfig, scene: Scene, view: RenderedView, rng: np.random.Generator
) -> SeenView:
    """Return a camera's noisy image, or a virtual view of it from elsewhere."""
    approaches = config.approaches
    observed = _measured(config, scene, view, rng)
    steep = view.T_world_camera[2, 2] < -np.cos(_SEEN_ALONG)
    if not observed.objects.any() or (steep and rng.random() < approaches.camera):
        return SeenView(observed, view.T_world_camera)
    tilted = rng.random() < approaches.tilted
    tilt = rng.uniform(*approaches.tilt) if tilted else abs(rng.normal(0, approaches.up_error))
    direction = tilted_down(tilt, rng.uniform(0, 2 * np.pi))
    parts = [_points_of(observed, view.T_world_camera)]
    if rng.random() < approaches.second_camera:
        other = render(scene, *random_camera(scene, config.views, rng))
        points, objects = _points_of(_measured(config, scene, other, rng), other.T_world_camera)
        parts.append((points + rng.normal(0, config.camera_error, 3), objects))
    points, objects = map(np.concatenate, zip(*parts, strict=True))
    spacing = float(np.median(observed.depth[observed.objects])) / view.camera.fx
    taken = VirtualCamera(distance=rng.uniform(0.5, 1.2))
    seen = virtual_view(points, objects, direction, taken, spacing)
    return SeenView(Observed(seen.depth, seen.objects, seen.camera), seen.T_frame_view)


def label_view_of(
    config: SeenConfig, scene: Scene, view: RenderedView, name: Path
) -> tuple[RenderedView, NDArray[np.float32]]:
    """Return a view without noise from where a planner looks, and (H, W) what it sees there.

    Args:
        config: How scenes are seen.
        scene: The scene.
        view: By the camera, without noise.
        name: Decides noise and direction.
    """
    rng = config.rng_of(name)
    seen = seen_view(config, scene, view, rng)
    exact = render(scene, seen.observed.camera, seen.T_world_view)
    return exact, seen.observed.depth


def _measured(
    config: SeenConfig, scene: Scene, view: RenderedView, rng: np.random.Generator
) -> Observed:
    if rng.random() < config.stereo:
        depth = measure_stereo(scene, view, StereoSettings(rng.uniform(*config.baseline)), rng)
    else:
        strength = float(rng.uniform(*config.strength))
        depth = measure(view.depth, view.camera.fx, config.noise, rng, strength)
    return observe(depth, view.camera, None, Ground(), PlannerSettings().workspace)


def _points_of(
    observed: Observed, T_world_camera: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the measured points (n, 3) in the world, and which are of objects."""
    seen = observed.depth > 0
    points = deproject(observed.depth, observed.camera)[seen]
    return transform_points(T_world_camera, points), observed.objects[seen]
