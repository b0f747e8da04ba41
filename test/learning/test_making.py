"""A planner is made for a gripper, is killed, goes on, and gives the same networks."""

from dataclasses import replace
import json
import os
from pathlib import Path
import re
import subprocess
import sys
import time

import pytest

pytest.importorskip('torch', reason='torch is not here: ./setup.sh --with-train')
pytest.importorskip('onnx', reason='onnx is not here: ./setup.sh --with-train')
pytest.importorskip('mujoco', reason='MuJoCo is not here: ./setup.sh --with-train')

from dexnet_core.cli.main import main
from dexnet_core.datasets.views.stored_views import view_path
from dexnet_core.io.configuration import read_config
from dexnet_core.io.files.atomic import write_text
from dexnet_core.planning.contracts.evaluator_contracts import UNCHANGED
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.planners.loading import load_evaluator, load_jaw_planner
from dexnet_core.simulation.objects.grasp_object import grasp_object
from dexnet_core.simulation.scenes.camera_setup import CameraSetup
from dexnet_core.simulation.scenes.rendered_view import random_camera
from dexnet_core.simulation.scenes.scene import Scene, SceneObject
from dexnet_core.workflows.making import making_job, making_report, making_stages, speeds
from dexnet_core.workflows.making.budget import Plan, plan_of, planned
from dexnet_core.workflows.making.making_config import Amounts, MakeConfig
from dexnet_core.workflows.making.making_job import make, plan_making
from dexnet_core.workflows.making.making_recipes import scene_sets, trial_labeller
from dexnet_core.workflows.making.making_report import write_make_report
from dexnet_core.workflows.making.making_stages import Limits
from dexnet_core.workflows.making.pick_comparison import job_of
from dexnet_core.workflows.making.speeds import NO_TIME, Speeds
from dexnet_core.workflows.making.working_time import TimeIsUpError, Work
import numpy as np
from tiny_choice import candidate, loss
import trimesh
import yaml

WSG50 = Path(__file__).parents[2] / 'config' / 'grippers' / 'wsg50.yaml'
TINY = 'train_scenes: 3\nval_scenes: 1\nepochs: 2\nrounds: 1\nview_scenes: 1\nview_epochs: 1\n'

SPEEDS = Speeds(scene=2.0, sample=0.1, round=20.0, view=2.0, view_sample=0.2, objects=60.0)
NETWORKS = 'proposal network', 'evaluator'


def quietly(seconds, what):
    """Show nothing."""


@pytest.fixture
def command(tmp_path):
    """The arguments of a tiny run in a folder."""
    (tmp_path / 'tiny.yaml').write_text(TINY)
    amounts = ['--amounts', str(tmp_path / 'tiny.yaml'), '--proposals']
    options = ['--gripper', str(WSG50), *amounts, '--workers', '1']
    return lambda out: ['make', 'jaw', *options, '--out', str(out)]


def started(arguments):
    """Run the command in a process of one thread; sums depend on how many there are."""
    program = [sys.executable, '-m', 'dexnet_core.cli.main', *arguments]
    return subprocess.Popen(
        program,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, 'OMP_NUM_THREADS': '1'},
    )


def killed(arguments, made):
    """Run the command and kill it as soon as a file of the folder is there."""
    process = started(arguments)
    while process.poll() is None and not made():
        time.sleep(0.02)
    process.kill()
    process.communicate()


