"""The runtime of GraspNet, which has no torch, answers as the torch network does."""

import json
from pathlib import Path

from dexnet_core.cli.main import main
from dexnet_core.export.graspnet_files import write_graspnet
from dexnet_core.geometry.camera import CameraIntrinsics, project
from dexnet_core.models.graspnet import GraspNet, load_graspnet
from dexnet_core.models.graspnet_graphs import graph_modules
from dexnet_core.planning.grasp import GripperKind, PlanStatus
from dexnet_core.planning.graspnet.collision import Filled
from dexnet_core.planning.graspnet.decode import on_objects
from dexnet_core.planning.graspnet.grasp_set import GraspSet
from dexnet_core.planning.graspnet.graspnet_contract import GraspNetContract
from dexnet_core.planning.graspnet.stages import GraspNetDesign
from dexnet_core.planning.networks.graspnet_folder import GraspNetGraphs
from dexnet_core.planning.networks.graspnet_network import GraspNetNetwork
from dexnet_core.planning.observation import of_image, of_optical_cloud
from dexnet_core.planning.planners import cloud_plan
from dexnet_core.planning.planners.cloud_plan import jaw_grasps
from dexnet_core.planning.planners.graspnet_planner import GraspNetPlanner
from dexnet_core.planning.planners.settings import GraspNetSettings
from graspnet_answers import EDGE, published_rows
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tiny_graspnet import SMALL
import torch

REFERENCE = Path(__file__).resolve().parents[3] / 'shared' / 'graspnet'


def exported(folder, network, design=None):
    contract = GraspNetContract('test', '1', EDGE, design or GraspNetDesign())
    write_graspnet(folder, graph_modules(network.eval()), contract)
    return folder


@pytest.fixture(scope='module')
def small():
    torch.manual_seed(0)
    network = GraspNet(SMALL).eval()
    # Everything is an object, is best approached forward from the camera, and scores.
    network.state_dict()['view_estimator.vpmodule.conv3.bias'][1:40] = 9
    network.state_dict()['grasp_generator.operation.conv3.bias'][:12] = 0.5
    network.state_dict()['grasp_generator.tolerance.conv3.bias'][:] = 0.04
    return network


@pytest.fixture(scope='module')
def folder(small, tmp_path_factory):
    return exported(tmp_path_factory.mktemp('graspnet'), small, SMALL)


@pytest.fixture(scope='module')
def planner(folder):
    return GraspNetPlanner(GraspNetNetwork(GraspNetGraphs(folder)), GraspNetSettings(min_score=0))


def cloud(count, seed=0):
    points = np.random.default_rng(seed).uniform(-0.2, 0.2, (count, 3))
    return (points + np.array([0, 0, 0.5])).astype(np.float32)


def lattice(count, spacing):
    points = np.random.default_rng(1).integers(-4, 5, (count, 3)) * spacing
    return (points + np.array([0, 0, 0.5])).astype(np.float32)


CLOUDS = {
    'random': cloud(900),
    'every point three times': np.repeat(cloud(60), 3, axis=0),
    'lattice': lattice(777, 1 / 16),
    'coarse lattice, points run out': lattice(500, 1 / 8)[:, [2, 2, 1]],
    'near the origin': lattice(400, 1 / 64) - np.float32([0, 0, 0.5]),
    'only padding': lattice(300, 1 / 1024) - np.float32([0, 0, 0.5]),
    'all equal': np.full((100, 3), 0.5, np.float32),
    'one': np.ones((1, 3), np.float32),
    'fewer than samples': cloud(33),
}


