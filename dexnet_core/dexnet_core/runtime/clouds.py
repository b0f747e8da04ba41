"""Plans on point clouds, with the same settings and statuses as plans on depth images."""

from __future__ import annotations

import time
from typing import Protocol, runtime_checkable

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.grasp import GraspPlan
from dexnet_core.graspnet.cloud import in_box, measured, near_objects, usable_points
from dexnet_core.perception.segment import off_support
from dexnet_core.runtime.graspnet_planner import CloudPlan
from dexnet_core.runtime.planner import status_without_objects
from dexnet_core.runtime.settings import PlannerSettings
import numpy as np
from numpy.typing import NDArray


@runtime_checkable
class CloudPlanner(Protocol):
    """What planning on a cloud needs of a planner."""

    @property
    def settings(self) -> PlannerSettings:
        """How it chooses; its workspace says which points are looked at."""

    @property
    def points(self) -> int:
        """Points that it looks at; a cloud of just as many is taken for one that was prepared."""

    def plan_points(
        self,
        points: NDArray[np.float32],
        chosen: bool = True,
        around: NDArray[np.float32] | None = None,
    ) -> CloudPlan:
        """Return the plan on (n, 3) metres in the optical frame, or all grasps unchosen.

        What else is around may be hit.
        """

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
        mask: (n,) or (H, W) True on what may be grasped. Without, everything off the support
            plane, if there is one; of a cloud that was prepared, everything.
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
    workspace = np.asarray(planner.settings.workspace, np.float32)
    looked_at = in_box(points[:, 2:], *workspace[:, 2:])
    points = points[looked_at]
    inside = in_box(points, *workspace)
    if mask is None:
        objects = inside.copy()
        objects[inside] = _unmasked(planner, points[inside])
    else:
        objects = inside & _of_measured(cloud, mask)[looked_at]
    seen = bool(inside.any())
    points, around = near_objects(points, objects, inside)
    found_ms = (time.perf_counter() - began) * 1e3
    plan = planner.plan_points(points, chosen, around)
    if not len(points):
        plan = plan._replace(status=status_without_objects(seen, mask))
    return planner.described(plan, segment_ms=found_ms)


def _require_forward(points: NDArray[np.float32]) -> None:
    """Raise ValueError if most points are behind the camera, as in the frame of a robot."""
    behind = int(np.count_nonzero(points[:, 2] <= 0))
    if behind > len(points) / 2:
        raise ValueError(
            f'{behind} of {len(points)} points have z <= 0, expected an optical frame '
            '(x right, y down, z forward)'
        )


def _of_measured(cloud: NDArray[np.generic], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the (m,) part of a mask that belongs to measured points."""
    if mask.shape != cloud.shape[:-1]:
        raise ValueError(f'mask is {mask.shape}, cloud is {cloud.shape[:-1]} (height, width)')
    return mask[measured(cloud)]


def _unmasked(planner: CloudPlanner, points: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return (n,) which points may be of objects, where no mask says so."""
    if len(points) == planner.points:
        return np.ones(len(points), bool)
    return off_support(points, planner.settings.support_height)
