"""Simulated planner inputs: noisy camera views and virtual views along other directions."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
import zlib

from dexnet_core.datasets.views.view_generation import GenerationConfig
from dexnet_core.geometry.camera import deproject
from dexnet_core.geometry.transform import transform_points
from dexnet_core.planning.perception.ground import Ground
from dexnet_core.planning.perception.segment import segment_image, SegmentedImage
from dexnet_core.planning.perception.virtual_view import virtual_view, VirtualCamera
from dexnet_core.planning.planners.settings import PlannerSettings
from dexnet_core.planning.values.checks import (
    require_not_negative,
    require_ranges,
    require_shares,
)
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
"""Maximum tilt in radians of a camera whose optical axis can be the approach direction."""


@dataclass(frozen=True)
class Approaches:
    """Distribution of approach directions.

    Attributes:
        camera: Fraction of views along the optical axis of the camera, if it points nearly
            straight down.
        tilted: Fraction of the other views that are tilted.
        tilt: Minimum and maximum angle of tilted views from straight down in radians.
        up_error: Standard deviation of the error of the straight-down direction in radians.
        second_camera: Fraction of virtual views with the points of two cameras.

    Raises:
        ValueError: A fraction is not from 0 to 1, or the tilt range is not ordered or not
            positive.
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
class SegmentedViewConfig(GenerationConfig):
    """Configuration of cameras, sensor noise and approach directions.

    Attributes:
        noise: Upper limits of the sensor noise. The published gamma factor is not used, because
            it moves the whole scene by centimetres along the optical axis.
        strength: Minimum and maximum noise strength, drawn for each view; see `measure`.
        stereo: Fraction of the views from a simulated stereo camera instead.
        baseline: Minimum and maximum distance of the stereo lenses in metres.
        camera_error: Standard deviation of the position error of a second camera in metres.
        approaches: Distribution of approach directions.

    Raises:
        ValueError: A number is out of range.
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
            raise ValueError(f'strength is {self.strength}, expected 0 <= minimum <= maximum')

    def rng_of(self, name: Path) -> np.random.Generator:
        """Return the random generator of a view; it depends on the seed and the name only."""
        return np.random.default_rng((self.seed, zlib.crc32(str(name).encode())))


class SegmentedView(NamedTuple):
    """Input view of a planner and its pose.

    Attributes:
        segmented: Noisy depth image.
        T_world_view: (4, 4) pose of its optical frame.
    """

    segmented: SegmentedImage
    T_world_view: NDArray[np.float64]

    @property
    def down(self) -> NDArray[np.float64]:
        """Unit direction (3,) of gravity in the optical frame."""
        return self.T_world_view[:3, :3].T @ [0.0, 0.0, -1.0]


def segmented_view(
    config: SegmentedViewConfig, scene: Scene, view: RenderedView, rng: np.random.Generator
) -> SegmentedView:
    """Return the noisy image of a camera, or a virtual view of its points."""
    approaches = config.approaches
    segmented = _measured(config, scene, view, rng)
    steep = view.T_world_camera[2, 2] < -np.cos(_SEEN_ALONG)
    if not segmented.objects.any() or (steep and rng.random() < approaches.camera):
        return SegmentedView(segmented, view.T_world_camera)
    tilted = rng.random() < approaches.tilted
    tilt = rng.uniform(*approaches.tilt) if tilted else abs(rng.normal(0, approaches.up_error))
    direction = tilted_down(tilt, rng.uniform(0, 2 * np.pi))
    parts = [_points_of(segmented, view.T_world_camera)]
    if rng.random() < approaches.second_camera:
        other = render(scene, *random_camera(scene, config.views, rng))
        points, objects = _points_of(_measured(config, scene, other, rng), other.T_world_camera)
        parts.append((points + rng.normal(0, config.camera_error, 3), objects))
    points, objects = map(np.concatenate, zip(*parts, strict=True))
    spacing = float(np.median(segmented.depth[segmented.objects])) / view.camera.fx
    taken = VirtualCamera(distance=rng.uniform(0.5, 1.2))
    seen = virtual_view(points, objects, direction, taken, spacing)
    return SegmentedView(SegmentedImage(seen.depth, seen.objects, seen.camera), seen.T_frame_view)


def label_view_of(
    config: SegmentedViewConfig, scene: Scene, view: RenderedView, name: Path
) -> tuple[RenderedView, NDArray[np.float32]]:
    """Return a noise-free view and the noisy depth (H, W) in metres at the planner's view pose.

    Args:
        config: Cameras, noise and approach directions.
        scene: The scene.
        view: Noise-free view of the camera.
        name: Name of the view; seeds noise and direction.
    """
    rng = config.rng_of(name)
    seen = segmented_view(config, scene, view, rng)
    exact = render(scene, seen.segmented.camera, seen.T_world_view)
    return exact, seen.segmented.depth


def _measured(
    config: SegmentedViewConfig, scene: Scene, view: RenderedView, rng: np.random.Generator
) -> SegmentedImage:
    if rng.random() < config.stereo:
        depth = measure_stereo(scene, view, StereoSettings(rng.uniform(*config.baseline)), rng)
    else:
        strength = float(rng.uniform(*config.strength))
        depth = measure(view.depth, view.camera.fx, config.noise, rng, strength)
    return segment_image(depth, view.camera, None, Ground(), PlannerSettings().workspace)


def _points_of(
    segmented: SegmentedImage, T_world_camera: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return measured points (n, 3) in the world frame and the mask (n,) of object points."""
    seen = segmented.depth > 0
    points = deproject(segmented.depth, segmented.camera)[seen]
    return transform_points(T_world_camera, points), segmented.objects[seen]
