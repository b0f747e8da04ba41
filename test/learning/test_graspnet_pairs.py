"""Antipodal pairs of points, which a GraspNet may evaluate beside its seeds."""

from dexnet_core.evaluation.graspnet_scenes import workspace_cloud
from dexnet_core.export.graspnet_files import write_graspnet
from dexnet_core.models.graspnet import GraspNet
from dexnet_core.models.graspnet_graphs import graph_modules
from dexnet_core.planning.graspnet.approach_directions import grasp_views
from dexnet_core.planning.graspnet.collision import obstacles_of
from dexnet_core.planning.graspnet.constants import GraspNetConstants
from dexnet_core.planning.graspnet.graspnet_contract import GraspNetContract
from dexnet_core.planning.planners.cloud_plan import roomy_pairs
from dexnet_core.planning.planners.loading import load_graspnet_planner
from dexnet_core.planning.planners.settings import GraspNetSettings
import numpy as np
import pytest
from tiny_benchmark import BOX, LYING, ROD, scene_of, seen, STANDING
from tiny_graspnet import TINY
import torch


@pytest.mark.parametrize('weight', [0.0, 0.5])
def test_pairs_are_planned_where_the_contract_says_so(tmp_path, weight):
    torch.manual_seed(0)
    constants = GraspNetConstants(maximum_width=0.05, pairs=weight)
    contract = GraspNetContract('tiny', '1', constants, TINY)
    write_graspnet(tmp_path / 'model', graph_modules(GraspNet(TINY).eval()), contract)
    settings = GraspNetSettings(min_score=0, max_grasps=100, spacing=0)
    planner = load_graspnet_planner(tmp_path / 'model', settings)
    cloud = workspace_cloud(*seen(scene_of((BOX, STANDING), (ROD, LYING))))
    grasps = planner.plan_points(cloud).grasps
    found = roomy_pairs(cloud, obstacles_of(cloud), settings, constants.maximum_width)
    assert len(found)
    assert np.append(found.widths, grasps.widths).max() <= constants.maximum_width
    assert roomy_pairs(cloud, obstacles_of(cloud), settings, 0.1).widths.max() > 0.05
    common = (grasps.points[:, None] == found.points).all(axis=2).any(axis=1)
    assert common.any() == bool(weight)
    raw = planner.plan_points(cloud, chosen=False).grasps
    assert not (raw.points[:, None] == found.points).all(axis=2).any()
    along = -raw.rotations[:, :, 0] @ grasp_views().T
    np.testing.assert_allclose(along.max(axis=1), 1, atol=1e-6)  # seeds know these views only
