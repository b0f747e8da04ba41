"""Options of a single request: region, number of grasps, minimum score and target frame."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.grasp import GraspPlan, PlanStatus
from dexnet_core.planning.observation import Observation
from dexnet_core.planning.planners.segmented_scene import segment_scene
from dexnet_core.planning.planners.settings import PlannerSettings
import numpy as np
from numpy.typing import NDArray


class Region(NamedTuple):
    """A rectangle of pixels: its first column and row, and its size; all zero = everything."""

    x: int
    y: int
    width: int
    height: int


def restrict(
    settings: PlannerSettings, num_grasps: int, min_score: float, approach: str = ''
) -> PlannerSettings:
    """Return the settings of one request.

    Args:
        settings: Settings of the planner.
        num_grasps: Maximum number of grasps; 0 for the planner's setting.
        min_score: Minimum score of a grasp; 0 for the planner's setting, negative for no minimum.
        approach: Setting of the approach direction; empty for the planner's setting.

    Raises:
        ValueError: A value is out of its range, or not a number.
    """
    least = 0.0 if min_score < 0 else float(min_score)
    return replace(
        settings,
        approach=approach or settings.approach,
        max_grasps=int(num_grasps) if num_grasps != 0 else settings.max_grasps,
        min_score=least if min_score != 0 else settings.min_score,
    )


def in_region(observation: Observation, settings: PlannerSettings, region: Region) -> Observation:
    """Return an observation with grasps allowed only in a region.

    Args:
        observation: A depth image; any observation for an empty region.
        settings: Settings of the planner, for the segmentation if there is no mask.
        region: The region; all zero for the whole image.

    Raises:
        ValueError: The region is empty or not inside the image, or the observation is a cloud.
    """
    if not any(region):
        return observation
    if observation.camera is None:
        raise ValueError('the request gives a region for a cloud, expected a mask or a workspace')
    window = _window(observation.camera.shape, region)
    if observation.labels is not None:
        return replace(observation, labels=np.where(window, observation.labels, 0))
    allowed = observation.mask
    if allowed is None:
        allowed = segment_scene(observation, settings).image.objects
    return replace(observation, mask=allowed & window)


def window_camera(
    camera: CameraIntrinsics, region: Region, binning: tuple[int, int] = (1, 1)
) -> CameraIntrinsics:
    """Return the intrinsics of a window of a camera's image, after binning.

    The principal point is shifted by the window's corner and then divided by the binning, as
    image_geometry does, so that other consumers of the same camera compute the same points.

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


def move_plan(plan: GraspPlan, T_target_frame: NDArray[np.float64]) -> GraspPlan:
    """Return the plan with all its poses and points in another frame than the observation's.

    Scores, pixels and heat map do not change, as they refer to the image.
    """
    return replace(
        plan,
        grasps=tuple(grasp.moved(T_target_frame) for grasp in plan.grasps),
        refused_places=plan.refused_places.moved(T_target_frame),
    )


def refused(message: str) -> GraspPlan:
    """Return the plan for an input that cannot be used; the message gives the reason."""
    return GraspPlan((), PlanStatus.BAD_INPUT, message, np.empty((0, 0), np.float32), '')


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
