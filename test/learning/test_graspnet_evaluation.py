"""Planners evaluated on a small set in the files of GraspNet-1Billion."""

from dataclasses import replace
import json

from dexnet_core.cli.main import main
from dexnet_core.datasets.graspnet_files.set_layout import Layout, SetIndex
from dexnet_core.datasets.graspnet_files.set_writer import write_index
from dexnet_core.evaluation import graspnet_scenes
from dexnet_core.evaluation.graspnet_baselines import antipodal_planner, random_planner
from dexnet_core.evaluation.graspnet_benchmark import (
    BenchmarkView,
    evaluate_grasps,
    FRICTIONS,
    TOP,
)
from dexnet_core.evaluation.graspnet_models import object_model
from dexnet_core.evaluation.graspnet_scenes import (
    evaluate_graspnet,
    evaluate_scene,
    GraspNetEvaluation,
    SceneScore,
    ViewScore,
    workspace_cloud,
)
from dexnet_core.evaluation.reports.graspnet_report import curves_of, metrics_of, report_graspnet
from dexnet_core.export.graspnet_files import write_graspnet
from dexnet_core.geometry.camera import deproject
from dexnet_core.geometry.transform import invert, transform_points
from dexnet_core.models.graspnet import GraspNet
from dexnet_core.models.graspnet_graphs import graph_modules
from dexnet_core.planning.grasp import PlanStatus
from dexnet_core.planning.graspnet.antipodal_pairs import antipodal_pairs, normals_of
from dexnet_core.planning.graspnet.approach_directions import grasp_rotations
from dexnet_core.planning.graspnet.constants import BASELINE
from dexnet_core.planning.graspnet.grasp_set import GraspSet
from dexnet_core.planning.graspnet.graspnet_contract import GraspNetContract
from dexnet_core.planning.graspnet.stages import Cylinders, GraspNetDesign, Level
from dexnet_core.planning.planners.graspnet_planner import CloudPlan, CloudTimes
from dexnet_core.planning.planners.settings import GraspNetSettings
import numpy as np
import pytest
from tiny_benchmark import BOX, LYING, ROD, scene_of, seen, STANDING, write_tiny_benchmark
import torch

SETTINGS = GraspNetEvaluation().settings


@pytest.fixture(scope='module')
def tiny(tmp_path_factory):
    return write_tiny_benchmark(tmp_path_factory.mktemp('set'))


class Oracle:
    """Answers with what it was told, whatever the cloud."""

    def __init__(self, grasps):
        self.grasps = grasps

    def plan_points(self, points):
        assert len(points)
        return CloudPlan(self.grasps, PlanStatus.OK, CloudTimes(None, 0.0))


def on_the_box(T_table_camera, width=0.06):
    """Five grasps of the box from above, in the frame of a camera."""
    T = invert(T_table_camera)
    down = grasp_rotations(np.array([0, 0, -1.0]), np.array(np.pi / 2))
    places = np.column_stack([np.zeros(5), np.linspace(-0.08, 0.08, 5), np.full(5, 0.06)])
    return GraspSet(
        np.arange(5.0),
        np.full(5, width),
        np.full(5, 0.02),
        np.tile(T[:3, :3] @ down, (5, 1, 1)),
        transform_points(T, places),
    )


def test_answers_are_evaluated_in_the_frame_of_their_view(tiny, monkeypatch):
    layout = tiny
    _, T = seen(scene_of((BOX, STANDING), (ROD, LYING)))
    planners = {'good': Oracle(on_the_box(T)), 'narrow': Oracle(on_the_box(T, 0.03))}
    monkeypatch.setattr(graspnet_scenes, '_planners', lambda _: planners)
    work = graspnet_scenes._Work(layout, None, GraspNetEvaluation(views=1))
    score = evaluate_scene(work, ('val', 2))
    (good,), (narrow,) = score.views['good'], score.views['narrow']
    assert (good.counted, good.colliding) == (5, 0)
    assert (narrow.counted, narrow.colliding) == (5, 5)
    np.testing.assert_array_equal(good.precision[:5], 1)
    assert not narrow.precision.any()
    both = evaluate_scene(work._replace(config=GraspNetEvaluation()), ('val', 2))
    assert len(both.views['good']) == 2
    assert not both.views['good'][1].precision.any()  # seen from elsewhere, these grasp air