def test_a_run_that_was_killed_twice_gives_the_same_networks(command, tmp_path):
    whole, torn = tmp_path / 'whole', tmp_path / 'torn'
    report, _ = started(command(whole)).communicate()
    killed(command(torn), lambda: (torn / 'runs' / 'proposals' / 'last.pt').exists())
    assert not (torn / 'proposer').exists()
    killed(command(torn), lambda: any(torn.glob('trials/objects/views/train/*.npz')))
    killed(command(torn), lambda: (torn / 'runs' / 'evaluator' / 'last.pt').exists())
    assert not (torn / 'model').exists()
    killed(command(torn), lambda: (torn / 'model' / 'proposals.onnx').exists())
    for name in ('proposals_1.00', 'proposals_0.25', 'evaluator_1.00', 'evaluator_0.50'):
        made = Path('runs', f'{name}.onnx')
        assert (whole / made).read_bytes() == (torn / made).read_bytes()
    for name in ('evaluator.onnx', 'proposals.onnx'):
        assert (whole / 'model' / name).read_bytes() == (torn / 'model' / name).read_bytes()
    assert load_evaluator(whole / 'runs' / 'evaluator_1.00.onnx').contract.calibration != UNCHANGED
    assert 'Schunk WSG 50-110' in report
    assert '| objects, pile | shipped | 1 |' in report
    is_compared = '| objects, bin | made | 1 |' in report
    assert is_compared == any(f'The {name} is new' in report for name in NETWORKS)
    for linked in re.findall(r'!\[[^]]*\]\(([^)]+)\)', (whole / 'report.md').read_text()):
        assert (whole / linked).exists()
    assert load_jaw_planner(whole / 'model')
    node = (whole / 'node.yaml').read_text()
    assert f"gripper: '{whole / 'gripper.yaml'}'" in node


def test_a_folder_of_another_gripper_is_refused(command, tmp_path, capsys):
    config = MakeConfig('jaw', JawGripper(), amounts=Amounts(3, 1, 2, 1))
    plan_making(config, tmp_path / 'out', 1.0, 1, Work(tmp_path / 'out', quietly))
    assert main(command(tmp_path / 'out')) == 2
    assert 'was begun with another configuration' in capsys.readouterr().err


def test_the_hours_are_shared_out_by_what_was_measured():
    plan = planned(SPEEDS, 3600, proposals=False)
    assert 0.85 * 3600 < plan.seconds < 3600
    assert plan.trials + plan.training == pytest.approx(0.7 * 3600, rel=0.05)
    assert plan.picks == pytest.approx(0.25 * 3600, rel=0.1)
    assert (plan.views, plan.proposals) == (0, 0)
    assert planned(SPEEDS, 1e6, proposals=False).amounts == Amounts(2400, 200, 32, 40)
    assert plan_of(plan.amounts, NO_TIME).seconds == 0


def test_few_scenes_are_not_trained_on_many_times():
    amounts = planned(replace(SPEEDS, scene=20.0, sample=0.001), 3600, proposals=False).amounts
    assert amounts.train_scenes < 120
    assert amounts.epochs <= 4


def test_proposals_take_a_share_of_the_hours():
    plan = planned(SPEEDS, 3600, proposals=True)
    assert 0.85 * 3600 < plan.seconds < 3600
    assert plan.views + plan.proposals == pytest.approx(0.24 * 3600, rel=0.1)
    assert planned(SPEEDS, 1e6, proposals=True).amounts == Amounts(2400, 200, 32, 40, 1200, 16)
    limits = Limits.of(plan, 4000)
    assert limits.training == 4000 - plan.picks
    assert limits.views == pytest.approx(4000 - (plan.seconds - plan.views))


@pytest.mark.parametrize('proposals', [False, True])
def test_hours_that_do_not_suffice_are_refused_with_those_that_do(proposals):
    with pytest.raises(
        ValueError, match=r'0\.05 hours are left, expected at least (\d\.\d\d)'
    ) as said:
        planned(SPEEDS, 180, proposals)
    least = float(said.value.args[0].split('at least ')[1].split(':')[0])
    amounts = planned(SPEEDS, (least + 0.01) * 3600, proposals).amounts
    assert amounts.train_scenes >= 24
    assert (amounts.view_scenes >= 24) == proposals


