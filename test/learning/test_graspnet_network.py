"""The GraspNet network: published weights, the reference answer, and its own arithmetic."""

from pathlib import Path

from dexnet_core.models.graspnet import GraspNet, load_graspnet
from dexnet_core.planning.graspnet.constants import BASELINE
from dexnet_core.planning.graspnet.stages import Cylinders, GraspNetDesign, Level
from graspnet_answers import decoded, EDGE, published_rows
import numpy as np
import pytest
import torch

REFERENCE = Path(__file__).resolve().parents[3] / 'shared' / 'graspnet'
SMALL = GraspNetDesign(
    levels=(
        Level(40, 0.1, 8, (4, 6)),
        Level(20, 0.2, 8, (5, 7)),
        Level(10, 0.4, 4, (5, 7)),
        Level(5, 0.6, 4, (5, 8)),
    ),
    propagated=(9, 10),
    cylinders=Cylinders(samples=6, channels=(6, 11)),
    head=12,
)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return GraspNet(SMALL).eval()


@pytest.fixture
def clouds():
    rng = np.random.default_rng(0)
    return torch.from_numpy(rng.uniform(0.1, 0.5, (2, 300, 3)).astype(np.float32))


def test_the_default_is_as_large_as_the_baseline():
    network = GraspNet()
    assert sum(p.numel() for p in network.parameters()) == 1_025_964
    names = network.state_dict().keys()
    for name in (
        'view_estimator.backbone.sa1.mlp_module.layer0.bn.bn.running_mean',
        'view_estimator.backbone.fp2.mlp.layer1.conv.weight',
        'view_estimator.vpmodule.conv3.bias',
        'grasp_generator.crop.mlps.layer2.conv.weight',
        'grasp_generator.tolerance.bn2.weight',
    ):
        assert name in names


def test_shapes_of_both_stages(network, clouds):
    seeds, heads = network(clouds)
    assert seeds.objectness.shape == (2, 2, 20)
    assert seeds.view_score.shape == (2, 20, 300)
    assert seeds.features.shape == (2, 10, 20)
    assert {head.shape for head in heads} == {(2, 12, 20, 4)}
    for cloud, rows, points in zip(clouds, seeds.indices, seeds.points, strict=True):
        assert torch.equal(cloud[rows], points)


def test_clouds_of_a_batch_do_not_touch_each_other(network, clouds):
    together = network(clouds)
    for i in range(2):
        alone = network(clouds[i : i + 1])
        torch.testing.assert_close(together.seeds.view_score[i], alone.seeds.view_score[0])
        for both, one in zip(together.heads, alone.heads, strict=True):
            torch.testing.assert_close(both[i], one[0])


def test_the_second_stage_does_not_see_how_the_cloud_lies(network, clouds):
    """Cloud, seeds and frames turned and moved together: the answer stays."""
    turn = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64)).Q
    turn *= turn.det()
    double, clouds = network.double().grasp_generator, clouds.double()
    frames = turn.new_tensor(np.eye(3)).expand(2, 20, 3, 3)
    seeds = clouds[:, :20]
    moved = [points @ turn.T + 0.3 for points in (clouds, seeds)]
    for here, there in zip(
        double(clouds, seeds, frames), double(*moved, turn @ frames), strict=True
    ):
        torch.testing.assert_close(here, there)


def test_every_weight_learns(network, clouds):
    seeds, heads = network.train()(clouds)
    loss = sum(answer.square().mean() for answer in (seeds.objectness, seeds.view_score, *heads))
    loss.backward()
    still = [name for name, p in network.named_parameters() if not p.grad.abs().sum() > 0]
    # What precedes a batch norm cannot be shifted.
    assert all(name.endswith(('conv1.bias', 'conv2.bias')) for name in still)


