"""A box on a table, and what a camera sees of it from anywhere, to the exact millimetre."""

from pathlib import Path

from dexnet_core.geometry.camera import CameraIntrinsics, pixel_rays
from dexnet_core.geometry.transform import frames_along, pose_matrix
import numpy as np

CAMERA = CameraIntrinsics(640, 480, 600.0, 600.0, 319.5, 239.5)
SIDES = (0.06, 0.04, 0.05)
"""Metres along x, y and z of the world, whose z points upwards from the table."""
SMALL = (0.035, 0.025, 0.04)
"""Of a box that a jaw takes in its middle."""


def camera_at(tilt: float, distance: float = 0.6, around: float = 0.3) -> np.ndarray:
    """The (4, 4) pose of a camera that looks at the box, tilted by radians from straight down."""
    aside = np.sin(tilt) * np.array([np.cos(around), np.sin(around)])
    axis = np.append(aside, -np.cos(tilt))
    return pose_matrix([0, 0, 0.02] - distance * axis, frames_along(axis))


def seen_from(T_world_camera: np.ndarray, sides: tuple[float, ...] = SIDES) -> np.ndarray:
    """The (H, W) float32 depth of the table, which has no end, and the box in its middle."""
    v, u = np.mgrid[: CAMERA.height, : CAMERA.width]
    rays = pixel_rays(u, v, CAMERA) @ T_world_camera[:3, :3].T
    origin = T_world_camera[:3, 3]
    low, high = np.array(sides) * [-0.5, -0.5, 0], np.array(sides) * [0.5, 0.5, 1]
    with np.errstate(divide='ignore'):
        faces = np.sort([(low - origin) / rays, (high - origin) / rays], axis=0)
        table = np.where(rays[..., 2] < 0, -origin[2] / rays[..., 2], 0)
    enter, leave = faces[0].max(axis=-1), faces[1].min(axis=-1)
    return np.where(enter < leave, enter, table).astype(np.float32)


def saved_box(folder: Path, rows: slice, columns: slice, metres: float) -> list[str]:
    """Save the depth of a box on a table 0.7 m below a camera; return options that name it."""
    depth = np.full((240, 320), 0.7, np.float32)
    depth[rows, columns] = metres
    np.save(folder / 'depth.npy', depth)
    return ['--depth', str(folder / 'depth.npy'), '--camera', '300,300,159.5,119.5']


def up_in(T_world_camera: np.ndarray) -> np.ndarray:
    """The (3,) direction against gravity in the frame of a camera."""
    return T_world_camera[2, :3]
