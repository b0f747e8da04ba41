"""Training of the evaluator from shipped or random weights."""

from __future__ import annotations

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
from dexnet_core.workflows.making.making_recipes import RECIPES
from dexnet_core.workflows.making.training_job import TrainingJob
import torch

_FINE_RATE, _SCRATCH_RATE = 1e-3, 2e-3
"""Peak learning rates for shipped and for random weights."""
_STATISTICS_VIEWS = 24
"""Number of views that give the batch normalization statistics of the shipped network."""


def train_on_trials(job: TrainingJob, progress: Progress) -> list[EpochRecord]:
    """Train the evaluator on sets of trials, or resume its training, and return the history."""
    if job.weights:
        _begin_weights(job, job.weights)
    run = TrialTrainConfig(
        model=RECIPES[job.config.planner].evaluator,
        batch_size=16,
        learning_rate=_FINE_RATE if job.weights else _SCRATCH_RATE,
        weight_decay=0.01,
        **job.settings,
    )
    history = train_evaluator(run, progress)
    draw_history(job.out / 'curves.png', history)
    return history


def _begin_weights(job: TrainingJob, path: Path) -> None:
    """Write the shipped weights as the initial checkpoint, if it does not exist."""
    if path.exists():
        return
    kind, views = RECIPES[job.config.planner], view_paths(job.data[0], 'train')
    design = EVALUATORS[kind.evaluator]
    samples = TrialSamples(views[:_STATISTICS_VIEWS], design.contract, 20, 0)
    batch = [samples[k] for k in range(len(samples))]
    known = torch.cat([~sample.held.isnan() for sample in batch])
    patches = torch.cat([sample.patches for sample in batch])[known]
    context = torch.cat([sample.context for sample in batch])[known]
    network = EvaluatorNet(design)
    unfold_weights(kind.shipped() / f'{EVALUATOR}.onnx', network, (patches, context))
    write_checkpoint(path, {'network': network.state_dict(), 'model': kind.evaluator})
