"""The loop: one seed, one result, whatever kills it and however many processes share it."""

import csv
from itertools import chain, count
import math
import os
from pathlib import Path
import socket
import subprocess
import sys

from dexnet_core.models.checkpoints import read_checkpoint
from dexnet_core.training import training_loop
from dexnet_core.training.optimisers import make_optimiser, make_schedule
from dexnet_core.training.order import EpochBatches
from dexnet_core.training.parallel import Group, pick_device
from dexnet_core.training.records import EpochSums, Validation
from dexnet_core.training.tasks import summed_loss, ViewTask
from dexnet_core.training.training_config import OptimizerSettings
from dexnet_core.training.validation import validate
import numpy as np
import pytest
from tiny_training import SAMPLES, tiny_config, tiny_fit, tiny_network, TinySample
import torch
from torch import nn

PROGRAM = Path(__file__).with_name('tiny_training.py')
TIMES = {'seconds', 'samples_per_second', 'wait_share'}


def figures(out):
    """All of history.csv but what a clock says."""
    with (out / 'history.csv').open() as file:
        return [{k: v for k, v in row.items() if k not in TIMES} for row in csv.DictReader(file)]


def start(out, *arguments, **environment):
    command = [sys.executable, str(PROGRAM), str(out), *map(str, arguments)]
    pipes = {'stdin': subprocess.PIPE, 'stdout': subprocess.PIPE}
    environment = {**os.environ, 'OMP_NUM_THREADS': '1', **environment}
    return subprocess.Popen(command, env=environment, **pipes)


def test_a_killed_run_goes_on_inside_the_epoch_to_equal_bits(tmp_path):
    killed, whole = tmp_path / 'killed', tmp_path / 'whole'
    with start(killed, 3, 4, 0.2, 14) as process:  # in the fourth step of six
        assert process.stdout.readline() == b'waiting\n'
        process.kill()
        assert process.wait() == -9
    assert read_checkpoint(killed / 'last.pt')['sums']['steps'] == 2
    tiny_fit(tiny_config(killed))
    tiny_fit(tiny_config(whole))
    assert figures(killed) == figures(whole)
    assert len(figures(whole)) == 3
    for name in ('last.pt', 'best.pt'):
        states = (read_checkpoint(out / name)['network'] for out in (killed, whole))
        assert all(map(torch.equal, *(state.values() for state in states)))


def test_two_processes_take_the_steps_of_one_with_the_doubled_batch(tmp_path):
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = str(free.getsockname()[1])
    place = {'MASTER_ADDR': '127.0.0.1', 'MASTER_PORT': port, 'WORLD_SIZE': '2'}
    shared, alone = tmp_path / 'shared', tmp_path / 'alone'
    processes = [start(shared, 3, 2, 0, 0, RANK=str(rank), **place) for rank in range(2)]
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    tiny_fit(tiny_config(alone), tiny_network(dropout=0))
    for one, two in zip(figures(alone), figures(shared), strict=True):
        assert {k: float(v) for k, v in one.items()} == pytest.approx(
            {k: float(v) for k, v in two.items()}, abs=1e-6
        )
    weights = [read_checkpoint(out / 'last.pt')['network'] for out in (shared, alone)]
    for name, tensor in weights[0].items():
        torch.testing.assert_close(tensor, weights[1][name], atol=1e-6, rtol=0)
    with pytest.raises(ValueError, match='2 processes, expected 1'):
        tiny_fit(tiny_config(shared, batch_size=2))


def test_another_seed_gives_another_run(tmp_path):
    losses = [
        [record.train_loss for record in tiny_fit(tiny_config(tmp_path / name, seed=seed))]
        for name, seed in (('a', 0), ('b', 0), ('c', 1))
    ]
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]


def test_best_is_the_best_of_the_whole_run(tmp_path, monkeypatch):
    scripted = iter([0.5, 0.9, 0.7, 0.2])
    monkeypatch.setattr(training_loop, 'validate', lambda *_: Validation(0.1, next(scripted), 0.5))
    tiny_fit(tiny_config(tmp_path, epochs=2, keep_every=1))
    with pytest.raises(ValueError, match=r'another configuration.*: epochs was 2, got 4$'):
        tiny_fit(tiny_config(tmp_path, epochs=4, keep_every=1))
    (tmp_path / 'config.json').unlink()
    tiny_fit(tiny_config(tmp_path, epochs=4, keep_every=1))
    best, kept = (read_checkpoint(tmp_path / name) for name in ('best.pt', 'epoch_001.pt'))
    assert best['validation']['ap'] == 0.9
    assert all(map(torch.equal, best['network'].values(), kept['network'].values()))
    assert best['model'] == 'tiny'
    assert best['data'] == {'threshold': 0.5}


