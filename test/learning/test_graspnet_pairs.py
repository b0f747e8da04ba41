"""Antipodal pairs of points: found, judged on the exact meshes, learnt from and judged again."""

from dataclasses import replace
from pathlib import Path

from dexnet_core.cli.main import main
from dexnet_core.datasets.judged_pairs import JudgedPairs, PairSamples, read_pairs, write_pairs
from dexnet_core.datasets.views import view_paths
from dexnet_core.evaluation.graspnet_judge import judge, judge_all
from dexnet_core.evaluation.graspnet_scenes import benchmark_view, workspace_cloud
from dexnet_core.export.graspnet_files import write_graspnet
from dexnet_core.geometry.transform import invert
from dexnet_core.graspnet.constants import GraspNetConstants
from dexnet_core.graspnet.contract import GraspNetContract
from dexnet_core.graspnet.views import grasp_rotations
from dexnet_core.graspnet_sets.reader import read_view
from dexnet_core.models.graspnet import GraspNet
from dexnet_core.models.graspnet_graphs import graph_modules
from dexnet_core.models.graspnet_weights import graspnet_data, load_usable_graspnet
from dexnet_core.runtime.graspnet_planner import roomy_pairs
from dexnet_core.runtime.loading import load_graspnet_planner
from dexnet_core.runtime.settings import GraspNetSettings
from dexnet_core.training.graspnet_pairs import PairTrainConfig, train_pairs
from dexnet_core.training.recipes import read_run
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tiny_benchmark import write_tiny_benchmark
from tiny_graspnet import TINY
import torch

REPO = Path(__file__).resolve().parents[2]
CONTRACT = GraspNetContract('tiny', '1', GraspNetConstants(pairs=0.5), TINY)


def unseen(items, what, total):
    return items


@pytest.fixture(scope='module')
def pairs(tmp_path_factory):
    """A set, the pairs that were judged on it, and weights of a whole network."""
    root = tmp_path_factory.mktemp('pairs')
    write_tiny_benchmark(root / 'set')
    (root / 'config.yaml').write_text('strength: [0.0, 0.0]\n')  # the rod is small in the image
    words = ['generate', 'pairs', '--workers', '1', '--config', root / 'config.yaml']
    places = ['--data', root / 'set', '--out', root / 'out']
    assert main(list(map(str, words + places))) == 0
    torch.manual_seed(0)
    network = GraspNet(TINY)
    state = {'network': network.state_dict(), 'data': graspnet_data(CONTRACT)}
    torch.save(state, root / 'whole.pt')
    return root


def test_pairs_of_every_view_are_judged_as_the_benchmark_does(pairs):
    layout = write_tiny_benchmark(pairs / 'set')
    paths = view_paths(pairs / 'out', 'train')
    assert len(paths) == 4
    assert len(view_paths(pairs / 'out', 'val')) == 2
    friction = np.concatenate([read_pairs(path).friction for path in paths])
    assert len(friction) > 10
    assert 0.2 < (friction > 0).mean() <= 1
    view = read_view(layout, 0, 0)
    truth = benchmark_view(layout, 0, 0, view)
    cloud = workspace_cloud(view, invert(truth.T_camera_table))
    grasps = roomy_pairs(cloud, GraspNetSettings())
    every, counted = judge_all(grasps, truth), judge(grasps, truth)
    for k, point in enumerate(counted.grasps.points):
        same = np.flatnonzero(
            (grasps.points == point).all(axis=1)
            & (grasps.rotations == counted.grasps.rotations[k]).all(axis=(1, 2))
        )
        assert counted.friction[k] in every.friction[same]


