"""Grasps carried out in physics end as they would on a table."""

from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.simulation.picking.cup_hand import CupHand
from dexnet_core.simulation.picking.jaw_hand import JawHand
from dexnet_core.simulation.picking.outcome import Reason
from dexnet_core.simulation.picking.random_grippers import (
    CupRange,
    JawRange,
    random_cup,
    random_jaw,
)
from dexnet_core.simulation.picking.world import DivergedError, PhysicsSettings, World
import numpy as np
import pytest
from tiny_picking import box, from_above, scene_of

CUBE = (0.04, 0.04, 0.04)
OPEN = 0.07


def jaw_outcome(pose, *items, gripper=None, opening=OPEN, settings=None):
    hand = JawHand(gripper or JawGripper())
    world = World(scene_of(*items or (box(CUBE),)), hand.add_to, settings)
    world.settle()
    return hand.pick(world, pose, opening), world


def cup_outcome(pose, *items, cup=None, settings=None):
    hand = CupHand(cup or SuctionCup())
    world = World(scene_of(*items or (box(CUBE),)), hand.add_to, settings)
    world.settle()
    return hand.pick(world, pose), world


@pytest.mark.parametrize('turn', [0.0, np.pi / 2])
def test_a_cube_held_in_its_middle_is_lifted(turn):
    outcome, world = jaw_outcome(from_above(height=0.012, turn=turn))
    assert outcome.success
    assert (outcome.reason, outcome.held) == (Reason.HELD, 0)
    assert outcome.pushed < 0.002
    assert world.pose(0)[2, 3] > 0.02 + 0.08


@pytest.mark.parametrize(
    ('change', 'reason'),
    [
        ({'height': 0.06}, Reason.MISSED),  # 20 mm over the cube
        ({'height': 0.012, 'x': 0.15}, Reason.MISSED),
        ({'height': -0.02}, Reason.BLOCKED),  # into the table
        ({'height': 0.012, 'x': 0.03}, Reason.BLOCKED),  # a finger onto the cube
        ({'height': 0.012, 'turn': np.pi / 4, 'x': 0.02, 'y': 0.02}, Reason.BLOCKED),
    ],
)
def test_a_jaw_beside_over_or_too_deep_lifts_nothing(change, reason):
    outcome, _ = jaw_outcome(from_above(**change))
    assert (outcome.reason, outcome.held, outcome.success) == (reason, None, False)


def test_a_jaw_that_opens_less_than_the_cube_is_blocked():
    for gripper, opening in ((None, 0.03), (JawGripper(max_opening=0.03), OPEN)):
        outcome, _ = jaw_outcome(from_above(height=0.012), gripper=gripper, opening=opening)
        assert outcome.reason is Reason.BLOCKED
        assert outcome.force > 30


def test_the_palm_is_blocked_by_what_is_higher_than_the_fingers_are_long():
    tower = box((0.04, 0.04, 0.12), x=0.06)
    pose, around = from_above(height=0.012, turn=np.pi / 2), (box(CUBE), tower)
    slim = JawGripper(palm_thickness=0.02)
    assert jaw_outcome(pose, *around)[0].reason is Reason.HELD
    thick = JawGripper(palm_thickness=0.11)
    assert jaw_outcome(pose, *around, gripper=thick)[0].reason is Reason.BLOCKED
    assert jaw_outcome(pose, *around, gripper=slim)[0].reason is Reason.HELD


def test_what_is_too_heavy_for_the_pads_slips():
    heavy = PhysicsSettings(friction=0.3, mass=(6.0,))
    outcome, _ = jaw_outcome(from_above(height=0.012), settings=heavy)
    assert outcome.reason in (Reason.SLIPPED, Reason.DROPPED)


def test_a_cup_on_the_top_lifts_the_cube():
    outcome, world = cup_outcome(from_above(height=0.04))
    assert (outcome.reason, outcome.held) == (Reason.HELD, 0)
    assert world.pose(0)[2, 3] > 0.02 + 0.08


@pytest.mark.parametrize(
    ('change', 'reason'),
    [
        ({'x': 0.018}, Reason.LEAKED),  # half the lip over the edge
        ({'tilt': 0.6}, Reason.LEAKED),
        ({'x': 0.1, 'height': 0.0}, Reason.MISSED),  # the table
        ({'height': 0.09}, Reason.MISSED),  # out of reach
    ],
)
def test_a_cup_on_an_edge_leaning_or_off_the_object_lifts_nothing(change, reason):
    outcome, _ = cup_outcome(from_above(**{'height': 0.04, **change}))
    assert (outcome.reason, outcome.held) == (reason, None)


def test_the_body_of_a_cup_is_blocked_by_a_wall_beside_it():
    around = box(CUBE), box((0.02, 0.1, 0.1), x=0.0325)
    wide = SuctionCup(body_radius=0.02)
    pose = from_above(x=0.008, height=0.04)
    assert cup_outcome(pose, *around)[0].reason is Reason.HELD
    assert cup_outcome(pose, *around, cup=wide)[0].reason is Reason.BLOCKED


