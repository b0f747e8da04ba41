"""Pictures of a plan on a depth image or a point cloud."""

from __future__ import annotations

from dataclasses import replace

from dexnet_core.geometry.camera import deproject
from dexnet_core.geometry.transform import frames_along, invert, pose_matrix, transform_points
from dexnet_core.io.drawing.overlay import draw_plan, Picture
from dexnet_core.io.drawing.solids import seen_cloud
from dexnet_core.planning.grasp import GraspPlan
from dexnet_core.planning.graspnet.cloud import usable_points
from dexnet_core.planning.observation import Observation
import numpy as np
from numpy.typing import NDArray

_DISTANCE = 0.8
"""Metres from the virtual camera to clouds whose camera is unknown."""


def seen_points(observation: Observation) -> NDArray[np.float32]:
    """Return the (n, 3) measured points, metres in the frame of the observation.

    Raises:
        ValueError: The cloud has another shape, or is not in metres.
    """
    if observation.is_image:
        depth, camera = observation.image
        return deproject(depth, camera)[depth > 0]
    return usable_points(observation.cloud)


def draw_seen(observation: Observation, plan: GraspPlan, refused: bool = False) -> Picture:
    """Draw a plan over its depth image or cloud.

    Args:
        observation: Depth image or cloud.
        plan: Plan on the observation.
        refused: Whether to mark the refused candidates that the plan stores.

    Returns:
        (H', 1280, 3) uint8 BGR, with a legend below.

    Raises:
        ValueError: As in `seen_points`.
    """
    if observation.is_image:
        return draw_plan(*observation.image, plan, refused)
    return draw_cloud(seen_points(observation), plan, observation, refused)


def draw_cloud(
    points: NDArray[np.floating],
    plan: GraspPlan,
    observation: Observation,
    refused: bool = False,
) -> Picture:
    """Draw a plan over a cloud, from its camera, or obliquely from above if that is unknown.

    Args:
        points: (n, 3) measured points in metres.
        plan: Plan on the cloud.
        observation: Observation with the optical axis and the up direction, if known.
        refused: As in `draw_seen`.

    Returns:
        (H', 1280, 3) uint8 BGR, with a legend below.
    """
    T_view_frame = np.eye(4)
    if observation.axis is None and observation.up is not None and len(points):
        T_view_frame = invert(pose_beside(points, observation.up))
    depth, camera = seen_cloud(transform_points(T_view_frame, points))
    grasps = tuple(grasp.moved(T_view_frame) for grasp in plan.grasps)
    nowhere = np.full(camera.shape, np.nan, np.float32)
    places = plan.refused_places.moved(T_view_frame)
    moved = replace(plan, grasps=grasps, heatmap=nowhere, refused_places=places)
    return draw_plan(depth, camera, moved, refused)


def pose_beside(points: NDArray[np.floating], up: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the pose (4, 4) of a camera that looks at points (n, 3) obliquely from above.

    Args:
        points: Metres, at least one.
        up: (3,) unit vector against gravity.
    """
    z = (frames_along(up)[:, 0] - up) / np.sqrt(2)
    x = np.cross(z, up)
    x /= np.linalg.norm(x)
    rotation = np.column_stack([x, np.cross(z, x), z])
    return pose_matrix(np.median(points, axis=0) - _DISTANCE * z, rotation)
