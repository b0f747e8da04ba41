"""Plans for scenes without objects, with the reason and a remedy."""

from __future__ import annotations

from dexnet_core.planning.grasp import GraspPlan, PlanStatus, StageTimes
from dexnet_core.planning.graspnet.cloud import usable_points
from dexnet_core.planning.observation import Observation
from dexnet_core.planning.planners.segmented_scene import SegmentedScene
from dexnet_core.planning.planners.settings import PlannerSettings
import numpy as np
from numpy.typing import NDArray

_PERCENTILES = (5, 95)
"""Percentiles of the distances in messages; cameras measure some outliers."""


def nothing_to_grasp(
    scene: SegmentedScene, settings: PlannerSettings, model: str, times: StageTimes
) -> GraspPlan:
    """Return the plan for a scene without objects."""
    status, message = _reason(scene, settings)
    shape = scene.observation.shape if scene.observation.is_image else (0, 0)
    return GraspPlan((), status, message, np.full(shape, np.nan, np.float32), model, times)


def _reason(scene: SegmentedScene, settings: PlannerSettings) -> tuple[PlanStatus, str]:
    if not scene.seen:
        return PlanStatus.NO_DEPTH, _unseen(scene.observation, settings)
    allowed = scene.observation.allowed
    if allowed is None:
        return PlanStatus.NO_OBJECT, (
            'no object: only the support plane was seen; if it is an object itself, set support '
            'to none, or to known with its support_distance'
        )
    if allowed.any():
        return PlanStatus.NO_DEPTH, (
            'nothing was measured in the workspace where the mask is: does the mask belong to '
            'this image?'
        )
    return PlanStatus.NO_OBJECT, (
        'no object: nothing may be grasped: the mask is zero everywhere, or in the region'
    )


def _unseen(observation: Observation, settings: PlannerSettings) -> str:
    """Return why nothing is in the workspace, with the distances that were measured."""
    distances = _distances(observation)
    if not distances.size:
        return f'nothing was measured: the {_what(observation)} is empty'
    least, most = np.percentile(distances, _PERCENTILES)
    near, far = settings.min_depth, settings.max_depth
    got = f'nothing was measured in the workspace ({near} to {far} m)'
    measured = f'the measured points are {least:.3g} to {most:.3g} m away'
    if most < near or least > far:
        return f'{got}: {measured}; is the unit right (depth_scale), or min_depth or max_depth?'
    return f'{got}: {measured}, but not within min_x to max_x and min_y to max_y'


def _distances(observation: Observation) -> NDArray[np.floating]:
    """Return (n,) distances in metres of all measured points, along the axis if it is known."""
    if observation.depth is not None:
        return observation.depth[observation.depth > 0]
    points = usable_points(observation.cloud)
    if observation.axis is None:
        lengths: NDArray[np.floating] = np.linalg.norm(points, axis=1)
        return lengths
    return points @ observation.axis


def _what(observation: Observation) -> str:
    return 'depth image' if observation.is_image else 'cloud'
