"""Camera image of an object at rest, and the crops of its grasps.

Cameras and columns are those of the public Dex-Net generator (Dex-Net 2.0 and 3.0, supplements).
The camera looks at a point of the table near the object. Its principal point is shifted such that
the object is in the centre of the image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dexnet_core.datasets.crops.crop_writer import GraspRows
from dexnet_core.datasets.crops.releases import Release
from dexnet_core.geometry.camera import CameraIntrinsics, project
from dexnet_core.geometry.transform import invert, quaternion_of, transform_points
from dexnet_core.planning.contracts.crop_contract import CropScale
from dexnet_core.planning.perception.crop import aligned_crops, suction_angles
from dexnet_core.planning.values.checks import require_angles, require_not_negative, require_ranges
from dexnet_core.simulation.scenes.rendered_view import look_along, RenderedView
from dexnet_core.simulation.scenes.scene import Scene
import numpy as np
from numpy.typing import NDArray

_SEEN_WITHIN = 0.002


@dataclass(frozen=True)
class CameraRange:
    """Distribution of random cameras; each pair is (minimum, maximum).

    Attributes:
        radius: Distance from the camera to its target point on the table in metres.
        polar: Angle between the optical axis and straight down in radians.
        focal: Focal length in pixels.
        offset: Maximum distance between object and target point along x and y in metres.
        side: Side of the square image in pixels.

    Raises:
        ValueError: A range is not ordered or not positive, or the image is smaller than a crop.
    """

    radius: tuple[float, float]
    polar: tuple[float, float]
    focal: tuple[float, float] = (520.0, 530.0)
    offset: float = 0.1
    side: int = 600

    def __post_init__(self) -> None:
        require_ranges(self, 'radius', 'focal')
        require_angles(self, 'polar', np.pi / 2)
        require_not_negative(self, 'offset')
        if self.side < CropScale().crop:
            raise ValueError(f'side is {self.side}, expected at least {CropScale().crop}')


class PosedGrasps(NamedTuple):
    """n grasps on an object at rest, in the world frame.

    Attributes:
        centres: (n, 3) contact, or point midway between the pads, in metres.
        approaches: (n, 3) unit directions into the object.
        axes: (n, 3) unit closing directions; zero for suction.
        widths: (n,) distance between the fingers in metres; 0 for suction.
        quality: (n,) robust quality.
        free: (n,) bool, True if the gripper does not collide.
    """

    centres: NDArray[np.float64]
    approaches: NDArray[np.float64]
    axes: NDArray[np.float64]
    widths: NDArray[np.float64]
    quality: NDArray[np.float64]
    free: NDArray[np.bool_]


class RowLabels(NamedTuple):
    """Numbers of the object, its stable pose and its image."""

    thing: int
    pose: int
    image: int


def draw_camera(
    scene: Scene, ranges: CameraRange, rng: np.random.Generator
) -> tuple[CameraIntrinsics, NDArray[np.float64]]:
    """Return intrinsics and T_world_camera of a random camera at the first object of a scene."""
    middle = scene.objects[0].T_world_object[:3, 3]
    aim = np.array([*(middle[:2] + rng.uniform(-ranges.offset, ranges.offset, 2)), 0.0])
    polar, azimuth = rng.uniform(*ranges.polar), rng.uniform(0, 2 * np.pi)
    flat = np.sin(polar) * np.array([np.cos(azimuth), np.sin(azimuth)])
    axis = np.array([*flat, -np.cos(polar)])
    T_world_camera = look_along(aim - rng.uniform(*ranges.radius) * axis, axis)
    focal, half = rng.uniform(*ranges.focal), (ranges.side - 1) / 2
    centred = CameraIntrinsics(ranges.side, ranges.side, focal, focal, half, half)
    u, v = project(transform_points(invert(T_world_camera), middle), centred)
    camera = CameraIntrinsics(
        ranges.side, ranges.side, focal, focal, 2 * half - round(u), 2 * half - round(v)
    )
    return camera, T_world_camera


def seen_grasps(grasps: PosedGrasps, view: RenderedView) -> NDArray[np.bool_]:
    """Return (n,) True where the centre of a grasp is visible."""
    points = transform_points(invert(view.T_world_camera), grasps.centres)
    u, v = np.round(project(points, view.camera)).astype(int).T
    inside = (u >= 0) & (v >= 0) & (u < view.camera.width) & (v < view.camera.height)
    depth = view.depth[np.where(inside, v, 0), np.where(inside, u, 0)]
    seen: NDArray[np.bool_] = inside & (np.abs(depth - points[:, 2]) < _SEEN_WITHIN)
    return seen


def approach_angles(grasps: PosedGrasps, view: RenderedView) -> NDArray[np.float64]:
    """Return the angles (n,) between approach and optical axis in radians."""
    return np.arccos(np.clip(grasps.approaches @ view.T_world_camera[:3, 2], -1, 1))


def crop_rows(
    view: RenderedView, grasps: PosedGrasps, labels: RowLabels, scene: Scene, release: Release
) -> GraspRows:
    """Return the crops of n grasps in the columns of a release (2.0 or 3.0)."""
    T_camera_world = invert(view.T_world_camera)
    points = transform_points(T_camera_world, grasps.centres)
    pixels, depths = project(points, view.camera), points[:, 2]
    suction = release.width_column is None
    if suction:
        angles = suction_angles(grasps.approaches @ view.T_world_camera[:3, :3])
    else:
        axes = grasps.axes @ view.T_world_camera[:3, :3]
        angles = np.arctan2(axes[:, 1], axes[:, 0]) % (2 * np.pi)
    images = aligned_crops(view.depth, view.camera, pixels, angles, depths, CropScale())
    middle = project(
        transform_points(T_camera_world, scene.objects[0].T_world_object[:3, 3]), view.camera
    )
    whole = np.round(pixels)[:, ::-1]
    around = np.tile(middle[::-1], (len(pixels), 1))
    if suction:
        columns = [whole, depths, approach_angles(grasps, view), angles, around]
    else:
        columns = [whole, depths, angles, around, grasps.widths * view.camera.fx / depths]
    poses = np.column_stack(columns).astype(np.float32)
    return _with_labels(view, images, poses, grasps, labels)


def _with_labels(
    view: RenderedView,
    images: NDArray[np.float32],
    poses: NDArray[np.float32],
    grasps: PosedGrasps,
    labels: RowLabels,
) -> GraspRows:
    count, camera, T = len(images), view.camera, view.T_world_camera
    intrinsics = [camera.fx, camera.fy, camera.cx, camera.cy]
    pose = [*quaternion_of(T[:3, :3]), *T[:3, 3]]
    objects, stable_poses, numbers = (np.full(count, number, np.uint32) for number in labels)
    return GraspRows(
        images,
        poses,
        (grasps.quality * grasps.free).astype(np.float32),
        grasps.free.astype(np.uint32),
        objects,
        stable_poses,
        numbers,
        np.tile(np.array(intrinsics, np.float32), (count, 1)),
        np.tile(np.array(pose, np.float32), (count, 1)),
    )
