"""Who is told how a run goes, and what happens where a listener is not installed."""

import csv
import logging
import sys
from types import SimpleNamespace

from dexnet_core.cli.main import main
from dexnet_core.training.records import EpochRecord
from dexnet_core.training.reporters import make_reporters
from dexnet_core.training.training_config import TrainConfig
import pytest
from tiny_training import tiny_config, tiny_fit


class StandIn:
    """What of the client of Weights & Biases is used, writing down what it is told."""

    def __init__(self):
        self.begun, self.logged, self.finished = [], [], 0

    def init(self, **settings):
        self.begun.append(settings)
        return SimpleNamespace(log=self.log, finish=self.finish)

    def log(self, figures, step):
        self.logged.append((step, figures))

    def finish(self):
        self.finished += 1


@pytest.fixture
def wandb(monkeypatch):
    client = StandIn()
    monkeypatch.setitem(sys.modules, 'wandb', client)
    return client


def test_wandb_hears_every_epoch_and_a_resumed_run_goes_on(tmp_path, wandb):
    config = tiny_config(tmp_path, wandb=True, report_every=4)
    history = tiny_fit(config)
    assert tiny_fit(config) == history
    first, second = wandb.begun
    assert first['project'] == 'DexNet'
    assert first['name'] == 'tiny'
    assert first['config']['loop']['batch_size'] == 4
    assert first['id'] == second['id']
    assert first['resume'] == 'allow'
    assert wandb.finished == 2
    losses = {step: f['epoch/train_loss'] for step, f in wandb.logged if 'epoch/train_loss' in f}
    assert losses == {6 * (record.epoch + 1): record.train_loss for record in history}
    steps = [step for step, figures in wandb.logged if 'step/loss' in figures]
    assert steps == [4, 8, 12, 16]


def test_a_run_that_fails_is_closed(tmp_path, wandb):
    def fail(figures, step):
        raise ConnectionError('no network')

    wandb.log = fail
    with pytest.raises(ConnectionError):
        tiny_fit(tiny_config(tmp_path, wandb=True))
    assert wandb.finished == 1


def test_wandb_is_left_alone_unless_asked_for(tmp_path, wandb):
    tiny_fit(tiny_config(tmp_path, epochs=1))
    assert not wandb.begun
    assert TrainConfig().loop.wandb is False


def test_missing_wandb_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, 'wandb', None)
    with pytest.raises(ImportError, match='wandb: true needs the package wandb'):
        tiny_fit(tiny_config(tmp_path, wandb=True))
    monkeypatch.setattr(
        'dexnet_core.training.training_recipes.read_run',
        lambda path, changes: (
            tiny_config(tmp_path, wandb=True),
            lambda config, _: tiny_fit(config),
        ),
    )
    assert main(['train', '--config', 'tiny.yaml']) == 2
    assert 'pip install wandb' in capsys.readouterr().err.splitlines()[-1]


def test_tensorboard_shows_the_history_once_even_after_a_kill(tmp_path):
    accumulator = pytest.importorskip('tensorboard.backend.event_processing.event_accumulator')
    config = tiny_config(tmp_path, tensorboard=True)
    reporters = make_reporters(config, 0)
    lost = EpochRecord(2, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0)
    reporters.epoch(18, [lost])  # what a killed process wrote after its last checkpoint
    reporters.close()
    history = tiny_fit(config)
    events = accumulator.EventAccumulator(str(tmp_path / 'tensorboard')).Reload()
    points = events.Scalars('epoch/val_ap')
    assert [point.step for point in points] == [6, 12, 18]
    assert [point.value for point in points] == pytest.approx([r.val_ap for r in history])


def test_without_tensorboard_one_line_says_so(tmp_path, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, 'torch.utils.tensorboard', None)
    with caplog.at_level(logging.INFO):
        tiny_fit(tiny_config(tmp_path, epochs=2, tensorboard=True))
    assert sum('TensorBoard' in message for message in caplog.messages) == 1
    assert (tmp_path / 'history.csv').exists()
    assert not (tmp_path / 'tensorboard').exists()


def test_table_and_log_say_what_the_history_says(tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        history = tiny_fit(tiny_config(tmp_path))
    with (tmp_path / 'history.csv').open() as file:
        rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
    assert rows == [vars(record) for record in history]
    lines = [message for message in caplog.messages if message.startswith('epoch')]
    for line, record in zip(lines, history, strict=True):
        assert f'{record.samples_per_second:.0f} samples/s' in line
        assert f'{100 * record.wait_share:.1f}% of the time waiting' in line
