"""The training loop: trains any network on any data set and can resume after a kill."""

from __future__ import annotations

from collections.abc import Iterable
import time
from typing import Any, cast, NamedTuple, Protocol

from dexnet_core.io.configuration import claim, require_free
from dexnet_core.io.progress import Progress
from dexnet_core.training.batches import Batches
from dexnet_core.training.optimisers import make_optimiser, make_schedule
from dexnet_core.training.order import EpochBatches, steps_per_epoch
from dexnet_core.training.parallel import Group, joined, pick_device
from dexnet_core.training.records import EpochRecord, EpochSums, Validation
from dexnet_core.training.reporters import make_reporters, Reporters
from dexnet_core.training.saved import SavedRun
from dexnet_core.training.tasks import Batch, Task
from dexnet_core.training.training_config import LoopSettings, RunConfig
from dexnet_core.training.validation import validate
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

_CONFIG_FILE = 'config.json'
_LAYOUT: dict[str, Any] = {'memory_format': torch.channels_last}
"""Argument of `nn.Module.to` that is missing in its type hints."""


class Samples(Protocol):
    """A data set whose noise depends only on its seed, the epoch and the index."""

    epoch: int

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Batch: ...


def fit(
    network: nn.Module,
    train: Samples,
    val: Samples,
    config: RunConfig,
    progress: Progress,
    task: Task,
) -> list[EpochRecord]:
    """Train until the last epoch; resume from `last.pt` if it exists.

    With `torchrun`, each step is distributed over all processes. It equals the step of a single
    process with the combined batch, exactly so for networks without batch normalization.

    Writes to `out`: config.json, history.csv, last.pt (everything needed to resume), best.pt (the
    weights with the best validation of the whole run) and the files of the reporters.

    Args:
        network: The initialized network.
        train: Training samples.
        val: Validation samples.
        config: Configuration of the run.
        progress: Shows the progress of an epoch.
        task: Defines inputs, loss and validation of the network.

    Returns:
        The record of every epoch of the whole run.

    Raises:
        ValueError: The folder holds a run with another configuration or number of processes.
        ImportError: Weights & Biases is configured, but not installed.
    """
    device = pick_device(config.loop.device)
    with joined(device) as group:
        if group.writes:
            require_free(config.loop.out / _CONFIG_FILE, config.identity())
        trainer = _Trainer(network, train, val, _Setting(config.loop, task, device, group))
        reporters = _start(config, trainer.steps_done) if group.writes else Reporters()
        try:
            return trainer.run(progress if group.writes else _no_progress, reporters)
        finally:
            reporters.close()


def _start(config: RunConfig, first: int) -> Reporters:
    """Create the reporters, then claim the folder of the run."""
    reporters = make_reporters(config, first)
    claim(config.loop.out / _CONFIG_FILE, config.identity())
    return reporters


class _Setting(NamedTuple):
    """Constants of a training run."""

    settings: LoopSettings
    task: Task
    device: torch.device
    group: Group