def test_decoding_keeps_seeds_on_objects_best_first(network, clouds):
    with torch.no_grad():
        output = network(clouds)
    for i in range(2):
        grasps = decoded(output, i, BASELINE, SMALL)
        on = output.seeds.objectness[i, 1] > output.seeds.objectness[i, 0]
        assert len(grasps) == on.sum()
        assert (np.diff(grasps.scores) <= 0).all()
        expected = {tuple(point) for point in output.seeds.points[i][on].tolist()}
        assert {tuple(point) for point in grasps.points.tolist()} == expected


@pytest.mark.parametrize('degenerate', ['one point', 'few points', 'near the origin'])
def test_degenerate_clouds_have_an_answer(network, clouds, degenerate):
    cloud = {
        'one point': clouds[:1, :1],
        'few points': clouds[:1, :7].repeat(1, 3, 1),
        'near the origin': clouds[:1] / 100,
    }[degenerate]
    seeds, heads = network(cloud)
    assert all(answer.isfinite().all() for answer in (seeds.view_score, *heads))


@pytest.mark.parametrize('wrapped', [False, True])
@pytest.mark.parametrize('dimensions', [1, 2])
def test_published_forms_of_weights_load(network, clouds, tmp_path, wrapped, dimensions):
    state = network.state_dict()
    if dimensions == 1:
        heads = ('.vpmodule.conv', '.operation.conv', '.tolerance.conv')
        state = {
            name: tensor[..., 0] if tensor.ndim == 4 and any(h in name for h in heads) else tensor
            for name, tensor in state.items()
        }
        assert any(tensor.ndim == 3 for tensor in state.values())
    path = tmp_path / 'weights.pth'
    torch.save({'model_state_dict': state, 'epoch': 3} if wrapped else state, path)
    loaded = load_graspnet(path, SMALL)
    assert not loaded.training
    for got, expected in zip(loaded(clouds).heads, network(clouds).heads, strict=True):
        assert torch.equal(got, expected)


def test_weights_of_other_networks_are_refused(network, tmp_path):
    path = tmp_path / 'weights.pth'
    torch.save(network.state_dict(), path)
    with pytest.raises(ValueError, match=r'weights\.pth.*another shape of .*crop'):
        load_graspnet(path)
    torch.save({'conv1.weight': torch.zeros(3)}, path)
    with pytest.raises(ValueError, match=r'weights\.pth.*lacks .*unknown conv1\.weight'):
        load_graspnet(path)


def test_a_file_that_would_run_code_is_refused(tmp_path):
    path = tmp_path / 'weights.pth'
    torch.save({'model_state_dict': torch.nn.ReLU()}, path)
    with pytest.raises(ValueError, match='not a checkpoint'):
        load_graspnet(path)


@pytest.mark.skipif(not REFERENCE.is_dir(), reason='no reference of GraspNet beside the checkout')
def test_answers_are_those_of_the_reference():
    with np.load(REFERENCE / 'reference.npz', allow_pickle=False) as archive:
        reference = dict(archive)
    network = load_graspnet(REFERENCE / 'grasp.pth')
    with torch.no_grad():
        output = network(torch.from_numpy(reference['cloud'])[None])
    for k, level in enumerate(output.seeds.levels, 1):
        np.testing.assert_array_equal(level.indices[0], reference[f'sa{k}_inds'])
    np.testing.assert_array_equal(output.seeds.points[0], reference['seed'])
    apart = [
        np.abs(output.seeds.objectness[0].numpy() - reference['objectness']).max(axis=0),
        np.abs(output.seeds.view_score[0].numpy() - reference['view_score']).max(axis=1),
        *(
            np.abs(head[0].numpy() - reference[name]).max(axis=(0, 2))
            for head, name in zip(output.heads, ('score', 'angle', 'width', 'tol'), strict=True)
        ),
    ]
    same_view = output.seeds.best[0].numpy() == reference['top_view']
    assert (same_view & (np.max(apart, axis=0) < 1e-3)).mean() >= 0.99
    grasps = decoded(output, 0, EDGE, GraspNetDesign()).take(slice(100))
    np.testing.assert_allclose(published_rows(grasps), reference['grasps'][:100], atol=1e-3)