def test_amounts_have_views_where_proposals_are_trained():
    for proposals, amounts in ((True, Amounts(3, 1, 2, 1)), (False, Amounts(3, 1, 2, 1, 3, 1))):
        with pytest.raises(ValueError, match=r'view_scenes and .* view_epochs, expected'):
            MakeConfig('jaw', JawGripper(), proposals=proposals, amounts=amounts)


def test_the_camera_of_the_cell_sees_trials_and_picks(tmp_path):
    (tmp_path / 'camera.yaml').write_text(
        'width: 320\nheight: 200\nfx: 300\nfy: 301\ncx: 159\ncy: 99\n'
        'distance: [0.5, 0.6]\ntilt: [0.1, 0.2]\nnoise: [0.1, 0.3]\nstereo: 0\n'
    )
    camera = read_config(CameraSetup, tmp_path / 'camera.yaml')
    config = MakeConfig('jaw', JawGripper(), camera)
    made = trial_labeller(config, scene_sets(config)[0], (30, 3)).config
    thing = grasp_object('box', [trimesh.creation.box((0.05, 0.05, 0.05))])
    scene = Scene((SceneObject(thing, np.eye(4)),))
    for seed in range(20):
        seen, T_world_camera = random_camera(scene, made.views, np.random.default_rng(seed))
        assert seen == camera.intrinsics
        assert 0.1 <= np.arccos(-T_world_camera[2, 2]) <= 0.2
    assert (made.strength, made.stereo) == ((0.1, 0.3), 0)
    picking = job_of(config, tmp_path, 'made', 'objects', 3).picking
    assert (picking.camera, picking.distance) == (camera.intrinsics, (0.5, 0.6))
    assert picking.tilt == (0.1, 0.2)
    assert picking.strength == pytest.approx(0.2)


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        ({'fx': 0}, 'fx is 0'),
        ({'distance': (0.6, 0.5)}, 'distance'),
        ({'noise': (0.1, 2.0)}, 'noise is'),
        ({'tilt': (0.1, 1.6)}, 'tilt'),
    ],
)
def test_no_cell_has_such_a_camera(change, said):
    usual = {'width': 320, 'height': 200, 'fx': 300.0, 'fy': 300.0, 'cx': 160.0, 'cy': 100.0}
    with pytest.raises(ValueError, match=said):
        CameraSetup(**{**usual, **change})


def test_time_is_counted_over_sessions_and_ends_a_stage(tmp_path):
    (tmp_path / 'spent.json').write_text(json.dumps({'seconds': 100.0}))
    work = Work(tmp_path, quietly)
    work.stage('one', 200.0)
    assert list(work.progress([1, 2], 'things', 2)) == [1, 2]
    work.stage('two', 99.0)
    with pytest.raises(TimeIsUpError):
        list(work.progress([1, 2], 'things', 2))
    (tmp_path / 'spent.json').write_text('torn')
    assert Work(tmp_path, quietly).spent == 0


def test_a_measurement_that_was_killed_begins_anew(tmp_path, monkeypatch):
    begun = []

    def generate(labeller, data, workers, progress):
        begun.append(data.exists())
        data.mkdir(parents=True)
        list(progress(range(3), 'scenes', 3))

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(speeds, 'generate', generate)
    monkeypatch.setattr(speeds, 'train_on_trials', killed)
    config = MakeConfig('jaw', JawGripper())
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            speeds.measured_speeds(config, tmp_path, 1, Work(tmp_path, quietly))
    assert begun == [False, False], 'trials that are there already take no time'


