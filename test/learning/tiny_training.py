"""A training run of a second, in this process or as a program of its own.

python tiny_training.py OUT EPOCHS BATCH_SIZE DROPOUT SAMPLE

Before it reads that sample of the run, counted from 1, it says so and waits; 0: it never does.
"""

from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
import sys
from typing import NamedTuple

from dexnet_core.training.tasks import ViewTask
from dexnet_core.training.training_config import LoopSettings, OptimizerSettings
from dexnet_core.training.training_loop import fit
import numpy as np
import torch
from torch import nn

SAMPLES, SIDE = 22, 4


class TinySample(NamedTuple):
    view: torch.Tensor
    quality: torch.Tensor


class TinyViews(torch.utils.data.Dataset):
    """Views with noise of each epoch; good where they are high, unknown here and there."""

    def __init__(self, before=lambda: None):
        self.epoch = 0
        self.before = before

    def __len__(self):
        return SAMPLES

    def __getitem__(self, index):
        self.before()
        rng = np.random.default_rng((self.epoch, index))
        view = rng.normal(size=(1, SIDE, SIDE)).astype(np.float32)
        quality = (view > 0.3).astype(np.float32)
        quality[rng.random(quality.shape) < 0.1 * (index % 7)] = np.nan
        return TinySample(torch.from_numpy(view), torch.from_numpy(quality))


@dataclass(frozen=True)
class TinyConfig:
    loop: LoopSettings

    def identity(self):
        return replace(self.loop, out=Path(), save_every=0, validate_every=0)


def tiny_config(out, **changes):
    optimizer = OptimizerSettings('sgd', 0.1, scheduler_gamma=0.8)
    plain = LoopSettings(
        'tiny', 'tiny', out, 0, 3, 4, optimizer, workers=0, device='cpu', tensorboard=False
    )
    return TinyConfig(replace(plain, **changes))


def tiny_network(dropout=0.2):
    """A network without batch statistics."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Dropout(dropout), nn.Conv2d(4, 1, 1)
    )


def tiny_fit(config, network=None, before=lambda: None):
    """Train; `before` is called before every sample to learn from."""
    network = network or tiny_network()
    views = TinyViews(before), TinyViews()
    return fit(network, *views, config, lambda items, what, total: items, ViewTask(0.5))


def waits_at(sample):
    """Return what waits at its call of that number until the standard input ends."""
    calls = count(1)

    def wait():
        if next(calls) == sample:
            sys.stdout.write('waiting\n')
            sys.stdout.flush()
            sys.stdin.read()

    return wait


if __name__ == '__main__':
    torch.set_num_threads(1)
    path, epochs, batch_size, dropout, sample = sys.argv[1:]
    settings = tiny_config(
        Path(path), epochs=int(epochs), batch_size=int(batch_size), save_every=2
    )
    tiny_fit(settings, tiny_network(float(dropout)), waits_at(int(sample)))