def test_a_run_that_is_refused_leaves_the_folder_free(tmp_path):
    wrong = OptimizerSettings('rmsprop')
    with pytest.raises(ValueError, match='rmsprop'):
        tiny_fit(tiny_config(tmp_path / 'run', optimizer=wrong))
    assert not (tmp_path / 'run').exists()
    assert len(tiny_fit(tiny_config(tmp_path / 'run', epochs=1))) == 1
    with pytest.raises(ValueError, match=r"; optimizer\.name was 'sgd', got 'rmsprop'"):
        tiny_fit(tiny_config(tmp_path / 'run', optimizer=wrong))


def test_an_epoch_that_cannot_be_validated_is_kept(tmp_path, monkeypatch):
    def broken(*_):
        raise MemoryError

    tiny_fit(tiny_config(tmp_path / 'whole', epochs=1))
    with monkeypatch.context() as patch:
        patch.setattr(training_loop, 'validate', broken)
        with pytest.raises(MemoryError):
            tiny_fit(tiny_config(tmp_path / 'out', epochs=1))
    tiny_fit(tiny_config(tmp_path / 'out', epochs=1), before=lambda: pytest.fail('trained again'))
    assert figures(tmp_path / 'out') == figures(tmp_path / 'whole')


@pytest.mark.parametrize('workers', [0, 1])
def test_a_sample_that_cannot_be_read_is_one_line_and_the_steps_before_are_kept(tmp_path, workers):
    calls = count(1)

    def fails():
        if next(calls) == 10:
            raise FileNotFoundError('scene_0001/meta/0001.mat is missing: x')

    whole, out = (tiny_config(tmp_path / k, epochs=1, workers=workers) for k in ('whole', 'out'))
    tiny_fit(whole)
    with pytest.raises(FileNotFoundError) as refusal:
        tiny_fit(out, before=fails)
    assert str(refusal.value) == 'scene_0001/meta/0001.mat is missing: x'
    assert read_checkpoint(tmp_path / 'out' / 'last.pt')['sums']['steps'] == 2
    tiny_fit(out)
    assert figures(tmp_path / 'out') == figures(tmp_path / 'whole')


def test_a_killed_worker_is_one_line(tmp_path):
    with pytest.raises(OSError, match='a data loader worker was killed, possibly'):
        tiny_fit(tiny_config(tmp_path, workers=1), before=lambda: os._exit(1))


def test_validation_inside_an_epoch_changes_nothing_but_the_best(tmp_path):
    tiny_fit(tiny_config(tmp_path / 'plain'))
    tiny_fit(tiny_config(tmp_path / 'often', validate_every=1))
    assert figures(tmp_path / 'plain') == figures(tmp_path / 'often')
    plain, often = (read_checkpoint(tmp_path / k / 'best.pt') for k in ('plain', 'often'))
    assert often['validation']['ap'] >= plain['validation']['ap']


def test_without_a_good_target_the_loss_decides():
    nan = float('nan')
    first, better, good = Validation(0.5, nan, 1.0), Validation(0.4, nan, 1.0), (0.9, 0.1, 0.5)
    assert first.rank < better.rank < Validation(*good).rank
    assert Validation(nan, nan, nan).rank < first.rank


def test_mixed_precision_learns_too(tmp_path):
    history = tiny_fit(tiny_config(tmp_path, mixed_precision=True, epochs=12))
    assert history[-1].train_loss < 0.8 * history[0].train_loss
    assert history[-1].val_ap > 0.95


class Clock:
    """Stands but for what is said to take time."""

    def __init__(self):
        self.now = 100.0

    def perf_counter(self):
        return self.now

    def wait(self, seconds):
        self.now += seconds


@pytest.mark.parametrize(('step', 'too_slowly'), [(0.01, True), (6.0, False)])
def test_time_is_divided_into_waiting_and_working(tmp_path, monkeypatch, caplog, step, too_slowly):
    clock, plain = Clock(), ViewTask.loss

    def slow_loss(*args):
        clock.wait(step)
        return plain(*args)

    monkeypatch.setattr(training_loop, 'time', clock)
    monkeypatch.setattr(ViewTask, 'loss', slow_loss)
    (record,) = tiny_fit(tiny_config(tmp_path, epochs=1), before=lambda: clock.wait(0.02))
    waited, worked = SAMPLES * 0.02, 6 * step
    assert record.wait_share == pytest.approx(waited / (waited + worked))
    assert record.samples_per_second == pytest.approx(SAMPLES / (waited + worked))
    assert record.seconds == pytest.approx(waited + 2 * worked)  # as many steps of validation
    assert ('loading samples limits the speed' in caplog.text) == too_slowly


@pytest.mark.parametrize('samples', [22, 24, 25])
def test_processes_deal_out_the_batches_of_one(samples):
    alone = list(EpochBatches(samples, 8, (3, 1), Group()))
    parts = [list(EpochBatches(samples, 4, (3, 1), Group(rank, 2))) for rank in range(2)]
    for batch, *shares in zip(alone, *parts, strict=False):
        assert sorted(batch) == sorted(chain(*shares))
    assert sorted(chain(*alone)) == list(range(samples))
    assert len(parts[0]) == len(parts[1]) == samples // 8 + (samples % 8 >= 2)
    assert alone != list(EpochBatches(samples, 8, (3, 2), Group()))
    later = EpochBatches(samples, 8, (3, 1), Group())
    later.first = 2
    assert list(later) == alone[2:]
    assert len(later) == len(alone) - 2


