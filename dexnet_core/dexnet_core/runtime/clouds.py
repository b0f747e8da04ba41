"""Plans on point clouds, with the same settings and statuses as plans on depth images."""

from __future__ import annotations

import time
from typing import Protocol, runtime_checkable

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.grasp import GraspPlan, PlanStatus
from dexnet_core.graspnet.cloud import in_workspace, measured, usable_points
from dexnet_core.perception.segment import Box
from dexnet_core.runtime.graspnet_planner import CloudPlan
from dexnet_core.runtime.settings import PlannerSettings
import numpy as np
from numpy.typing import NDArray


@runtime_checkable
class CloudPlanner(Protocol):
    """What planning on a cloud needs of a planner."""

    @property
    def settings(self) -> PlannerSettings:
        """How it chooses; its workspace says which points are looked at."""

    def plan_points(self, points: NDArray[np.float32], chosen: bool = True) -> CloudPlan:
        """Return the plan on (n, 3) metres in the optical frame, or all grasps unchosen."""

    def described(
        self, plan: CloudPlan, camera: CameraIntrinsics | None = None, segment_ms: float = 0.0
    ) -> GraspPlan:
        """Return a plan as all planners give it."""


def plan_cloud(
    planner: CloudPlanner,
    cloud: NDArray[np.generic],
    mask: NDArray[np.bool_] | None = None,
    chosen: bool = True,
) -> GraspPlan:
    """Plan grasps on what of a cloud is in the workspace.

    Args:
        planner: Plans; its settings hold the workspace.
        cloud: (n, 3) or organised (H, W, 3) metres in an optical frame (z forward); NaN,
            infinite or all zero where nothing was seen.
        mask: (n,) or (H, W) True on what may be grasped; the network decides without.
        chosen: False for every grasp that the planner knows of, good or bad.

    Returns:
        A plan without heat map, whose grasps have no pixel (NaN).

    Raises:
        ValueError: The cloud has another shape, is not in metres or not in an optical frame, or
            the mask is not of its size.
    """
    began = time.perf_counter()
    points = usable_points(cloud)
    _require_forward(points)
    points = points[_inside(points, planner.settings.workspace)]
    has_object = True
    if mask is not None:
        objects = _masked(cloud, mask)
        objects = objects[_inside(objects, planner.settings.workspace)]
        has_object = not len(points) or len(objects) > 0
        points = _around(objects, points)
    found_ms = (time.perf_counter() - began) * 1e3
    plan = planner.plan_points(points, chosen)
    if not has_object:
        plan = plan._replace(status=PlanStatus.NO_OBJECT)
    return planner.described(plan, segment_ms=found_ms)


def _require_forward(points: NDArray[np.float32]) -> None:
    """Raise ValueError if most points are behind the camera, as in the frame of a robot."""
    behind = int(np.count_nonzero(points[:, 2] <= 0))
    if behind > len(points) / 2:
        raise ValueError(
            f'{behind} of {len(points)} points have z <= 0, expected an optical frame '
            '(x right, y down, z forward)'
        )


def _inside(points: NDArray[np.float32], workspace: Box) -> NDArray[np.bool_]:
    low, high = np.asarray(workspace, np.float32)
    return ((points >= low) & (points <= high)).all(axis=1)


def _masked(cloud: NDArray[np.generic], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the (m, 3) measured points in the mask."""
    if mask.shape != cloud.shape[:-1]:
        raise ValueError(f'mask is {mask.shape}, cloud is {cloud.shape[:-1]} (height, width)')
    return cloud[mask & measured(cloud)].astype(np.float32, copy=False)


def _around(objects: NDArray[np.float32], points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the points in the box around the objects."""
    every = np.concatenate([objects, points])
    foreground = np.arange(len(every)) < len(objects)
    return points[in_workspace(every, foreground)[len(objects) :]]
