"""Training of the evaluator, from the shipped weights or from untrained ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dexnet_core.datasets.trials.trial_samples import TrialSamples
from dexnet_core.datasets.views.stored_views import view_paths
from dexnet_core.export.onnx_weights import unfold_weights
from dexnet_core.io.progress import Progress
from dexnet_core.models.checkpoints import write_checkpoint
from dexnet_core.models.evaluator_networks import EvaluatorNet, EVALUATORS
from dexnet_core.planning.planners.loading import EVALUATOR
from dexnet_core.training.curves import draw_history
from dexnet_core.training.evaluator_training import train_evaluator
from dexnet_core.training.records import EpochRecord
from dexnet_core.training.training_config import TrialTrainConfig
from dexnet_core.workflows.making.making_config import MakeConfig
from dexnet_core.workflows.making.making_recipes import RECIPES
import torch

_FINE_RATE, _SCRATCH_RATE = 1e-3, 2e-3
"""Peaks of the learning rate, of shipped weights and of untrained ones."""
_SETTLING = 24
"""Views whose grasps tell the statistics of the shipped network."""
_SAVED_EVERY = 20
_MOST_WORKERS = 4


def begin_weights(config: MakeConfig, data: Path, path: Path) -> None:
    """Write the shipped weights as a checkpoint that training begins with, unless it is there."""
    if path.exists():
        return
    kind = RECIPES[config.planner]
    design = EVALUATORS[kind.evaluator]
    samples = TrialSamples(view_paths(data, 'train')[:_SETTLING], design.contract, 20, 0)
    batch = [samples[k] for k in range(len(samples))]
    known = torch.cat([~sample.held.isnan() for sample in batch])
    patches = torch.cat([sample.patches for sample in batch])[known]
    context = torch.cat([sample.context for sample in batch])[known]
    network = EvaluatorNet(design)
    unfold_weights(kind.shipped() / f'{EVALUATOR}.onnx', network, (patches, context))
    write_checkpoint(path, {'network': network.state_dict(), 'model': kind.evaluator})


def train(
    config: MakeConfig,
    data: Sequence[Path],
    out: Path,
    epochs: int,
    workers: int,
    progress: Progress,
) -> list[EpochRecord]:
    """Train the evaluator on sets of trials, the first of which is validated on.

    Args:
        config: What is made.
        data: Folders of the sets.
        out: Folder of the run; the weights that it begins with are written beside it.
        epochs: Passes over the training grasps.
        workers: Processes that may prepare samples; few of them suffice.
        progress: Shows how far an epoch is.
    """
    weights = out.with_name('begin.pt')
    if not config.from_scratch:
        begin_weights(config, data[0], weights)
    run = TrialTrainConfig(
        model=RECIPES[config.planner].evaluator,
        weights=None if config.from_scratch else weights,
        data=data[0],
        more_data=tuple(data[1:]),
        out=out,
        seed=config.seed,
        epochs=epochs,
        batch_size=16,
        learning_rate=_SCRATCH_RATE if config.from_scratch else _FINE_RATE,
        weight_decay=0.01,
        save_every=_SAVED_EVERY,
        workers=min(workers, _MOST_WORKERS),
        tensorboard=False,
    )
    history = train_evaluator(run, progress)
    draw_history(out / 'curves.png', history)
    return history