def test_more_processes_than_samples_are_refused():
    with pytest.raises(ValueError, match='3 training samples'):
        EpochBatches(3, 8, (0, 0), Group(0, 4))


def test_loss_is_over_known_targets_by_hand():
    logits = torch.tensor([0.0, 2.0, -1.0])
    total, count = summed_loss(logits, torch.tensor([1.0, float('nan'), 0.25]))
    by_hand = (
        math.log(2) - 0.25 * math.log(1 / (1 + math.e)) - 0.75 * math.log(math.e / (1 + math.e))
    )
    assert float(total) == pytest.approx(by_hand)
    assert count == 2
    total, count = summed_loss(logits, torch.full((3,), float('nan')))
    assert (float(total), count) == (0, 0)


def test_validation_by_hand():
    """Qualities 0.9 (good), 0.1 and one unknown; the network says logits 1, 3 and 0."""
    quality = torch.tensor([[[[0.9, 0.1, float('nan')]]]])
    batch = TinySample(torch.tensor([[[[1.0, 3.0, 0.0]]]]), quality)
    found = validate(nn.Identity(), [batch], ViewTask(0.5), torch.device('cpu'), Group())
    assert found.accuracy == 0.5
    assert found.ap == 0.5
    log_good = [-math.log1p(math.exp(-x)) for x in (1, 3)]
    log_bad = [-math.log1p(math.exp(x)) for x in (1, 3)]
    losses = [-q * a - (1 - q) * b for q, a, b in zip((0.9, 0.1), log_good, log_bad, strict=True)]
    assert found.loss == pytest.approx(np.mean(losses))


def test_sums_become_a_record():
    sums = EpochSums(steps=3, samples=20, loss=10.0, training=4.0, waited=1.0, validating=2.0)
    record = sums.record(7, Validation(0.3, 0.4, 0.5))
    assert (record.epoch, record.train_loss, record.val_ap) == (7, 0.5, 0.4)
    assert (record.seconds, record.samples_per_second, record.wait_share) == (6, 5, 0.25)


@pytest.mark.parametrize(
    ('name', 'kind'), [('sgd', 'SGD'), ('SGD', 'SGD'), ('adam', 'Adam'), ('adamw', 'AdamW')]
)
def test_optimisers_are_what_their_settings_say(name, kind):
    settings = OptimizerSettings(name, 0.1, 0.8, 0.5, 0.01)
    optimiser = make_optimiser(nn.Linear(2, 2), settings)
    (group,) = optimiser.param_groups
    assert type(optimiser).__name__ == kind
    assert group['weight_decay'] == 0.01
    assert group.get('momentum', group.get('betas', [None])[0]) == 0.8
    schedule = make_schedule(optimiser, settings, steps=3, epochs=2)
    rates = []
    for _ in range(6):
        rates.append(group['lr'])
        optimiser.step()
        schedule.step()
    assert rates == pytest.approx([0.1] * 3 + [0.05] * 3)


def test_one_cycle_ends_with_the_run():
    settings = OptimizerSettings('sgd', 0.1, scheduler_gamma=None)
    optimiser = make_optimiser(nn.Linear(2, 2), settings)
    schedule = make_schedule(optimiser, settings, steps=5, epochs=4)
    rates = []
    for _ in range(20):
        rates.append(optimiser.param_groups[0]['lr'])
        optimiser.step()
        schedule.step()
    assert max(rates) == pytest.approx(0.1, rel=0.02)
    assert rates[-1] < 0.01 * max(rates)


def test_what_cannot_be_trained_is_refused(tmp_path):
    with pytest.raises(ValueError, match="'rprop', expected one of sgd, adam, adamw"):
        make_optimiser(nn.Linear(2, 2), OptimizerSettings('rprop'))
    for wrong in ({'epochs': 0}, {'batch_size': -1}, {'save_every': -1}, {'workers': -1}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            tiny_config(tmp_path, **wrong)
    for wrong in ({'learning_rate': 0.0}, {'scheduler_gamma': 1.5}, {'weight_decay': -1.0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            OptimizerSettings(**wrong)
    with pytest.raises(ValueError, match='device cuda:99 cannot be used'):
        pick_device('cuda:99')


def test_a_checkpoint_of_something_else_is_refused(tmp_path):
    tiny_fit(tiny_config(tmp_path, epochs=1))
    state = read_checkpoint(tmp_path / 'last.pt')
    torch.save({**state, 'sums': {'surprise': 1}}, tmp_path / 'last.pt')
    with pytest.raises(ValueError, match=r'last\.pt is not the state of a training run'):
        tiny_fit(tiny_config(tmp_path, epochs=1))
