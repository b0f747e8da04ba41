"""Rounds of picking end as they should, and the same planner sees the same scenes."""

from dataclasses import asdict, replace
import json

from dexnet_core.planning.grasp import GraspPlan, PlanStatus
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.simulation.picking.baselines import baselines_for
from dexnet_core.simulation.picking.outcome import Reason
from dexnet_core.simulation.picking.pick_config import PickConfig
from dexnet_core.simulation.picking.pick_job import read_rounds
from dexnet_core.simulation.picking.round_records import (
    CLEARED,
    FAILED,
    GAVE_UP,
    NOTHING_FOUND,
)
from dexnet_core.simulation.picking.rounds import Picker
import numpy as np
import pytest
from tiny_picking import box

CONFIG = PickConfig(rounds=1, strength=0.1, heap=(2, 2))
CUBES = [box((0.05, 0.05, side)).object for side in (0.03, 0.04)]


class Hovers:
    """A planner that repeats the first answer of another, far over the objects."""

    model = 'hovers 1'

    def __init__(self, reach=0.2):
        self._inner = baselines_for(SuctionCup())['highest flat']
        self.reach, self.avoided = reach, []

    def plan(self, observation):
        self.avoided.append(observation.avoid)
        plan = self._inner.plan(observation)
        T = plan.grasps[0].T_camera_grasp.copy()
        T[:3, 3] -= self.reach * T[:3, 2]
        return replace(plan, grasps=(replace(plan.grasps[0], T_camera_grasp=T),))


class FindsNothing:
    model = 'blind 1'

    def plan(self, observation):
        none = np.empty((0, 0), np.float32)
        return GraspPlan((), PlanStatus.NO_CANDIDATE, 'none', none, self.model)


def play(planner, kind='single', config=CONFIG, **options):
    picker = Picker(config, CUBES, SuctionCup())
    (played,) = picker.run({'it': planner}, kind, 0, **options)
    return played


@pytest.mark.parametrize(('kind', 'objects'), [('single', 1), ('packed', 2), ('pile', 2)])
def test_a_planner_of_flat_places_picks_cubes_until_none_is_left(kind, objects):
    played = play(baselines_for(SuctionCup())['highest flat'], kind)
    assert (played.end, played.picked, played.objects) == (CLEARED, objects, objects)
    assert [attempt.objects_before for attempt in played.attempts if attempt.success][-1] == 1
    assert all(attempt.tilt < 0.3 for attempt in played.attempts if attempt.success)


def test_failures_in_a_row_end_a_round_and_their_places_are_told():
    planner = Hovers()
    played = play(planner)
    assert (played.end, played.picked) == (FAILED, 0)
    assert [attempt.reason for attempt in played.attempts] == [Reason.MISSED.value] * 2
    assert [len(places) for places in planner.avoided] == [0, 1]


def test_a_round_ends_after_three_attempts_per_object():
    played = play(Hovers(), config=replace(CONFIG, failures=10))
    assert (played.end, len(played.attempts)) == (GAVE_UP, 3)


def test_a_round_may_be_one_attempt():
    planner = baselines_for(SuctionCup())['highest flat']
    played = play(planner, 'pile', replace(CONFIG, attempts=1))
    assert (played.end, len(played.attempts)) == (GAVE_UP, 1)


def test_a_failure_does_not_change_the_noise_of_the_next_attempt():
    planners = {'misses': Hovers(), 'picks': baselines_for(SuctionCup())['highest flat']}
    seen = []
    Picker(CONFIG, CUBES, SuctionCup()).run(planners, 'packed', 0, watch=seen.append)
    second = {record.planner: record.depth for record in seen if record.attempt == 1}
    assert (second['misses'] == second['picks']).mean() > 0.8  # the table


def test_older_files_of_rounds_are_read(tmp_path):
    played = play(Hovers())
    text = json.dumps([asdict(played)])
    older = text.replace('"picked"', '"removed"').replace('"objects_before"', '"left"')
    assert older != text
    (tmp_path / 'old.json').write_text(older)
    assert read_rounds(tmp_path / 'old.json') == [played]


def test_a_planner_that_finds_nothing_ends_it_at_once():
    played = play(FindsNothing())
    assert (played.end, played.attempts) == (NOTHING_FOUND, ())


def test_equal_planners_have_equal_rounds():
    best = baselines_for(SuctionCup())['highest flat']
    played = Picker(CONFIG, CUBES, SuctionCup()).run({'a': best, 'b': best}, 'pile', 3)
    first, second = (
        [replace(attempt, planning_ms=0.0) for attempt in one.attempts] for one in played
    )
    assert first == second


def test_every_attempt_can_be_watched():
    seen, steps = [], []
    play(
        baselines_for(SuctionCup())['highest flat'],
        watch=seen.append,
        film=lambda world: steps.append(world),
    )
    assert [record.attempt for record in seen] == list(range(len(seen)))
    assert len(steps) > 50
    for record in seen:
        assert record.depth.shape == record.camera.shape
        assert record.outcome.reason in Reason


@pytest.mark.parametrize('known', [True, False])
@pytest.mark.parametrize(('view', 'least', 'most'), [('top', 0.0, 0.15), ('tilted', 0.7, 0.87)])
def test_the_camera_hangs_as_the_view_says_and_up_is_told_if_it_is_known(view, least, most, known):
    class Listens(FindsNothing):
        def plan(self, observation):
            self.up = observation.up
            return super().plan(observation)

    planner = Listens()
    play(planner, config=replace(CONFIG, view=view, up_known=known))
    if known:
        assert least <= np.arccos(-planner.up[2]) <= most
    else:
        assert planner.up is None


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        ({'scenes': ('heap',)}, 'scenes are'),
        ({'scenes': ()}, 'scenes are'),
        ({'view': 'below'}, "view is 'below'"),
        ({'rounds': 0}, 'rounds is 0'),
        ({'heap': (3, 2)}, 'heap is'),
        ({'strength': 1.5}, 'strength is'),
    ],
)
def test_what_cannot_be_picked_at_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        PickConfig(**change)