def test_what_is_too_heavy_or_held_at_its_end_comes_off():
    heavy, light = PhysicsSettings(mass=(2.0,)), PhysicsSettings(mass=(0.15,))
    outcome, _ = cup_outcome(from_above(height=0.04), settings=heavy)
    assert outcome.reason is Reason.PULLED
    bar = box((0.20, 0.03, 0.02))
    for x, reason in ((0.085, Reason.PEELED), (0.0, Reason.HELD)):
        outcome, _ = cup_outcome(from_above(x=x, height=0.02), bar, settings=light)
        assert outcome.reason is reason


def test_equal_grasps_end_equally_and_objects_go_back_where_they_rested():
    hand, pose = JawHand(JawGripper()), from_above(height=0.012, x=0.004)
    world = World(scene_of(box(CUBE), box(CUBE, x=0.2)), hand.add_to)
    world.settle()
    before = [world.pose(k) for k in world.present]
    outcomes = []
    for _ in range(2):
        world.reset()
        np.testing.assert_array_equal([world.pose(k) for k in world.present], before)
        outcomes.append(hand.pick(world, pose, OPEN))
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize('kind', ['jaw', 'cup'])
def test_what_was_removed_is_gone_and_the_others_keep_their_numbers(kind):
    hand = JawHand(JawGripper()) if kind == 'jaw' else CupHand(SuctionCup())
    world = World(scene_of(box(CUBE), box(CUBE, x=0.2)), hand.add_to)
    world.settle()
    world.remove(0)
    assert world.present == (1,)
    assert len(world.scene().objects) == 1
    pose = from_above(x=0.2, height=0.012 if kind == 'jaw' else 0.04)
    outcome = hand.pick(world, pose, OPEN) if kind == 'jaw' else hand.pick(world, pose)
    assert outcome.held == 1
    hand.retract(world)
    world.settle(1.0)
    assert world.pose(1)[2, 3] == pytest.approx(0.02, abs=0.002)
    assert world.lost() == []


def test_random_grippers_are_within_their_ranges_and_some_are_usual():
    rng = np.random.default_rng(0)
    jaws = [random_jaw(JawRange(), rng) for _ in range(100)]
    cups = [random_cup(CupRange(), rng) for _ in range(100)]
    assert 20 < sum(jaw == JawGripper() for jaw in jaws) < 50
    assert 25 < sum(cup == SuctionCup() for cup in cups) < 55
    for drawn, name, (least, most) in (
        (jaws, 'max_opening', JawRange.max_opening),
        (jaws, 'finger_length', JawRange.finger_length),
        (cups, 'radius', CupRange.radius),
        (cups, 'vacuum', CupRange.vacuum),
    ):
        values = [getattr(gripper, name) for gripper in drawn]
        assert least <= min(values) < max(values) <= most
    assert all(jaw.palm_width > jaw.max_opening + 2 * jaw.finger_thickness - 1e-9 for jaw in jaws)


def test_a_jaw_that_is_mounted_beside_gets_there_if_it_is_sent_the_other_way():
    beside, aside = JawGripper(offset_x=0.03), from_above(height=0.012, x=-0.03)
    assert jaw_outcome(aside, gripper=beside)[0].success
    assert not jaw_outcome(aside)[0].success
    assert not jaw_outcome(from_above(height=0.012), gripper=beside)[0].success


def test_a_world_that_diverged_says_so_and_is_usable_again():
    world = World(scene_of(box(CUBE), box(CUBE, x=0.2)), JawHand(JawGripper()).add_to)
    world.settle()
    world.remove(0)
    rest = world.pose(1)
    world.data.qvel[:] = np.nan
    with pytest.raises(DivergedError, match='not finite'):
        world.run(0.01)
    world.reset()
    world.run(0.01)
    np.testing.assert_allclose(world.pose(1), rest, atol=1e-3)
    assert np.abs(world.pose(0)[:3, 3]).max() > 1


def test_objects_that_diverge_while_they_settle_go_back_where_they_rested():
    world = World(scene_of(box(CUBE)), JawHand(JawGripper()).add_to)
    world.settle()
    rest = world.pose(0)
    world.data.qpos[:] = np.nan
    world.settle()
    np.testing.assert_array_equal(world.pose(0), rest)


@pytest.mark.parametrize('kind', ['jaw', 'cup'])
def test_a_pick_that_diverges_is_no_success(kind):
    hand = JawHand(JawGripper()) if kind == 'jaw' else CupHand(SuctionCup())
    world = World(scene_of(box(CUBE)), hand.add_to)
    world.settle()
    rest = world.pose(0)
    world.watch = lambda one: one.data.qvel.fill(np.nan)
    pose = from_above(height=0.012 if kind == 'jaw' else 0.04)
    outcome = hand.pick(world, pose, OPEN) if kind == 'jaw' else hand.pick(world, pose)
    assert outcome.reason is Reason.DIVERGED
    np.testing.assert_array_equal(world.pose(0), rest)
