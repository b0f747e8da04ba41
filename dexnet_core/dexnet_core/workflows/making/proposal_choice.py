"""Choice of the proposal network: a new one if it ranks labelled grasps better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from dexnet_core.datasets.views.candidates import contract_of_views, gripper_of_views
from dexnet_core.datasets.views.stored_views import view_paths
from dexnet_core.datasets.views.view_samples import ViewSample, ViewSamples
from dexnet_core.export.onnx_file import write_onnx
from dexnet_core.io.files.atomic import copy_file
from dexnet_core.models.compact import DESIGNS, load_compact_net, QualityNet
from dexnet_core.models.saved_contract import saved_contract
from dexnet_core.planning.grasp import GripperKind
from dexnet_core.planning.networks.session import NetworkSession, open_session
from dexnet_core.planning.planners.loading import EVALUATOR, PROPOSALS
from dexnet_core.training.metrics import average_precision
from dexnet_core.workflows.making.making_config import MakeConfig
from dexnet_core.workflows.making.making_recipes import RECIPES
from dexnet_core.workflows.making.network_choice import blends, Candidate, Choice
from dexnet_core.workflows.making.proposal_training_run import samples_of
from dexnet_core.workflows.making.training_job import begin_path
import numpy as np

_Views = Sequence[ViewSample]
"""The views of a validation set."""


def choose_proposals(config: MakeConfig, data: Sequence[Path], runs: Path, folder: Path) -> Choice:
    """Write the best proposal network into a model folder.

    Args:
        config: Configuration of the run.
        data: Sets of labelled views; the validation views of each are used.
        runs: Folder of the training run.
        folder: Output folder, together with the shipped evaluator.
    """
    shipped = RECIPES[config.planner].shipped()
    known, good = shipped / f'{PROPOSALS}.onnx', gripper_of_views(data[0], config.planner).good
    kind = GripperKind(DESIGNS[config.planner].contract.gripper)
    sets = [_validation(config, each) for each in data]
    choice = Choice(
        'proposal network',
        'Average precision on labelled validation views',
        tuple(f'{len(views)} of {each.name}' for views, each in zip(sets, data, strict=True)),
        Candidate(0.0, known, _precisions(known, kind, sets, good)),
        tuple(
            Candidate(share, path, _precisions(path, kind, sets, good))
            for share, path in _exported(config, runs)
        ),
        greater_is_better=True,
    )
    copy_file(choice.chosen.path, folder / f'{PROPOSALS}.onnx')
    copy_file(shipped / f'{EVALUATOR}.onnx', folder / f'{EVALUATOR}.onnx')
    return choice


def _exported(config: MakeConfig, runs: Path) -> Iterator[tuple[float, Path]]:
    """Export new networks, and yield the share of new weights and the file of each."""
    design, run = DESIGNS[config.planner], runs / PROPOSALS
    best = run / 'best.pt'
    for share, network in blends(
        begin_path(run), best, lambda path: load_compact_net(path, design)
    ):
        path = runs / f'{PROPOSALS}_{share:.2f}.onnx'
        write_onnx(path, QualityNet(network), saved_contract(best, design.contract))
        yield share, path


def _validation(config: MakeConfig, data: Path) -> _Views:
    contract = contract_of_views(data, DESIGNS[config.planner].contract)
    samples = ViewSamples(view_paths(data, 'val'), contract, samples_of(config), config.seed + 1)
    return [samples[index] for index in range(len(samples))]


def _precisions(
    path: Path, kind: GripperKind, sets: Sequence[_Views], good: float
) -> tuple[float, ...]:
    """Return the average precision of an exported network over all labelled cells of each set."""
    session = open_session(path, kind, threads=1)
    if not isinstance(session, NetworkSession):
        raise TypeError(f'{path} is a {type(session).__name__}, expected a network of views')
    return tuple(_precision(session, views, good) for views in sets)


def _precision(session: NetworkSession, views: _Views, good: float) -> float:
    scores, quality = [], []
    for view, target in views:
        labels = target.numpy()
        known = np.isfinite(labels)
        scores.append(session.run(view.numpy()[None]).reshape(labels.shape)[known])
        quality.append(labels[known])
    is_good = np.concatenate(quality) > good
    return average_precision(np.concatenate(scores), is_good) if is_good.any() else float('nan')
