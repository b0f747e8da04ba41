"""What a caller may ask of a planner beside the image: where, how many, how good, which frame."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.transform import transform_points
from dexnet_core.grasp import Grasp, GraspPlan, PlanStatus, StageTimes
from dexnet_core.perception.segment import observe
from dexnet_core.runtime.settings import PlannerSettings
import numpy as np
from numpy.typing import NDArray


class Region(NamedTuple):
    """A rectangle of pixels: its first column and row, and its size; all zero = everything."""

    x: int
    y: int
    width: int
    height: int


def restrict(settings: PlannerSettings, num_grasps: int, min_score: float) -> PlannerSettings:
    """Return the settings of one request.

    Args:
        settings: The planner's own.
        num_grasps: Most grasps in the answer; 0 keeps the planner's.
        min_score: Least score of a grasp; negative keeps the planner's.

    Raises:
        ValueError: A value is out of its range, or not a number.
    """
    changes: dict[str, int | float] = {}
    if num_grasps != 0:
        changes['max_grasps'] = int(num_grasps)
    if not min_score < 0:
        changes['min_score'] = float(min_score)
    return replace(settings, **changes)


def where_to_plan(
    depth: NDArray[np.float32],
    camera: CameraIntrinsics,
    settings: PlannerSettings,
    region: Region,
    mask: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_] | None:
    """Return the mask of a request: what may be grasped, as far as it is in the region.

    Args:
        depth: (H, W) metres; 0 where nothing was seen.
        camera: Intrinsics of the image.
        settings: Of the planner; they decide what is an object where there is no mask.
        region: Where to plan; all zero for the whole image.
        mask: (H, W) True on what may be grasped, or None for what the planner takes for objects.

    Returns:
        (H, W) True on what may be grasped, or None for what the planner takes for objects.

    Raises:
        ValueError: The region is empty or not inside the image.
    """
    if not any(region):
        return mask
    window = _window(camera.shape, region)
    if mask is None:
        seen = observe(depth, camera, None, settings.support_height, settings.workspace)
        mask = seen.objects
    return mask & window


def window_camera(
    camera: CameraIntrinsics, region: Region, binning: tuple[int, int] = (1, 1)
) -> CameraIntrinsics:
    """Return the intrinsics of a window of a camera's image, after binning.

    The principal point is shifted by the window's corner and then divided by the binning, as
    image_geometry does, so that other consumers of the same camera see the same points.

    Args:
        camera: Intrinsics at the full resolution.
        region: The window in pixels of the full resolution; all zero for the whole image.
        binning: (x, y) pixels of the full resolution per pixel of the image; at least 1.

    Raises:
        ValueError: The window is not inside the full image, or is empty after binning.
    """
    x, y, width, height = region if any(region) else (0, 0, camera.width, camera.height)
    if x < 0 or y < 0 or x + width > camera.width or y + height > camera.height:
        raise ValueError(
            f'camera window is {width}x{height} at ({x}, {y}), '
            f'expected within {camera.width}x{camera.height}'
        )
    by_x, by_y = binning
    return CameraIntrinsics(
        width // by_x,
        height // by_y,
        camera.fx / by_x,
        camera.fy / by_y,
        (camera.cx - x) / by_x,
        (camera.cy - y) / by_y,
    )


def move_plan(plan: GraspPlan, T_target_camera: NDArray[np.float64]) -> GraspPlan:
    """Return the plan with poses, contacts and normals in another frame than the camera's.

    Scores, pixels and heat map stay as they are: they belong to the image.
    """
    return replace(plan, grasps=tuple(_move(grasp, T_target_camera) for grasp in plan.grasps))


def refused(message: str) -> GraspPlan:
    """Return the answer to an input that cannot be used; the message says why."""
    nothing = np.empty((0, 0), np.float32)
    times = StageTimes(*[0.0] * len(StageTimes._fields))
    return GraspPlan((), PlanStatus.BAD_INPUT, message, nothing, '', times)


def _window(shape: tuple[int, int], region: Region) -> NDArray[np.bool_]:
    """Return (H, W) True in the region."""
    x, y, width, height = region
    inside = x >= 0 and y >= 0 and x + width <= shape[1] and y + height <= shape[0]
    if not inside or width < 1 or height < 1:
        raise ValueError(
            f'region is {width}x{height} at ({x}, {y}), '
            f'expected at least 1x1 within the image of {shape[1]}x{shape[0]}'
        )
    window = np.zeros(shape, bool)
    window[y : y + height, x : x + width] = True
    return window


def _move(grasp: Grasp, T_target_camera: NDArray[np.float64]) -> Grasp:
    return replace(
        grasp,
        T_camera_grasp=T_target_camera @ grasp.T_camera_grasp,
        contacts=transform_points(T_target_camera, grasp.contacts),
        normals=grasp.normals @ T_target_camera[:3, :3].T,
    )