@pytest.mark.parametrize('threads', [1, 3])
@pytest.mark.parametrize('points', CLOUDS.values(), ids=CLOUDS)
def test_both_stages_answer_as_torch(small, folder, points, threads):
    network = GraspNetNetwork(GraspNetGraphs(folder, threads), threads)
    sensed = network.sense(points)
    heads, _ = network.evaluate_seeds(sensed, *sensed.poses(np.arange(70)))
    with torch.inference_mode():
        expected = small(torch.from_numpy(points)[None])
    seeds = expected.seeds
    np.testing.assert_array_equal(sensed.indices[1], seeds.indices[0])
    np.testing.assert_allclose(sensed.objectness.T, seeds.objectness[0], atol=1e-5)
    np.testing.assert_allclose(sensed.view_score, seeds.view_score[0], atol=1e-5)
    for got, known in zip(heads, expected.heads, strict=True):
        np.testing.assert_allclose(got, known[0].permute(1, 2, 0), atol=1e-5)


def test_only_the_asked_seeds_are_evaluated(folder):
    network = GraspNetNetwork(GraspNetGraphs(folder))
    sensed = network.sense(cloud(500))
    every, _ = network.evaluate_seeds(sensed, *sensed.poses(np.arange(70)))
    some, _ = network.evaluate_seeds(sensed, *sensed.poses(np.array([69, 3, 3])))
    none, _ = network.evaluate_seeds(sensed, *sensed.poses(np.arange(0)))
    np.testing.assert_allclose(some.score, every.score[[69, 3, 3]], atol=1e-6)
    assert none.score.shape == (0, 4, 12)


@pytest.mark.parametrize(
    'points',
    [np.full((7, 3), 0.5), np.ones((1, 3)), cloud(100), cloud(30000)],
    ids=['all equal', 'one', 'few', 'many'],
)
def test_any_cloud_is_answered(planner, points):
    plan = planner.plan_points(points.astype(np.float32))
    assert (plan.status is PlanStatus.OK) == bool(len(plan.grasps))
    assert plan.status in (PlanStatus.OK, PlanStatus.NO_CANDIDATE, PlanStatus.NO_ROOM)
    raw = planner.plan_points(points.astype(np.float32), chosen=False)
    assert len(raw.grasps) == 70


def test_chosen_grasps_keep_the_settings(planner):
    points = cloud(3000)
    loose = GraspNetSettings(min_score=0, max_filled=1, max_grasps=7)
    plan = planner.with_settings(loose).plan_points(points)
    assert 0 < len(plan.grasps) <= 7
    assert (np.diff(plan.grasps.scores) <= 0).all()
    tilt = float(np.arccos(np.median(plan.grasps.rotations[:, 2, 0])))
    steeper = GraspNetSettings(min_score=0, max_filled=1, max_tilt=tilt)
    steep = planner.with_settings(steeper).plan_points(points)
    assert len(steep.grasps)
    assert (steep.grasps.rotations[:, 2, 0] >= np.cos(tilt) - 1e-6).all()
    strict = GraspNetSettings(min_score=1, max_filled=1)
    none = planner.with_settings(strict).plan_points(points)
    assert none.status is PlanStatus.NO_CANDIDATE


def test_the_gripper_may_hit_what_is_around_as_well(planner):
    settings = GraspNetSettings(min_score=0, max_filled=0.01, max_grasps=100)
    planner, points = planner.with_settings(settings), cloud(300)
    free = planner.plan_points(points)
    assert free.status is PlanStatus.OK
    same = planner.plan_points(points, around=points)
    np.testing.assert_array_equal(same.grasps.scores, free.grasps.scores)
    walled = planner.plan_points(points, around=cloud(300_000))
    assert len(walled.grasps) < len(free.grasps)


def test_grasps_that_hit_something_are_refused(planner, monkeypatch):
    points = cloud(3000)
    loose = planner.with_settings(GraspNetSettings(min_score=0, max_filled=1, max_grasps=100))
    tight = planner.with_settings(GraspNetSettings(min_score=0, max_filled=0, max_grasps=100))
    assert len(tight.plan_points(points).grasps) < len(loose.plan_points(points).grasps)
    for share in (Filled(np.float64(2), np.float64(1)), Filled(np.float64(0), np.float64(0))):
        monkeypatch.setattr(
            cloud_plan,
            'filled',
            lambda grasps, *_, of=share: Filled(*(np.full(len(grasps), x) for x in of)),
        )
        assert loose.plan_points(points).status is PlanStatus.NO_ROOM