def test_planners_are_given_the_box_around_the_objects(tiny):
    view, T = seen(scene_of((BOX, STANDING)))
    cloud = workspace_cloud(view, T)
    on_table = transform_points(T, cloud)
    assert (on_table.min(axis=0) > [-0.041, -0.121, -0.02]).all()
    assert (on_table.max(axis=0) < [0.041, 0.121, 0.081]).all()
    every = deproject(view.depth, view.camera).reshape(-1, 3)
    assert (view.instances > 0).sum() < len(cloud) < len(every)
    nothing = replace(view, instances=np.zeros_like(view.instances))
    assert workspace_cloud(nothing, T).shape == (0, 3)


def test_normals_of_a_sphere_point_outwards():
    rng = np.random.default_rng(0)
    outwards = rng.normal(size=(3000, 3))
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    outwards = outwards[outwards[:, 2] < -0.2]  # what a camera at the origin sees
    normals = normals_of(0.05 * outwards + [0, 0, 0.6])
    assert np.einsum('ni,ni->n', normals, outwards).min() > 0.9


def test_antipodal_pairs_hold_a_rod_and_chance_does_not():
    view, T = seen(scene_of((ROD, LYING)))
    points = workspace_cloud(view, T)
    truth = BenchmarkView((object_model(ROD),), view.T_camera_object, invert(T))
    found = evaluate_grasps(antipodal_planner(SETTINGS).plan_points(points).grasps, truth)
    assert len(found.grasps)
    assert (found.friction > 0).mean() > 0.6
    guessed = evaluate_grasps(random_planner(SETTINGS).plan_points(points).grasps, truth)
    assert (guessed.friction > 0).mean() < 0.4
    again = antipodal_planner(SETTINGS).plan_points(points).grasps
    np.testing.assert_array_equal(found.grasps.scores, again.scores[: len(found.grasps)])


def test_pairs_lie_between_the_fingertips():
    view, T = seen(scene_of((ROD, LYING)))
    grasps = antipodal_pairs(workspace_cloud(view, T).astype(float), np.random.default_rng(0))
    R = grasps.rotations
    np.testing.assert_allclose(
        R @ R.transpose(0, 2, 1), np.tile(np.eye(3), (len(R), 1, 1)), atol=1e-9
    )
    np.testing.assert_allclose(np.linalg.det(R), 1)
    assert (grasps.widths <= BASELINE.maximum_width).all()
    in_rod = transform_points(invert(view.T_camera_object[0]), grasps.tips())
    assert np.linalg.norm(in_rod[:, :2], axis=1).max() < 0.021  # midway between two of its points


@pytest.mark.parametrize('make', [antipodal_planner, random_planner])
def test_a_planner_that_finds_nothing_says_why(make):
    planner = make(SETTINGS)
    assert planner.plan_points(np.zeros((0, 3), np.float32)).status is PlanStatus.NO_DEPTH
    point = np.full((1, 3), 0.5, np.float32)
    plan = planner.plan_points(np.full((30, 3), np.nan, np.float32))
    assert (plan.status, len(plan.grasps)) == (PlanStatus.NO_DEPTH, 0)
    for few in (point, np.repeat(point, 50, axis=0)):
        assert planner.plan_points(few).status in (PlanStatus.NO_CANDIDATE, PlanStatus.OK)
    with pytest.raises(ValueError, match='millimetres'):
        planner.plan_points(np.full((9, 3), 700.0, np.float32))


def curve(*holds):
    """Precision of grasps that hold at all frictions or at none."""
    good = np.zeros(TOP)
    good[: len(holds)] = holds
    share = np.cumsum(good) / np.arange(1, TOP + 1)
    return np.tile(share[:, None], len(FRICTIONS))