def test_samples_are_the_same_grasps_in_other_words(pairs):
    path = max(view_paths(pairs / 'out', 'train'), key=lambda path: len(read_pairs(path).friction))
    known = read_pairs(path)
    sample = PairSamples([path], TINY, 300, seed=3)[0]
    there = ~sample.friction.isnan()
    assert there.sum() == min(300, len(known.friction))
    frames, turn = sample.frames[there].double().numpy(), sample.turn[there].numpy()
    turned = frames @ Rotation.from_euler('x', np.pi / 12 * turn[:, None]).as_matrix()
    depth = np.array(TINY.depths)[sample.depth[there].numpy()]
    tips = sample.places[there].numpy() + depth[:, None] * frames[:, :, 0]
    expected = known.points + known.depths[:, None] * known.rotations[:, :, 0]
    for tip, frame, friction in zip(tips, turned, sample.friction[there].numpy(), strict=True):
        near = np.linalg.norm(expected - tip, axis=1) < 1e-5
        alike = np.abs(np.einsum('nij,ij->nj', known.rotations, frame)).min(axis=1) > 1 - 1e-5
        assert friction in known.friction[near & alike]
    assert set(turn) == set(range(12))


def test_stored_pairs_are_read_again(tmp_path):
    rng = np.random.default_rng(0)
    stored = JudgedPairs(
        *(rng.uniform(size=(9, 3)), rng.uniform(size=(4, 3)), rng.uniform(size=(4, 3, 3))),
        *(rng.uniform(size=4), rng.uniform(size=4)),
    )
    write_pairs(tmp_path / 'a.npz', stored)
    for got, expected in zip(read_pairs(tmp_path / 'a.npz'), stored, strict=True):
        np.testing.assert_allclose(got, expected, atol=6e-5)
    write_pairs(tmp_path / 'b.npz', stored._replace(friction=stored.friction[:2]))
    with pytest.raises(ValueError, match='4 grasps and 2 frictions'):
        read_pairs(tmp_path / 'b.npz')


def test_the_second_stage_learns_to_judge_pairs_and_the_first_stays(pairs, tmp_path):
    config = PairTrainConfig(
        model='graspnet_pairs', weights=pairs / 'whole.pt', data=pairs / 'out', out=tmp_path,
        epochs=30, batch_size=2, learning_rate=1e-2, workers=0, device='cpu', tensorboard=False,
    )  # fmt: skip
    first, *_, last = train_pairs(config, unseen)
    assert last.train_loss < 0.8 * first.train_loss
    usable, before = load_usable_graspnet(tmp_path / 'last.pt'), GraspNet(TINY)
    before.load_state_dict(torch.load(pairs / 'whole.pt', weights_only=True)['network'])
    assert usable.contract == CONTRACT
    for name, tensor in usable.network.state_dict().items():
        kept = name.startswith('view_estimator') or 'running_' in name or 'tracked' in name
        if kept:
            torch.testing.assert_close(tensor, before.state_dict()[name], rtol=0, atol=0)
    with pytest.raises(ValueError, match='needs the weights of a GraspNet'):
        replace(config, weights=None)


@pytest.mark.parametrize('weight', [0.0, 0.5])
def test_pairs_are_planned_where_the_contract_says_so(pairs, tmp_path, weight):
    network = load_usable_graspnet(pairs / 'whole.pt').network
    contract = replace(CONTRACT, constants=GraspNetConstants(pairs=weight))
    write_graspnet(tmp_path, graph_modules(network), contract)
    settings = GraspNetSettings(min_score=0, max_grasps=100, spacing=0)
    planner = load_graspnet_planner(tmp_path, settings)
    layout = write_tiny_benchmark(pairs / 'set')
    view = read_view(layout, 0, 0)
    truth = benchmark_view(layout, 0, 0, view)
    cloud = workspace_cloud(view, invert(truth.T_camera_table))
    grasps = planner.plan_points(cloud).grasps
    found = roomy_pairs(cloud, settings)
    assert len(found)
    common = (grasps.points[:, None] == found.points).all(axis=2).any(axis=1)
    assert common.any() == bool(weight)
    raw = planner.plan_points(cloud, chosen=False).grasps
    assert not (raw.points[:, None] == found.points).all(axis=2).any()
    np.testing.assert_allclose(
        grasp_rotations(raw.rotations[:, :, 0], np.zeros(len(raw)))[..., 0], raw.rotations[:, :, 0]
    )


def test_the_shipped_configuration_can_be_read():
    path = REPO / 'config' / 'train' / 'graspnet_pairs.yaml'
    run = read_run(path, ['epochs=1'])
    assert run.train is train_pairs
    with pytest.raises(ValueError, match='per_view is 0'):
        read_run(path, ['per_view=0'])
