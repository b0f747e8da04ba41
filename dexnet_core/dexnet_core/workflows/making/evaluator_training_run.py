"""Training of the evaluator from shipped or random weights."""

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
"""Peak learning rates for shipped and for random weights."""
_STATISTICS_VIEWS = 24
"""Number of views that give the batch normalization statistics of the shipped network."""
SAVED_EVERY = 20
MOST_WORKERS = 4


def begin_weights(config: MakeConfig, data: Path, path: Path) -> None:
    """Write the shipped weights as the initial checkpoint, if it does not exist."""
    if path.exists():
        return
    kind = RECIPES[config.planner]
    design = EVALUATORS[kind.evaluator]
    samples = TrialSamples(view_paths(data, 'train')[:_STATISTICS_VIEWS], design.contract, 20, 0)
    batch = [samples[k] for k in range(len(samples))]
    known = torch.cat([~sample.held.isnan() for sample in batch])
    patches = torch.cat([sample.patches for sample in batch])[known]
    context = torch.cat([sample.context for sample in batch])[known]
    network = EvaluatorNet(design)
    unfold_weights(kind.shipped() / f'{EVALUATOR}.onnx', network, (patches, context))
    write_checkpoint(path, {'network': network.state_dict(), 'model': kind.evaluator})


def train_on_trials(
    config: MakeConfig,
    data: Sequence[Path],
    out: Path,
    epochs: int,
    workers: int,
    progress: Progress,
) -> list[EpochRecord]:
    """Train the evaluator on sets of trials; the first set gives the validation grasps.

    Args:
        config: Configuration of the run.
        data: Folders of the sets.
        out: Folder of the run; the initial weights are written beside it.
        epochs: Passes over the training grasps.
        workers: Largest number of worker processes; at most four are used.
        progress: Shows the progress of an epoch.
    """
    weights = out.with_name('begin_evaluator.pt')
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
        save_every=SAVED_EVERY,
        workers=min(workers, MOST_WORKERS),
        tensorboard=False,
    )
    history = train_evaluator(run, progress)
    draw_history(out / 'curves.png', history)
    return history