@pytest.fixture
def timed(monkeypatch):
    """A config whose trials and training only write a file, and the calls of both."""
    calls = []

    def generate(labeller, data, workers, progress):
        calls.append(data.name)
        if labeller.config.val_scenes:
            write_text(view_path(data, 'val', 0, 0), '')
        for _ in progress(range(2), 'scenes', 2):
            write_text(view_path(data, 'train', 0, 0), '')

    def train(job, progress):
        calls.append(f'train with {len(job.data)}')
        list(progress(range(2), 'steps', 2))

    monkeypatch.setattr(making_stages, 'generate', generate)
    monkeypatch.setattr(making_stages, 'train_on_trials', train)
    monkeypatch.setattr(making_stages, 'choose_evaluator', lambda *_: loss(candidate(0, 0.3)))
    monkeypatch.setattr(making_job, 'pick_rounds', lambda *_: [])
    monkeypatch.setattr(making_job, 'write_make_report', lambda *_: 'report')
    return MakeConfig('jaw', JawGripper(), meshes=Path('parts')), calls


def made_in(root, config, hours):
    """Make in a folder whose trials take half an hour and all that follows none."""
    plan = Plan(Amounts(3, 1, 2, 1), 0.0, 0.0, 1800.0, 0.0, 0.0)
    return make(config, root, plan, hours, 1, Work(root, quietly))


def test_stages_whose_time_was_up_stay_as_they_are_with_more_time(timed, tmp_path):
    config, calls = timed
    write_text(tmp_path / 'spent.json', '{"seconds": 4000}')
    assert made_in(tmp_path, config, 1.0) == 'report'
    assert calls == ['parts', 'train with 1']
    assert made_in(tmp_path, config, 9.0) == 'report'
    assert calls == ['parts', 'train with 1']


def test_without_time_for_trials_more_hours_are_asked_for(timed, tmp_path, monkeypatch):
    config, _ = timed
    monkeypatch.setattr(making_stages, 'generate', lambda *_: list(_[-1](range(2), 'scenes', 2)))
    write_text(tmp_path / 'spent.json', '{"seconds": 4000}')
    with pytest.raises(ValueError, match='no trials to train with, expected more --hours'):
        made_in(tmp_path, config, 1.0)


def test_a_full_disk_is_told_before_anything_is_made(tmp_path, monkeypatch):
    usage = type('Usage', (), {'free': 10e6})
    monkeypatch.setattr('shutil.disk_usage', lambda path: usage)
    config = MakeConfig('jaw', JawGripper(), amounts=Amounts(100, 10, 1, 1))
    with pytest.raises(OSError, match='has 10 MB free, expected at least 83'):
        plan_making(config, tmp_path, 1.0, 1, Work(tmp_path, quietly))


def test_a_report_tells_what_there_was_time_for(tmp_path, monkeypatch):
    monkeypatch.setattr(making_report, 'report_picks', lambda *_: '# picks')
    root = tmp_path / "joe's cell"
    for number in range(3):
        write_text(view_path(root / 'trials' / 'objects', 'train', number // 2, number), '')
    config, amounts = MakeConfig('jaw', JawGripper()), Amounts(30, 2, 5, 4)
    text = write_make_report(config, root, amounts, [loss(candidate(0, 0.3))], [])
    assert '| scenes with trials | 2 of 30 |' in text
    assert '| epochs over trials | 0 of 5 |' in text
    assert '| training starts from | the shipped weights |' in text
    assert 'labelled views' not in text
    assert 'there was no time for training' in text
    assert 'curves.png' not in text
    node = yaml.safe_load((root / 'node.yaml').read_text())
    assert node['/**']['ros__parameters']['model'] == str(root / 'model')


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        (['--hours', '0'], '--hours is 0.0'),
        (['--hours', 'nan'], '--hours is nan'),
        (['--workers', '0'], '--workers 0'),
        (['--gripper', 'cup_15mm.yaml'], "type 'suction_cup', expected parallel_jaw"),
        (['--meshes', 'nowhere'], 'nowhere'),
        (['--noise-from', 'nowhere'], '--noise-from needs --camera'),
    ],
)
def test_what_cannot_be_made_is_one_line(options, said, command, tmp_path, capsys):
    options = [str(WSG50.with_name(o)) if o.endswith('.yaml') else o for o in options]
    assert main([*command(tmp_path / 'out'), *options]) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert said in error[-1]