def test_scenes_count_alike_however_many_views_they_have(tmp_path):
    one = SceneScore('val', 0, {'network': (ViewScore(np.ones((TOP, 6)), 50, 0),)})
    views = tuple(ViewScore(curve(0, 1), 2, 1) for _ in range(3))
    other = SceneScore('val', 1, {'network': views})
    metrics = metrics_of([one, other], 'network')
    of_other = sum(1 / k for k in range(2, TOP + 1)) / TOP
    assert metrics.average_precision == pytest.approx((1 + of_other) / 2)
    assert metrics.interval == pytest.approx((of_other, 1))
    assert metrics.first == pytest.approx([0.5] * 6)
    assert metrics.colliding == pytest.approx(3 / 56)
    assert metrics.counted == pytest.approx(56 / 4)
    np.testing.assert_allclose(curves_of([other], 'network')[0], curve(0, 1))
    text = report_graspnet(tmp_path, [one, other])
    assert f'| network | {50 * (1 + of_other):.2f} ({100 * of_other:.2f} to 100.00) |' in text
    assert '2 scenes, 4 views' in text
    assert (tmp_path / 'precision_val.png').stat().st_size > 1000
    alone = report_graspnet(tmp_path / 'alone', [other])
    assert f'| network | {100 * of_other:.2f} | ' in alone
    facts = json.loads((tmp_path / 'report.json').read_text())
    assert facts['val']['planners']['network']['first'] == [0.5] * 6


@pytest.fixture(scope='module')
def model(tmp_path_factory):
    """An untrained network that takes everything for an object."""
    design = GraspNetDesign(
        levels=(Level(90, 0.1, 4, (4, 4, 4)), Level(40, 0.2, 4, (4, 4, 4)),
                Level(10, 0.4, 4, (4, 4, 4)), Level(5, 0.6, 4, (4, 4, 4))),
        propagated=(4, 4), cylinders=Cylinders(samples=4, channels=(4, 4, 4)), head=4,
    )  # fmt: skip
    torch.manual_seed(0)
    network = GraspNet(design).eval()
    network.state_dict()['view_estimator.vpmodule.conv3.bias'][1:40] = 9
    folder = tmp_path_factory.mktemp('model')
    contract = GraspNetContract('test', '1', BASELINE, design)
    write_graspnet(folder, graph_modules(network), contract)
    return folder


def test_the_command_reports_all_planners_side_by_side(tiny, model, tmp_path, capsys):
    arguments = ['--data', tiny.root, '--model', model, '--out', tmp_path, '--workers', 1]
    noise = ['--noise', '0.2', '--views', 1]
    assert main(['evaluate', 'graspnet', *map(str, arguments + noise)]) == 0
    text = capsys.readouterr().out
    assert 'val: 1 scenes, 1 views' in text
    assert 'train' not in text
    for name in ('network', 'antipodal pairs', 'random'):
        assert f'\n| {name} | ' in text
    assert (tmp_path / 'report.md').read_text() in text


@pytest.mark.parametrize(
    ('options', 'expected'),
    [
        (['--split', 'test_seen'], 'no split test_seen'),
        (['--views', '0'], 'views is 0'),
        (['--scenes', '0'], 'scenes is 0'),
        (['--noise', 'loud'], "noise is 'loud', expected 0 to 1 or training"),
        (['--data', 'nowhere'], 'nowhere'),
        (['--model', 'nowhere'], 'nowhere'),
    ],
)
def test_a_mistake_is_one_line(tiny, model, tmp_path, capsys, options, expected):
    arguments = ['--data', tiny.root, '--model', model, '--out', tmp_path / 'o', *options]
    assert main(['evaluate', 'graspnet', *map(str, arguments)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert expected in line
    assert not (tmp_path / 'o').exists()


def test_parts_that_are_missing_are_named(tiny, model, tmp_path):
    write_index(tmp_path, SetIndex('own', {'train': (), 'val': (7,)}))
    work = graspnet_scenes._Work(Layout(tmp_path, 'own'), model, GraspNetEvaluation())
    with pytest.raises(FileNotFoundError, match='scene_0007'):
        evaluate_scene(work, ('val', 7))
    write_index(tmp_path, SetIndex('own', {'train': (1,), 'val': ()}))
    with pytest.raises(ValueError, match='0 scenes of val'):
        evaluate_graspnet(tmp_path, model, GraspNetEvaluation(), 1, lambda *_: None)


def test_settings_of_an_evaluation_may_be_stricter():
    strict = GraspNetSettings(max_grasps=100, min_score=0.0, max_tilt=0.3)
    view, T = seen(scene_of((ROD, LYING)))
    grasps = antipodal_planner(strict).plan_points(workspace_cloud(view, T)).grasps
    assert len(grasps)
    assert (grasps.rotations[:, 2, 0] >= np.cos(0.3) - 1e-9).all()