def test_depth_is_planned_on_around_the_mask(planner):
    camera = CameraIntrinsics(160, 120, 150.0, 150.0, 79.5, 59.5)
    depth = np.full(camera.shape, 0.6, np.float32)
    depth[40:80, 60:100] = 0.55
    mask = np.zeros(camera.shape, bool)
    mask[40:80, 60:100] = True
    planner = planner.with_settings(GraspNetSettings(min_score=0, max_filled=1))
    plan = planner.plan(of_image(depth, camera, mask))
    assert plan.status is PlanStatus.OK
    assert plan.heatmap.size == 0
    for grasp in plan.grasps:
        u, v = project(grasp.position - grasp.depth * grasp.approach, camera)
        assert 50 < u < 110
        assert 30 < v < 90
        np.testing.assert_allclose(grasp.pixel, project(grasp.position, camera))
    assert planner.plan(of_image(depth, camera, ~mask & mask)).status is PlanStatus.NO_OBJECT
    assert planner.plan(of_image(0 * depth, camera)).status is PlanStatus.NO_DEPTH


@pytest.mark.parametrize('points', [np.zeros((0, 3)), np.full((9, 3), np.nan), np.zeros((9, 3))])
def test_nothing_measured_is_said(planner, points):
    assert planner.plan_points(points).status is PlanStatus.NO_DEPTH
    plan = planner.plan(of_optical_cloud(points))
    assert plan.status is PlanStatus.NO_DEPTH
    assert 'measured' in plan.message


def test_millimetres_are_refused(planner):
    with pytest.raises(ValueError, match='millimetres'):
        planner.plan_points(1000 * cloud(50))


def test_frame_of_a_grasp_is_that_of_jaws():
    score, width, depth, point = (np.array([x]) for x in (1.3, 0.04, 0.03, [0.1, 0.2, 0.5]))
    (grasp,) = jaw_grasps(GraspSet(score, width, depth, np.eye(3)[None], point))
    assert grasp.gripper is GripperKind.PARALLEL_JAW
    np.testing.assert_allclose(grasp.position, [0.13, 0.2, 0.5])
    np.testing.assert_allclose(grasp.approach, [1, 0, 0])
    np.testing.assert_allclose(grasp.contacts, [[0.13, 0.18, 0.5], [0.13, 0.22, 0.5]])
    assert np.linalg.det(grasp.T_camera_grasp[:3, :3]) == pytest.approx(1)
    assert (grasp.score, grasp.width, grasp.depth) == (1.3, 0.04, 0.03)


def test_folders_that_are_no_network_are_refused(folder, small, tmp_path):
    with pytest.raises(FileNotFoundError, match='level_1'):
        GraspNetGraphs(tmp_path)
    torch.manual_seed(1)
    other = exported(tmp_path / 'other', GraspNet(SMALL), SMALL)
    (other / 'crop.onnx').write_bytes((folder / 'crop.onnx').read_bytes())
    with pytest.raises(ValueError, match='not of one GraspNet'):
        GraspNetGraphs(other)
    (other / 'crop.onnx').write_bytes(b'nonsense')
    with pytest.raises(ValueError, match='can be loaded'):
        GraspNetGraphs(other)


