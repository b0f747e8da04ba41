"""Training of the proposal network from shipped or random weights."""

from __future__ import annotations

from pathlib import Path

from dexnet_core.datasets.views.candidates import contract_of_views, gripper_of_views
from dexnet_core.datasets.views.stored_views import view_paths
from dexnet_core.datasets.views.view_samples import SampleSettings, ViewSamples
from dexnet_core.export.onnx_weights import unfold_weights
from dexnet_core.io.progress import Progress
from dexnet_core.models.checkpoints import write_checkpoint
from dexnet_core.models.compact import CompactNet, DESIGNS
from dexnet_core.planning.planners.loading import PROPOSALS
from dexnet_core.training.curves import draw_history
from dexnet_core.training.records import EpochRecord
from dexnet_core.training.training_config import TrainConfig
from dexnet_core.training.view_training import train_views
from dexnet_core.workflows.making.making_config import MakeConfig
from dexnet_core.workflows.making.making_recipes import RECIPES
from dexnet_core.workflows.making.training_job import TrainingJob
import torch

_FINE_RATE, _SCRATCH_RATE = 5e-4, 4e-3
"""Peak learning rates for shipped and for random weights."""
_STATISTICS_VIEWS = 16
"""Number of views that give the batch normalization statistics of the shipped network."""


def train_on_views(job: TrainingJob, progress: Progress) -> list[EpochRecord]:
    """Train the proposal network on sets of labelled views; see `train_on_trials`."""
    config = job.config
    if job.weights:
        _begin_weights(job, job.weights)
    run = TrainConfig(
        model=config.planner,
        learning_rate=_FINE_RATE if job.weights else _SCRATCH_RATE,
        good=gripper_of_views(job.data[0], config.planner).good,
        samples=samples_of(config),
        **job.settings,
    )
    history = train_views(run, progress)
    draw_history(job.out / 'curves.png', history)
    return history


def samples_of(config: MakeConfig) -> SampleSettings:
    """Return the settings of the samples that the network is trained with and validated on."""
    return SampleSettings(side=RECIPES[config.planner].view_side)


def _begin_weights(job: TrainingJob, path: Path) -> None:
    """Write the shipped weights as the initial checkpoint, if it does not exist."""
    if path.exists():
        return
    config, data = job.config, job.data[0]
    design, views = DESIGNS[config.planner], view_paths(data, 'train')[:_STATISTICS_VIEWS]
    contract = contract_of_views(data, design.contract)
    samples = ViewSamples(views, contract, samples_of(config), config.seed)
    batch = torch.stack([samples[k].view for k in range(len(samples))])
    network = CompactNet(design)
    unfold_weights(RECIPES[config.planner].shipped() / f'{PROPOSALS}.onnx', network, (batch,))
    write_checkpoint(path, {'network': network.state_dict(), 'model': config.planner})
