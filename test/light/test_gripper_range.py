"""A gripper that no network learnt from is noted when its planner is loaded."""

import logging

from dexnet_core.planning.contracts.evaluator_contracts import CUP_SIZES, JAW_SIZES
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.gripper_files import read_gripper
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.planners.loading import (
    load_graspnet_planner,
    load_jaw_planner,
    load_suction_planner,
)
import pytest


@pytest.mark.parametrize('load', [load_jaw_planner, load_graspnet_planner])
@pytest.mark.parametrize('opening', [0.03, 0.04, 0.14, 0.15])
def test_a_jaw_beyond_the_learnt_openings_is_noted(load, opening, caplog):
    with caplog.at_level(logging.WARNING):
        load(gripper=JawGripper(max_opening=opening))
    is_known = JAW_SIZES[0] <= opening <= JAW_SIZES[1]
    assert is_known == (not caplog.messages)
    if not is_known:
        assert f'{opening:g} m, the network was trained with 0.04 to 0.14 m' in caplog.text
        assert 'dexnet make jaw' in caplog.text


@pytest.mark.parametrize('radius', [0.003, 0.004, 0.020, 0.025])
def test_a_cup_beyond_the_learnt_radii_is_noted(radius, caplog):
    with caplog.at_level(logging.WARNING):
        load_suction_planner(gripper=SuctionCup(radius=radius, body_radius=radius))
    is_known = CUP_SIZES[0] <= radius <= CUP_SIZES[1]
    assert is_known == (not caplog.messages)


def test_the_usual_gripper_is_not_noted(caplog):
    with caplog.at_level(logging.WARNING):
        load_jaw_planner()
        load_suction_planner()
    assert not caplog.messages


def test_of_the_shipped_files_only_the_smallest_cup_is_beyond(repo, caplog):
    with caplog.at_level(logging.WARNING):
        for path in sorted((repo / 'config' / 'grippers').glob('*.yaml')):
            is_cup = 'suction_cup' in path.read_text()
            load = load_suction_planner if is_cup else load_jaw_planner
            load(gripper=read_gripper(path, SuctionCup if is_cup else JawGripper))
    assert len(caplog.messages) == 1
    assert 'radius of the cup is 0.0025 m' in caplog.messages[0]
