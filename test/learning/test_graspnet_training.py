"""Losses by hand, and training runs of a second."""

from dataclasses import replace
import math
import os
from pathlib import Path
import socket
import subprocess
import sys

from graspnet_answers import decoded
import numpy as np
import pytest
from tiny_graspnet import TINY, write_tiny_set

torch = pytest.importorskip('torch')

from dexnet_core.datasets.graspnet.seed_targets import SeedTargets, SeedTurns  # noqa: E402
from dexnet_core.export.graspnet_files import write_graspnet  # noqa: E402
from dexnet_core.models.checkpoints import read_checkpoint  # noqa: E402
from dexnet_core.models.graspnet import GraspHeads, GraspNet  # noqa: E402
from dexnet_core.models.graspnet_graphs import graph_modules  # noqa: E402
from dexnet_core.models.graspnet_weights import load_usable_graspnet  # noqa: E402
from dexnet_core.planning.graspnet.constants import GraspNetConstants  # noqa: E402
from dexnet_core.planning.graspnet.decode import on_objects  # noqa: E402
from dexnet_core.planning.planners.loading import load_graspnet_planner  # noqa: E402
from dexnet_core.training import graspnet_training  # noqa: E402
from dexnet_core.training.graspnet_form import GraspNetForm, GraspNetOutputs  # noqa: E402
from dexnet_core.training.graspnet_losses import (  # noqa: E402
    graspnet_loss,
    quality_of,
    view_quality,
)
from dexnet_core.training.graspnet_training import train_graspnet  # noqa: E402
from dexnet_core.training.parallel import Group  # noqa: E402
from dexnet_core.training.tasks import LossSum, Predictions  # noqa: E402
from dexnet_core.training.training_recipes import read_run  # noqa: E402
from dexnet_core.training.validation import validate  # noqa: E402
from tiny_graspnet_run import config_for, plain_network, plain_run, unseen  # noqa: E402

REPO = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name('tiny_graspnet_run.py')


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp('blocks')
    write_tiny_set(folder)
    return folder


def hand_made():
    """Two seeds, the second on no object; one of them with one view and depth that holds."""
    labels = [torch.zeros(1, 2, 300, 4, dtype=torch.uint8) for _ in range(4)]
    friction, angle, width, tolerance = labels
    friction[0, 0, 7, 2], angle[0, 0, 7, 2] = 20, 5
    width[0, 0, 7, 2], tolerance[0, 0, 7, 2] = 120, 40  # 6 cm, 1 cm
    turns = SeedTurns(
        torch.full((1, 2), 7), *(torch.zeros(1, 2, 12, 4, dtype=torch.uint8) for _ in range(3))
    )
    for codes, value in zip(turns[1:], (20, 120, 40), strict=True):
        codes[0, 0, 5, 2] = value
    targets = SeedTargets(
        torch.tensor([[1, 0]]),
        *labels,
        torch.eye(3).expand(1, 2, 3, 3),
        torch.arange(300, dtype=torch.int16).expand(1, 2, 300),
        turns,
        torch.zeros(1, 2),
    )
    heads = GraspHeads(*(torch.zeros(1, 12, 2, 4) for _ in range(4)))
    heads.score[0, 5, 0, 2], heads.width[0, 5, 0, 2] = 0.6, 0.04
    heads.tolerance[0, 5, 0, 2], heads.angle[0, 5, 0, 2] = 0.02, 2.0
    view = torch.full((1, 2), 7)
    score = torch.zeros(1, 2, 300)
    score[0, 0, 7] = 1.0
    objectness = torch.tensor([[[0.0, 0.0], [1.0, 3.0]]])
    return GraspNetOutputs(objectness, score, torch.tensor([[0, 1]]), view, heads), targets


def test_losses_by_hand():
    outputs, targets = hand_made()
    loss = graspnet_loss(outputs, targets, GraspNetConstants())
    quality = math.log(1 / 0.2)
    expected = [
        math.log(1 + math.exp(-1)) + math.log(1 + math.exp(3)),
        (1 - quality) ** 2,
        0.2 * (abs(quality - 0.6) - 0.5),  # over 1 apart
        0.2 * -math.log(math.exp(2) / (math.exp(2) + 11)),
        0.2 * 0.5 * ((0.04 - 0.06) / 0.1) ** 2,
        0.2 * 0.5 * ((0.02 - 0.01) / 0.05) ** 2,
    ]
    np.testing.assert_allclose(loss.total.numpy(), expected, rtol=1e-5, atol=1e-7)
    assert loss.counts().tolist() == [2, 300, 1, 1, 1, 1]


