"""Picks of a robot become the trials that its evaluator would have seen."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('torch', reason='torch is not here: ./setup.sh --with-train')

from dexnet_core.cli.arguments import USER_ERROR
from dexnet_core.cli.main import main
from dexnet_core.datasets.trials.own_trials import trials_of_pick, write_own_trials
from dexnet_core.datasets.trials.trial_samples import trial_inputs
from dexnet_core.io.picks.tried_pick import Offered, Pick, write_pick
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
from own_picks import CAMERA, Kind


@pytest.fixture(scope='module', params=['jaw', 'suction'])
def kind(request):
    return Kind(request.param)


@pytest.mark.parametrize('tilt', [0.0, 0.7])
def test_the_evaluator_says_of_a_pick_what_the_planner_said(kind, tmp_path, tilt):
    picks, grasps = kind.picks(tilt, 'down')
    named = [(str(k), pick) for k, pick in enumerate(picks)]
    made = write_own_trials(tmp_path, named, kind.finder)
    assert len(made.paths) == len(grasps) > 0
    assert made.left_out == {}
    inputs = [trial_inputs(path, kind.evaluator.contract) for path in made.paths]
    scores = [kind.evaluator.run(one.patches, one.context)[0] for one in inputs]
    assert np.median(np.abs(scores - np.array([grasp.score for grasp in grasps]))) < 0.01
    assert [bool(one.held[0]) for one in inputs] == [pick.held for pick in picks]
    assert all(np.isnan(one.quality).all() for one in inputs), 'no label is made up'


def test_the_command_writes_trials_of_a_log(kind, tmp_path, capsys):
    picks, _ = kind.picks(0.0, 'down')
    for k, pick in enumerate([*picks, replace(picks[0], held=None)]):
        write_pick(tmp_path / 'log' / f'{k:03d}.npz', pick)
    command = ['generate', f'{kind.name}-trials', '--real', str(tmp_path / 'log')]
    out = str(tmp_path / 'trials')
    assert main([*command, '--out', out]) == 0
    said = f'{len(picks)} trials; 1 picks without an outcome left out'
    assert said in capsys.readouterr().out
    assert main([*command, '--out', out]) == USER_ERROR
    assert 'expected an empty folder' in capsys.readouterr().err
    assert main([*command, '--out', out, '--seed', '1']) == USER_ERROR
    assert '--seed is for' in capsys.readouterr().err


def test_picks_of_one_image_are_told_apart_from_those_of_others(kind, tmp_path):
    (one, *_), _ = kind.picks(0.0, 'down')
    (other, *_), _ = kind.picks(0.7, 'down')
    named = [('a', one), ('b', other), ('c', replace(one, held=True))]
    first, second, third = write_own_trials(tmp_path, named, kind.finder).images
    assert first == third != second


def test_what_cannot_be_learnt_from_is_counted(kind, tmp_path):
    (pick, *_), _ = kind.picks(0.0, 'down')
    other = SuctionCup() if kind.name == 'jaw' else JawGripper()
    empty = replace(pick.seen, mask=np.zeros(CAMERA.shape, bool))
    picks = [replace(pick, held=None), replace(pick, gripper=other), replace(pick, seen=empty)]
    made = write_own_trials(tmp_path, [('', one) for one in picks], kind.finder)
    assert made.paths == []
    assert sorted(made.left_out.values()) == [1, 1, 1]


def test_a_pick_of_somebody_else_is_enough(kind):
    """Neither depth, score nor settings are known, and the roll of a cup is any."""
    (pick, *_), (grasp, *_) = kind.picks(0.0, 'down')
    known = trials_of_pick(pick, kind.finder)
    unknown = np.full(1, np.nan)
    pose = grasp.T_camera_grasp
    if kind.name == 'suction':
        pose = pose @ np.diag([-1.0, -1.0, 1.0, 1.0])
    offered = Offered(pose[None], np.array([grasp.width]), unknown, unknown)
    got = trials_of_pick(Pick(pick.seen, pick.gripper, offered, 0, pick.held), kind.finder)
    if kind.name == 'suction':
        assert got.contacts.poses == pytest.approx(known.contacts.poses)
        assert got.contacts.proposed == pytest.approx(known.contacts.proposed)
    else:
        assert got.placed.middles == pytest.approx(known.placed.middles)
        assert got.placed.offsets == pytest.approx(known.placed.offsets, abs=0.003)
        assert got.placed.scores == pytest.approx(known.placed.scores, abs=0.1)


def test_a_jaw_that_leans_is_seen_along_its_own_approach():
    kind = Kind('jaw')
    (pick, *_), _ = kind.picks(0.0, 'down')
    c, s = np.cos(0.08), np.sin(0.08)
    lean = np.array([[c, 0, s, 0], [0, 1, 0, 0], [-s, 0, c, 0], [0, 0, 0, 1]])
    poses = pick.offered.poses @ lean
    leaning = replace(pick, offered=pick.offered._replace(poses=poses))
    down = trials_of_pick(leaning, kind.finder).down
    assert np.degrees(np.arccos(down[2])) == pytest.approx(np.degrees(0.08), abs=0.1)