class _Trainer:
    """A network, its data and the state of its training."""

    def __init__(
        self, network: nn.Module, train: Samples, val: Samples, setting: _Setting
    ) -> None:
        self._settings, self._task, self._device, self._group = setting
        settings, group = self._settings, self._group
        self._train, self._val = train, val
        network.to(self._device, **_LAYOUT)
        optimiser = make_optimiser(network, settings.optimizer)
        self._steps = steps_per_epoch(len(train), settings.batch_size, group)
        schedule = make_schedule(optimiser, settings.optimizer, self._steps, settings.epochs)
        self._saved = SavedRun(
            out=settings.out,
            model=settings.model,
            facts=self._task.facts,
            processes=group.size,
            network=network,
            optimiser=optimiser,
            schedule=schedule,
        )
        self._memory = self._saved.read_last()
        self._form = self._task.form(network)
        self._shared = group.shared(self._form, self._device)

    @property
    def steps_done(self) -> int:
        """Number of steps since the beginning of the run."""
        return len(self._memory.history) * self._steps + self._memory.sums.steps

    def run(self, progress: Progress, reporters: Reporters) -> list[EpochRecord]:
        """Train the remaining epochs."""
        history = self._memory.history
        while len(history) < self._settings.epochs:
            epoch = len(history)
            self._train.epoch = epoch
            self._train_or_save(epoch, progress, reporters)
            self._write_last()  # keeps the epoch if the validation fails
            began = time.perf_counter()
            validation = self._validate()
            self._memory.sums.validating += time.perf_counter() - began
            history.append(self._memory.sums.record(epoch, validation))
            self._memory.sums = EpochSums()
            self._end_epoch(epoch, reporters)
        return history

    def _train_or_save(self, epoch: int, progress: Progress, reporters: Reporters) -> None:
        """Take the remaining steps; if a sample cannot be read, save the steps taken."""
        try:
            self._train_epoch(epoch, progress, reporters)
        except (ValueError, OSError):
            if self._memory.sums.steps:
                self._write_last()
            raise

    def _write_last(self) -> None:
        if self._group.writes:
            self._saved.write_last(self._memory)

    def _train_epoch(self, epoch: int, progress: Progress, reporters: Reporters) -> None:
        """Take the remaining steps of an epoch."""
        sums = self._memory.sums
        batches = EpochBatches(
            samples=len(self._train),
            size=self._settings.batch_size,
            seeds=(self._settings.seed, epoch),
            group=self._group,
        )
        batches.first = sums.steps
        loader = self._loader(self._train, batch_sampler=batches)
        self._shared.train()
        last = time.perf_counter()
        for batch in progress(loader, f'epoch {epoch}', len(loader)):
            ready = time.perf_counter()
            loss, samples = self._step(batch, epoch)
            sums.steps, sums.samples = sums.steps + 1, sums.samples + samples
            sums.loss += loss * samples
            now = time.perf_counter()
            sums.waited, sums.training = sums.waited + ready - last, sums.training + now - last
            self._within_epoch(loss, reporters)
            last = time.perf_counter()

    def _step(self, batch: Batch, epoch: int) -> tuple[float, int]:
        """Update the weights; return the mean loss and the sample count of all processes."""
        self._seed_step(epoch)
        with torch.autocast(
            self._device.type, torch.bfloat16, enabled=self._settings.mixed_precision
        ):
            logits = self._task.logits(self._shared, batch, self._device)
        part = self._task.loss(logits, batch)
        total, count = part.total.reshape(-1), torch.tensor([len(batch[0])], device=self._device)
        local = torch.cat([total.detach().double(), part.counts(), count])
        *sums, samples = self._group.total(local)
        losses, counts = torch.stack(sums).chunk(2)
        counts = counts.clamp(min=1)
        optimiser = self._saved.optimiser
        optimiser.zero_grad()
        # Gradients are averaged over processes: this gives the mean over all targets.
        (total * (self._group.size / counts.float())).sum().backward()
        optimiser.step()
        self._saved.schedule.step()
        return float((losses / counts).sum()), int(samples)

    def _seed_step(self, epoch: int) -> None:
        """Seed dropout per step, so that a resumed epoch gives the same result."""
        place = self._settings.seed, epoch, self._memory.sums.steps, self._group.rank
        torch.manual_seed(int(np.random.SeedSequence(place).generate_state(1)[0]))

    def _within_epoch(self, loss: float, reporters: Reporters) -> None:
        """Report, validate and save at their intervals, except at the last step of an epoch."""
        settings, steps, sums = self._settings, self.steps_done, self._memory.sums
        if _due(steps, settings.report_every):
            rate = float(self._saved.schedule.get_last_lr()[0])
            reporters.step(steps, {'step/loss': loss, 'step/learning_rate': rate})
        if sums.steps == self._steps:
            return
        if _due(steps, settings.validate_every):
            began = time.perf_counter()
            found = self._validate()
            sums.validating += time.perf_counter() - began
            reporters.step(steps, {f'step/val_{k}': v for k, v in found._asdict().items()})
            self._shared.train()
        if _due(steps, settings.save_every):
            self._write_last()

    def _validate(self) -> Validation:
        """Validate, and save the weights if they are the best of the run."""
        group = self._group
        share = range(group.rank, len(self._val), group.size)
        loader = self._loader(self._val, sampler=share, batch_size=self._settings.batch_size)
        found = validate(self._form, loader, self._task, self._device, group)
        best = self._memory.best
        if best is None or found.rank >= best.rank:
            self._memory.best = found
            if group.writes:
                self._saved.write_weights('best.pt', found)
        return found

    def _end_epoch(self, epoch: int, reporters: Reporters) -> None:
        reporters.epoch(self.steps_done, self._memory.history)
        if not self._group.writes:
            return
        if _due(epoch + 1, self._settings.keep_every):
            self._saved.write_weights(f'epoch_{epoch:03d}.pt', None)
        self._write_last()

    def _loader(self, data: Samples, **order: Any) -> Batches:  # noqa: ANN401
        loader: DataLoader[Batch] = DataLoader(
            cast('Dataset[Batch]', data),
            num_workers=self._settings.workers,
            pin_memory=self._device.type == 'cuda',
            **order,
        )
        return Batches(loader)


def _due(count: int, every: int) -> bool:
    return every > 0 and count % every == 0


def _no_progress(items: Iterable[Any], what: str, total: int) -> Iterable[Any]:
    """Show no progress."""
    return items
