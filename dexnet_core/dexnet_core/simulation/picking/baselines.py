"""Baseline planners with the common planner interface, for comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from dexnet_core.planning.grasp import Grasp, GraspPlan, PlanStatus, StageTimes
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.gripper_files import Gripper
from dexnet_core.planning.observation import Observation
from dexnet_core.planning.perception.segment import SegmentedImage
from dexnet_core.planning.planners.approach import main_approach
from dexnet_core.planning.planners.approach_views import view_along
from dexnet_core.planning.planners.empty_plans import nothing_to_grasp
from dexnet_core.planning.planners.segmented_scene import segment_scene
from dexnet_core.planning.planners.settings import PlannerSettings
from dexnet_core.simulation.picking.antipodal_edges import antipodal_edges
from dexnet_core.simulation.picking.suction_baselines import (
    flattest_patch,
    highest_flat_patch,
    random_place,
)
import numpy as np

Choose = Callable[[SegmentedImage, np.random.Generator], 'Grasp | None']


class BaselinePlanner:
    """Planner that selects one grasp in a view along the main approach; deterministic.

    Attributes:
        settings: Common planner settings.
        model: Name of the baseline.
    """

    def __init__(self, name: str, choose: Choose, settings: PlannerSettings | None = None) -> None:
        self.model = name
        self.settings = settings or PlannerSettings()
        self._choose = choose

    def with_settings(self, settings: PlannerSettings) -> BaselinePlanner:
        """Return a copy with other settings."""
        return BaselinePlanner(self.model, self._choose, settings)

    def plan(self, observation: Observation) -> GraspPlan:
        """Return a plan with one grasp or without grasps."""
        scene = segment_scene(observation, self.settings)
        if not scene.has_objects:
            return nothing_to_grasp(scene, self.settings, self.model, StageTimes())
        approach = main_approach(scene, self.settings)
        view = view_along(scene, approach.direction)
        seed = int(np.abs(scene.cloud.points[::97]).sum(dtype=float) * 1e6) % 2**32
        grasp = self._choose(view.segmented, np.random.default_rng(seed))
        grasps = () if grasp is None else (grasp.moved(view.T_frame_view),)
        status = PlanStatus.OK if grasps else PlanStatus.NO_CANDIDATE
        none = np.empty((0, 0), np.float32)
        return GraspPlan(grasps, status, '' if grasps else 'nothing found', none, self.model)


def baselines_for(gripper: Gripper) -> Mapping[str, BaselinePlanner]:
    """Return the baselines of a gripper by name."""
    if isinstance(gripper, SuctionCup):
        choices = {
            'highest flat': partial(highest_flat_patch, gripper),
            'flattest': partial(flattest_patch, gripper),
            'random': partial(random_place, gripper),
        }
    else:
        choices = {'antipodal edges': partial(antipodal_edges, gripper)}
    return {name: BaselinePlanner(name, choose) for name, choose in choices.items()}