def test_every_turn_is_learnt_from():
    outputs, targets = hand_made()
    outputs.heads.score[0, 3, 0, 1] = 0.6  # another depth, where nothing holds
    outputs.heads.score[0, 3, 1, 1] = 9.0  # on no object: not counted
    loss = graspnet_loss(outputs, targets, GraspNetConstants(), every_turn=True)
    quality = math.log(1 / 0.2)
    expected = [
        0.2 * (abs(quality - 0.6) - 0.5 + 0.5 * 0.6**2),
        0.2 * 0.5 * (quality - 2.0) ** 2,  # the evidence for a turn is its quality as well
        0.2 * 0.5 * ((0.04 - 0.06) / 0.1) ** 2,
        0.2 * 0.5 * ((0.02 - 0.01) / 0.05) ** 2,
    ]
    np.testing.assert_allclose(loss.total[2:].numpy(), expected, rtol=1e-5, atol=1e-7)
    assert loss.counts()[2:].tolist() == [48, 48, 1, 1]


def test_views_can_weigh_more():
    outputs, targets = hand_made()
    plain, heavy = (
        graspnet_loss(outputs, targets, GraspNetConstants(), view_weight=weight).total
        for weight in (1.0, 20.0)
    )
    assert float(heavy[1]) == pytest.approx(20 * float(plain[1]))
    torch.testing.assert_close(heavy[2:], plain[2:])


def test_views_are_worth_their_best_grasp():
    codes = torch.tensor([0, 30, 10, 0], dtype=torch.uint8).expand(1, 1, 300, 4).clone()
    codes[0, 0, 5] = 0
    quality = view_quality(codes)[0, 0]
    assert quality[5] == 0
    np.testing.assert_allclose(quality[:5], math.log(10), atol=1e-6)


def test_quality_of_codes():
    codes = torch.tensor([0, 10, 100, 200], dtype=torch.uint8)
    np.testing.assert_allclose(quality_of(codes), [0, math.log(10), 0, 0], atol=1e-6)


def test_wider_errors_count_less_for_a_wider_gripper():
    outputs, targets = hand_made()
    wide = GraspNetConstants(maximum_width=0.2)
    narrow, wider = (
        graspnet_loss(outputs, targets, constants).total[4]
        for constants in (GraspNetConstants(), wide)
    )
    assert float(wider) == pytest.approx(float(narrow) / 4)


@pytest.mark.parametrize('every_turn', [False, True])
def test_a_small_set_is_learnt(root, tmp_path, every_turn):
    settings = {'every_turn': every_turn, 'epochs': 24, 'batch_size': 4}
    first, *_, last = train_graspnet(config_for(root, tmp_path, **settings), unseen)
    assert last.train_loss < 0.6 * first.train_loss
    assert last.val_loss < 0.8 * first.val_loss


def test_frozen_statistics_stay_and_the_rest_is_learnt(root, tmp_path):
    train_graspnet(config_for(root, tmp_path / 'first'), unseen)
    weights = tmp_path / 'first' / 'last.pt'
    again = config_for(root, tmp_path / 'then', weights=weights, frozen=True, every_turn=True)
    train_graspnet(again, unseen)
    before, after = (read_checkpoint(path)['network'] for path in (weights, again.out / 'last.pt'))
    for name, tensor in before.items():
        kept = name.endswith(('running_mean', 'running_var', 'num_batches_tracked'))
        assert torch.equal(tensor, after[name]) == kept, name


@pytest.mark.parametrize('frozen', [False, True])
def test_statistics_of_several_processes_are_frozen_as_well(frozen):
    form = GraspNetForm(GraspNet(TINY), frozen=frozen)
    shared = torch.nn.SyncBatchNorm.convert_sync_batchnorm(form).train()
    norms = [part for part in shared.modules() if isinstance(part, torch.nn.SyncBatchNorm)]
    assert norms
    assert {norm.training for norm in norms} == {not frozen}
    assert shared.training


def test_equal_seeds_give_equal_runs_and_others_others(root, tmp_path):
    runs = [
        train_graspnet(config_for(root, tmp_path / str(number), seed=seed), unseen)
        for number, seed in enumerate((0, 0, 1))
    ]
    first, again, other = (run[0].train_loss for run in runs)
    assert first == again != other


def test_a_stopped_run_goes_on_to_equal_bits(root, tmp_path, monkeypatch):
    whole = config_for(root, tmp_path / 'whole', epochs=2, save_every=1)
    train_graspnet(whole, unseen)
    stopped = replace(whole, out=tmp_path / 'stopped')
    steps = iter(range(3))

    def stop_after_three(items, what, total):
        for item in items:
            if what.startswith('epoch') and next(steps, None) is None:
                raise KeyboardInterrupt
            yield item

    with pytest.raises(KeyboardInterrupt):
        train_graspnet(stopped, stop_after_three)
    assert read_checkpoint(stopped.out / 'last.pt')['sums']['steps'] == 1
    train_graspnet(stopped, unseen)
    states = (read_checkpoint(out / 'last.pt')['network'] for out in (whole.out, stopped.out))
    assert all(map(torch.equal, *(state.values() for state in states)))


