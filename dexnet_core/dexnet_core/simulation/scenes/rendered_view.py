"""Random camera poses and noise-free depth images of a scene."""

from __future__ import annotations

from dataclasses import dataclass

from dexnet_core.geometry.camera import CameraIntrinsics, pixel_rays
from dexnet_core.geometry.transform import pose_matrix, unit
from dexnet_core.planning.values.checks import (
    require_angles,
    require_not_negative,
    require_ranges,
    require_shares,
)
from dexnet_core.simulation.scenes.scene import Scene, TABLE
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ViewRange:
    """Distribution of random cameras; each pair is (minimum, maximum).

    Attributes:
        height: Height above the floor in metres.
        tilt: Angle between the optical axis and straight down in radians.
        focal: Focal length in pixels at 640x480.
        offset: Maximum distance in metres, along x and y, from the target point to the centre
            of the objects.
        oblique: Fraction of oblique views, from the side.
        oblique_tilt: Tilt of oblique views in radians.
        oblique_distance: Distance from the camera to the target point of oblique views in metres.
        intrinsics: Intrinsics of all cameras; None: random, at 640x480.

    Raises:
        ValueError: A range is not ordered or not positive, or a camera does not look down.
    """

    height: tuple[float, float] = (0.4, 1.2)
    tilt: tuple[float, float] = (0.0, 0.35)
    focal: tuple[float, float] = (400.0, 1000.0)
    offset: float = 0.05
    oblique: float = 0.0
    oblique_tilt: tuple[float, float] = (0.35, 1.15)
    oblique_distance: tuple[float, float] = (0.4, 1.0)
    intrinsics: CameraIntrinsics | None = None

    def __post_init__(self) -> None:
        require_ranges(self, 'height', 'focal', 'oblique_distance')
        require_angles(self, 'tilt', np.pi / 2)
        require_angles(self, 'oblique_tilt', np.pi / 2)
        require_shares(self, 'oblique')
        require_not_negative(self, 'offset')


@dataclass(frozen=True)
class RenderedView:
    """Noise-free view of a scene.

    Attributes:
        camera: Intrinsics.
        T_world_camera: (4, 4) pose of the optical frame.
        depth: (H, W) float32 depth in metres; 0 where there is no surface.
        owner: (H, W) int16 index of the scene's object, or TABLE.
        triangle: (H, W) int64 face index of the scene's surface; -1 where there is none.
    """

    camera: CameraIntrinsics
    T_world_camera: NDArray[np.float64]
    depth: NDArray[np.float32]
    owner: NDArray[np.int16]
    triangle: NDArray[np.int64]

    @property
    def object_mask(self) -> NDArray[np.bool_]:
        """Mask (H, W) of the object pixels."""
        on: NDArray[np.bool_] = self.owner != TABLE
        return on


def random_camera(
    scene: Scene, ranges: ViewRange, rng: np.random.Generator
) -> tuple[CameraIntrinsics, NDArray[np.float64]]:
    """Return intrinsics and T_world_camera of a random camera that looks at the objects."""
    focal = rng.uniform(*ranges.focal)
    jitter = rng.uniform(-4, 4, 2)
    drawn = CameraIntrinsics(640, 480, focal, focal, 319.5 + jitter[0], 239.5 + jitter[1])
    camera = ranges.intrinsics or drawn
    middle = np.mean([o.T_world_object[:3, 3] for o in scene.objects], axis=0)
    aim = middle + np.array([*rng.uniform(-ranges.offset, ranges.offset, 2), 0])
    oblique = ranges.oblique > 0 and rng.random() < ranges.oblique
    tilt = rng.uniform(*(ranges.oblique_tilt if oblique else ranges.tilt))
    azimuth, roll = rng.uniform(0, 2 * np.pi, 2)
    axis = tilted_down(tilt, azimuth)
    if oblique:
        back = rng.uniform(*ranges.oblique_distance)
    else:
        back = (rng.uniform(*ranges.height) - aim[2]) / np.cos(tilt)
    return camera, look_along(aim - back * axis, axis, roll)


def tilted_down(tilt: float, azimuth: float) -> NDArray[np.float64]:
    """Return the unit direction (3,) at an angle `tilt` from straight down, towards an azimuth."""
    return np.array(
        [np.sin(tilt) * np.cos(azimuth), np.sin(tilt) * np.sin(azimuth), -np.cos(tilt)]
    )


def look_along(
    position: NDArray[np.float64], axis: NDArray[np.float64], roll: float = 0.0
) -> NDArray[np.float64]:
    """Return T_world_camera from a position (3,), an optical axis (3,) and a roll about it."""
    z = unit(axis)
    side = np.array([np.cos(roll), np.sin(roll), 0.0])
    y = unit(np.cross(z, side))
    return pose_matrix(position, np.column_stack([np.cross(y, z), y, z]))


def render(
    scene: Scene, camera: CameraIntrinsics, T_world_camera: NDArray[np.float64]
) -> RenderedView:
    """Render a depth image by ray casting; directions have depth 1, so distances are depths."""
    v, u = np.mgrid[: camera.height, : camera.width]
    rays = pixel_rays(u.ravel(), v.ravel(), camera) @ T_world_camera[:3, :3].T
    origins = np.broadcast_to(T_world_camera[:3, 3], rays.shape)
    surface = scene.surface
    hits = surface.caster.first_hits(origins, rays)
    seen = hits.triangle >= 0
    depth = np.where(seen, hits.distance, 0)
    owner = np.where(seen, surface.owner[hits.triangle], TABLE)
    return RenderedView(
        camera,
        T_world_camera,
        depth.reshape(camera.shape).astype(np.float32),
        owner.reshape(camera.shape).astype(np.int16),
        hits.triangle.reshape(camera.shape),
    )


def lattice(view: RenderedView, spacing: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return columns and rows of object pixels on a lattice of about `spacing` metres."""
    on_object = view.object_mask
    if not on_object.any():
        return np.zeros(0, int), np.zeros(0, int)
    middle = float(np.median(view.depth[on_object]))
    step = max(1, round(spacing * view.camera.fx / middle))
    lattice = np.zeros_like(on_object)
    lattice[step // 2 :: step, step // 2 :: step] = True
    v, u = np.nonzero(on_object & lattice)
    return u, v
