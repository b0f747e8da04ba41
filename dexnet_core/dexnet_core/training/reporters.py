"""Reporters of a training run: log, CSV table, TensorBoard and Weights & Biases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import csv
from dataclasses import asdict, fields
import json
import logging
import math
from pathlib import Path
from typing import Protocol
import uuid

from dexnet_core.io.configuration import config_to_json
from dexnet_core.io.files.atomic import atomic_path, write_text
from dexnet_core.training.records import EpochRecord
from dexnet_core.training.training_config import RunConfig

Figures = Mapping[str, float]
_LOG = logging.getLogger(__name__)
_MUCH_WAITING = 0.1


class Reporter(Protocol):
    """Receives the progress of a training run; steps count from the beginning of the run."""

    def step(self, step: int, figures: Figures) -> None:
        """Report figures of the steps up to this one."""

    def epoch(self, step: int, history: Sequence[EpochRecord]) -> None:
        """Report the end of an epoch; its record is the last of the history."""

    def close(self) -> None:
        """Report the end of the run."""


class LogReporter:
    """Writes a line per report and epoch to the log."""

    def step(self, step: int, figures: Figures) -> None:
        """Log figures of the steps up to this one."""
        _LOG.info('step %d: %s', step, ', '.join(f'{k} {v:.4g}' for k, v in figures.items()))

    def epoch(self, step: int, history: Sequence[EpochRecord]) -> None:
        """Log the record of the epoch."""
        last = history[-1]
        _LOG.info(
            'epoch %d: loss %.4f, validation loss %.4f, AP %.4f, accuracy %.4f, '
            '%.0f samples/s, %.1f%% of the time waiting for samples',
            *(last.epoch, last.train_loss, last.val_loss, last.val_ap, last.val_accuracy),
            *(last.samples_per_second, 100 * last.wait_share),
        )
        if math.isnan(last.val_ap) and len(history) == 1:
            _LOG.warning(
                'AP is nan: no validation target is good; best.pt has the lowest validation loss'
            )
        if last.wait_share > _MUCH_WAITING:
            _LOG.warning('loading samples limits the speed: raise workers if cores are idle')

    def close(self) -> None:
        """Do nothing."""


class CsvReporter:
    """Writes `history.csv` after every epoch."""

    def __init__(self, config: RunConfig) -> None:
        self._path = config.loop.out / 'history.csv'

    def step(self, step: int, figures: Figures) -> None:
        """Do nothing; the table has one row per epoch."""

    def epoch(self, step: int, history: Sequence[EpochRecord]) -> None:
        """Write the table."""
        with atomic_path(self._path) as scratch, scratch.open('w', newline='') as file:
            writer = csv.DictWriter(file, [field.name for field in fields(EpochRecord)])
            writer.writeheader()
            writer.writerows(asdict(record) for record in history)

    def close(self) -> None:
        """Do nothing."""


class TensorBoardReporter:
    """Writes events for TensorBoard to `out/tensorboard`.

    Raises:
        ImportError: TensorBoard is not installed.
    """

    def __init__(self, config: RunConfig, first_step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        folder = config.loop.out / 'tensorboard'
        self._writer = SummaryWriter(str(folder), purge_step=first_step)

    def step(self, step: int, figures: Figures) -> None:
        """Add a point to the curve of each figure."""
        for name, value in figures.items():
            self._writer.add_scalar(name, value, step)

    def epoch(self, step: int, history: Sequence[EpochRecord]) -> None:
        """Add the record to the curves, at the last step of the epoch."""
        self.step(step, epoch_figures(history[-1]))
        self._writer.flush()

    def close(self) -> None:
        """Close the event file."""
        self._writer.close()


class WandbReporter:
    """Sends curves to Weights & Biases; a resumed run continues the same curves.

    Raises:
        ImportError: The client is not installed.
    """

    def __init__(self, config: RunConfig) -> None:
        try:
            import wandb
        except ImportError as error:
            raise ImportError('wandb: true needs the package wandb: pip install wandb') from error
        self._run = wandb.init(
            project='DexNet',
            name=config.loop.name,
            config=json.loads(config_to_json(config)),
            id=_run_id(config.loop.out / 'wandb_id.txt'),
            resume='allow',
        )

    def step(self, step: int, figures: Figures) -> None:
        """Send figures of the steps up to this one."""
        self._run.log(dict(figures), step=step)

    def epoch(self, step: int, history: Sequence[EpochRecord]) -> None:
        """Send the record of the epoch."""
        self.step(step, epoch_figures(history[-1]))

    def close(self) -> None:
        """Finish the run."""
        self._run.finish()


class Reporters:
    """A list of reporters; empty in processes that do not write."""

    def __init__(self, reporters: Sequence[Reporter] = ()) -> None:
        self._reporters = tuple(reporters)

    def step(self, step: int, figures: Figures) -> None:
        """Report figures of the steps up to this one."""
        for reporter in self._reporters:
            reporter.step(step, figures)

    def epoch(self, step: int, history: Sequence[EpochRecord]) -> None:
        """Report the end of an epoch."""
        for reporter in self._reporters:
            reporter.epoch(step, history)

    def close(self) -> None:
        """Report the end of the run."""
        for reporter in self._reporters:
            reporter.close()


def make_reporters(config: RunConfig, first_step: int) -> Reporters:
    """Return the configured reporters.

    Args:
        config: Configuration of the run.
        first_step: Step at which the run starts or resumes. TensorBoard events of later steps,
            written before an interruption, are discarded.

    Raises:
        ImportError: Weights & Biases is configured, but not installed.
    """
    chosen: list[Reporter] = [LogReporter(), CsvReporter(config)]
    if config.loop.wandb:
        chosen.append(WandbReporter(config))
    if config.loop.tensorboard:
        chosen += _if_installed(lambda: TensorBoardReporter(config, first_step))
    return Reporters(chosen)


def epoch_figures(record: EpochRecord) -> Figures:
    """Return the figures of an epoch, keyed by name."""
    return {f'epoch/{name}': value for name, value in asdict(record).items() if name != 'epoch'}


def _if_installed(make: Callable[[], Reporter]) -> list[Reporter]:
    try:
        return [make()]
    except ImportError:
        _LOG.info('TensorBoard is not installed: the curves are in history.csv only')
        return []


def _run_id(path: Path) -> str:
    """Return the identifier of a run; created once and stored beside its checkpoints."""
    if not path.exists():
        write_text(path, uuid.uuid4().hex)
    return path.read_text()