@pytest.mark.skipif(not REFERENCE.is_dir(), reason='no reference answer here')
def test_reference_cloud_has_the_reference_answer(tmp_path):
    with np.load(REFERENCE / 'reference.npz') as file:
        known = dict(file)
    network = GraspNetNetwork(
        GraspNetGraphs(exported(tmp_path, load_graspnet(REFERENCE / 'grasp.pth')))
    )
    sensed = network.sense(known['cloud'])
    np.testing.assert_array_equal(sensed.indices[0], known['sa1_inds'])
    assert (sensed.views == known['top_view']).mean() >= 0.99
    seeds = np.flatnonzero(on_objects(sensed.objectness))
    heads, _ = network.evaluate_seeds(sensed, *sensed.poses(seeds))
    for got, name in zip(heads, ('score', 'angle', 'width', 'tol'), strict=True):
        apart = np.abs(got - known[name].transpose(1, 2, 0)[seeds]).max(axis=(1, 2))
        assert (apart < 1e-3).mean() >= 0.99
    planner = GraspNetPlanner(network, GraspNetSettings())
    rows = published_rows(planner.plan_points(known['cloud'], chosen=False).grasps)
    np.testing.assert_allclose(rows[:100], known['grasps'][:100], atol=1e-3)


def test_command_line_writes_chosen_and_raw_grasps(folder, tmp_path, capsys):
    np.save(tmp_path / 'cloud.npy', cloud(3000))
    (tmp_path / 'settings.yaml').write_text('min_score: 0.0')
    words = ['plan', 'graspnet', '--cloud', str(tmp_path / 'cloud.npy'), '--weights', str(folder)]
    counts = []
    for raw in (['--settings', str(tmp_path / 'settings.yaml')], ['--raw']):
        out = tmp_path / f'out{len(raw)}'
        assert main([*words, '--out', str(out), *raw]) == 0
        answer = json.loads((out / 'grasps.json').read_text())
        counts.append(len(answer['grasps']))
        assert {'grasps.ply', 'overlay.png'} < {path.name for path in out.iterdir()}
    assert counts[0] < counts[1] == 70
    assert 'opening' in capsys.readouterr().out


def test_raw_has_no_top(folder, tmp_path, capsys):
    np.save(tmp_path / 'cloud.npy', cloud(100))
    words = ['plan', 'graspnet', '--cloud', str(tmp_path / 'cloud.npy'), '--model', str(folder)]
    assert main([*words, '--raw', '--top', '5', '--out', str(tmp_path / 'out')]) == 2
    assert '--top and --raw exclude each other' in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('shape', [(60, 50), (3000,)])
def test_command_line_looks_at_the_box_around_the_mask(folder, tmp_path, shape):
    points = cloud(3000).reshape(*shape, 3)
    mask = points[..., 0] < -0.1
    np.save(tmp_path / 'cloud.npy', points)
    np.save(tmp_path / 'mask.npy', mask)
    words = ['plan', 'graspnet', '--raw', '--model', str(folder), '--out', str(tmp_path)]
    for given in ('cloud', 'mask'):
        words += [f'--{given}', str(tmp_path / f'{given}.npy')]
    assert main(words) == 0
    answer = json.loads((tmp_path / 'grasps.json').read_text())
    assert len(answer['grasps']) > 10
    for grasp in answer['grasps']:
        approach = Rotation.from_quat(grasp['quaternion']).as_matrix()[:, 2]
        seed = np.array(grasp['position']) - grasp['depth'] * approach
        assert seed[0] < -0.079


def test_bench_times_every_stage(folder, tmp_path, capsys):
    np.save(tmp_path / 'cloud.npy', cloud(20000))
    words = ['bench', 'graspnet', '--cloud', str(tmp_path / 'cloud.npy'), '--model', str(folder)]
    assert main([*words, '--rounds', '2']) == 0
    table = capsys.readouterr().out
    stages = ('sample', 'levels', 'views', 'cylinders', 'heads', 'select')
    medians = {
        cells[1].strip(): float(cells[3])
        for cells in (line.split('|') for line in table.splitlines()[2:])
        if len(cells) > 3
    }
    assert medians['total'] == pytest.approx(sum(medians[s] for s in stages), rel=0.1, abs=0.5)
    assert 'resident memory' in table
