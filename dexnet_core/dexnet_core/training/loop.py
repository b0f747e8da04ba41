"""The training loop: fit a network to labelled views, resumable after any kill."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
import csv
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
import time
from typing import NamedTuple

from dexnet_core.checkpoints import load_weights, read_checkpoint, write_checkpoint
from dexnet_core.configuration import claim
from dexnet_core.datasets.suction_samples import SuctionSample, SuctionViews
from dexnet_core.files.atomic import atomic_path
from dexnet_core.training.config import TrainConfig
from dexnet_core.training.metrics import average_precision
import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader

Progress = Callable[[Iterable[SuctionSample], str, int], Iterable[SuctionSample]]


@dataclass(frozen=True)
class EpochRecord:
    """One row of `history.csv`.

    Attributes:
        epoch: Number, from 0.
        train_loss: Mean cross entropy over the training samples.
        val_loss: Mean cross entropy over the validation samples.
        val_ap: Average precision over the labelled validation cells.
        seconds: Wall time of the epoch.
        wait_share: Share of the training time spent waiting for samples.
    """

    epoch: int
    train_loss: float
    val_loss: float
    val_ap: float
    seconds: float
    wait_share: float


class _Run(NamedTuple):
    """What changes while training."""

    network: nn.Module
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    device: torch.device
    mixed_precision: bool


def fit(
    network: nn.Module,
    train: SuctionViews,
    val: SuctionViews,
    config: TrainConfig,
    progress: Progress,
) -> list[EpochRecord]:
    """Train until the last epoch, going on from `last.pt` where there is one.

    Writes to `config.out`: config.json, history.csv, last.pt (everything needed to go on) and
    best.pt (the weights with the best validation average precision of the whole run).

    Raises:
        ValueError: The folder holds a run with another configuration.
    """
    run = _start(network, len(train), config)
    _claim(config)
    history = _resume(run, config)
    for epoch in range(len(history), config.epochs):
        train.epoch = epoch
        began = time.perf_counter()
        loss, waited = _train_epoch(run, _loader(train, config, epoch), epoch, progress)
        val_loss, val_ap = validate(run.network, _loader(val, config), config.good, run.device)
        seconds = time.perf_counter() - began
        history.append(EpochRecord(epoch, loss, val_loss, val_ap, seconds, waited))
        _save(run, history, config)
    return history


def pick_device(name: str) -> torch.device:
    """Return the named device; `auto` is the accelerator where there is one.

    Raises:
        ValueError: There is no such device here.
    """
    if name == 'auto':
        name = 'cuda' if torch.cuda.is_available() else 'cpu'
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f'device {name} cannot be used: {str(error).splitlines()[0]}') from error
    return torch.device(name)


def masked_loss(logits: torch.Tensor, quality: torch.Tensor) -> torch.Tensor:
    """Return the mean cross entropy over the cells whose quality is known."""
    known = torch.isfinite(quality)
    if not known.any():
        return logits.sum() * 0
    return binary_cross_entropy_with_logits(logits[known], quality[known])


@torch.no_grad()
def validate(
    network: nn.Module, samples: Iterable[SuctionSample], good: float, device: torch.device
) -> tuple[float, float]:
    """Return the mean loss and the average precision over all labelled cells."""
    network.eval()
    losses, scores, truths = [], [], []
    for batch in samples:
        logits = network(batch.view.to(device)).cpu()
        losses.append(float(masked_loss(logits, batch.quality)))
        known = torch.isfinite(batch.quality)
        scores.append(logits[known].numpy())
        truths.append(batch.quality[known].numpy() > good)
    truth = np.concatenate(truths)
    ap = average_precision(np.concatenate(scores), truth) if truth.any() else float('nan')
    return float(np.mean(losses)), ap


def _claim(config: TrainConfig) -> None:
    """Claim the folder; where and with how many workers a run goes on is its own choice."""
    claim(config.out / 'config.json', replace(config, workers=0, device=''))


def _start(network: nn.Module, samples: int, config: TrainConfig) -> _Run:
    device = pick_device(config.device)
    network.to(device, memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(
        network.parameters(), config.learning_rate, weight_decay=config.weight_decay
    )
    steps = config.epochs * -(-samples // config.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.learning_rate, steps)
    return _Run(network, optimiser, schedule, device, config.mixed_precision)


def _loader(
    views: SuctionViews, config: TrainConfig, epoch: int | None = None
) -> DataLoader[SuctionSample]:
    """Return batches in the order of the epoch, or in fixed order without one."""
    order = torch.Generator().manual_seed(config.seed + (epoch or 0))
    return DataLoader(
        views,
        config.batch_size,
        shuffle=epoch is not None,
        num_workers=config.workers,
        generator=order,
    )


def _train_epoch(
    run: _Run, loader: DataLoader[SuctionSample], epoch: int, progress: Progress
) -> tuple[float, float]:
    """Take one step per batch; return the mean loss and the share of time spent waiting."""
    run.network.train()
    total, count, waited = 0.0, 0, 0.0
    began = last = time.perf_counter()
    for batch in progress(loader, f'epoch {epoch}', len(loader)):
        waited += time.perf_counter() - last
        loss = _step(run, batch)
        total, count = total + loss * len(batch.view), count + len(batch.view)
        last = time.perf_counter()
    return total / count, waited / (last - began)


def _step(run: _Run, batch: SuctionSample) -> float:
    views = batch.view.to(run.device, memory_format=torch.channels_last)
    with torch.autocast(run.device.type, torch.bfloat16, enabled=run.mixed_precision):
        logits = run.network(views)
    loss = masked_loss(logits.float(), batch.quality.to(run.device))
    run.optimiser.zero_grad()
    loss.backward()
    run.optimiser.step()
    run.schedule.step()
    return float(loss.detach())


def _save(run: _Run, history: list[EpochRecord], config: TrainConfig) -> None:
    state = {
        'network': run.network.state_dict(),
        'optimiser': run.optimiser.state_dict(),
        'schedule': run.schedule.state_dict(),
        'history': [asdict(record) for record in history],
    }
    if history[-1].val_ap >= max(record.val_ap for record in history):
        write_checkpoint(config.out / 'best.pt', {'network': state['network']})
    _write_history(config.out / 'history.csv', history)
    write_checkpoint(config.out / 'last.pt', state)


def _resume(run: _Run, config: TrainConfig) -> list[EpochRecord]:
    """Restore the last finished epoch; return the history so far."""
    with suppress(FileNotFoundError):
        path = config.out / 'last.pt'
        state = read_checkpoint(path)
        load_weights(run.network, state.get('network'), path)
        try:
            run.optimiser.load_state_dict(state['optimiser'])
            run.schedule.load_state_dict(state['schedule'])
            return [EpochRecord(**record) for record in state['history']]
        except (KeyError, TypeError) as error:
            raise ValueError(f'{path} is not the state of a training run: {error}') from error
    return []


def _write_history(path: Path, history: list[EpochRecord]) -> None:
    with atomic_path(path) as scratch, scratch.open('w', newline='') as file:
        writer = csv.DictWriter(file, [field.name for field in fields(EpochRecord)])
        writer.writeheader()
        writer.writerows(asdict(record) for record in history)