def test_two_processes_take_the_steps_of_one_with_the_doubled_batch(root, tmp_path, monkeypatch):
    """Without batch statistics, which each process has of its own share."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = str(free.getsockname()[1])
    place = {'MASTER_ADDR': '127.0.0.1', 'MASTER_PORT': port, 'WORLD_SIZE': '2'}
    shared, alone = tmp_path / 'shared', tmp_path / 'alone'
    processes = [_start(root, shared, 1, RANK=str(rank), **place) for rank in range(2)]
    monkeypatch.setattr(graspnet_training, 'GraspNet', plain_network)
    plain_run(root, alone, 2)
    assert [process.wait(300) for process in processes] == [0, 0]
    weights = [read_checkpoint(out / 'last.pt')['network'] for out in (shared, alone)]
    for name, tensor in weights[0].items():
        torch.testing.assert_close(tensor, weights[1][name], atol=2e-6, rtol=0)


def _start(root, out, batch_size, **environment):
    command = [sys.executable, str(PROGRAM), str(root), str(out), str(batch_size)]
    return subprocess.Popen(command, env={**os.environ, 'OMP_NUM_THREADS': '1', **environment})


def test_mixed_precision_learns_too(root, tmp_path):
    history = train_graspnet(
        config_for(root, tmp_path, mixed_precision=True, epochs=6, batch_size=4), unseen
    )
    assert history[-1].train_loss < history[0].train_loss


def test_what_was_trained_is_exported_in_its_size_and_run(root, tmp_path):
    config = config_for(root, tmp_path / 'run', name='block')
    train_graspnet(config, unseen)
    usable = load_usable_graspnet(config.out / 'last.pt')
    assert usable.contract.design == TINY
    assert usable.contract.name == 'block'
    write_graspnet(tmp_path / 'model', graph_modules(usable.network), usable.contract)
    planner = load_graspnet_planner(tmp_path / 'model')
    points = np.random.default_rng(0).uniform(-0.05, 0.05, (TINY.points, 3)).astype(np.float32)
    points[:, 2] += 0.5
    plan = planner.plan_points(points, chosen=False)
    with torch.no_grad():
        output = usable.network(torch.from_numpy(points)[None])
    expected = decoded(output, 0, usable.contract.constants, TINY)
    assert len(plan.grasps) == on_objects(output.seeds.objectness[0].T.numpy()).sum()
    np.testing.assert_allclose(plan.grasps.scores, expected.scores, atol=1e-4)
    np.testing.assert_allclose(plan.grasps.widths, expected.widths, atol=1e-4)


def test_what_cannot_be_trained_is_refused(root, tmp_path):
    with pytest.raises(ValueError, match="no scenes in split 'test_seen', it has train, val"):
        train_graspnet(config_for(root, tmp_path, val_split='test_seen'), unseen)
    with pytest.raises(ValueError, match=r'momentum is 1.5'):
        config_for(root, tmp_path, momentum=1.5)
    with pytest.raises(ValueError, match=r'frozen is true, but weights is not set'):
        config_for(root, tmp_path, frozen=True)
    weights = tmp_path / 'other.pt'
    torch.save({'network': {'a': torch.zeros(1)}}, weights)
    with pytest.raises(ValueError, match='does not hold weights of GraspNet'):
        train_graspnet(config_for(root, tmp_path / 'w', weights=weights), unseen)


def test_the_shipped_configuration_can_be_read():
    run = read_run(REPO / 'config' / 'train' / 'graspnet.yaml', ['epochs=1'])
    assert run.train is train_graspnet
    assert run.config.epochs == 1
    assert run.config.design.levels[1].centres > 0


def test_validation_counts_what_could_have_been_grasped():
    """Of two seeds with good grasps one is chosen well: precision 1 at half of the recall."""

    class Task:
        cut = 0.0

        def logits(self, network, batch, device):
            return batch

        def loss(self, logits, batch):
            return LossSum(torch.tensor([4.0, 3.0]), torch.tensor([2.0, 0.0]))

        def predictions(self, logits, batch):
            good = np.array([True, False, False])
            return Predictions(np.array([3.0, 2.0, 1.0]), good, np.array([True, True, False]))

    found = validate(torch.nn.Identity(), [0], Task(), torch.device('cpu'), Group())
    assert found.ap == pytest.approx(0.5)
    assert found.loss == pytest.approx(4 / 2 + 3)
