"""Choice of the proposal network: the new one if it ranks labelled grasps better."""

from __future__ import annotations

from pathlib import Path

from dexnet_core.datasets.views.candidates import contract_of_views, gripper_of_views
from dexnet_core.datasets.views.stored_views import view_paths
from dexnet_core.datasets.views.view_samples import ViewSamples
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
from dexnet_core.workflows.making.network_choice import Choice
from dexnet_core.workflows.making.proposal_training_run import samples_of
import numpy as np


def choose_proposals(config: MakeConfig, data: Path, runs: Path, folder: Path) -> Choice:
    """Write the better proposal network into a model folder.

    Args:
        config: Configuration of the run.
        data: Set of labelled views with validation views.
        runs: Folder of the training run.
        folder: Output folder, together with the shipped evaluator.
    """
    shipped, best = RECIPES[config.planner].shipped(), runs / PROPOSALS / 'best.pt'
    known = shipped / f'{PROPOSALS}.onnx'
    new, made = runs / f'{PROPOSALS}.onnx', float('nan')
    if best.exists():
        design = DESIGNS[config.planner]
        contract = saved_contract(best, design.contract)
        network = QualityNet(load_compact_net(best, design._replace(contract=contract)))
        write_onnx(new, network, contract)
        made = _precision(config, new, data)
    measure = f'average precision on {len(view_paths(data, "val"))} labelled validation views'
    choice = Choice('proposal network', measure, _precision(config, known, data), made, True)
    copy_file(new if choice.takes_new else known, folder / f'{PROPOSALS}.onnx')
    copy_file(shipped / f'{EVALUATOR}.onnx', folder / f'{EVALUATOR}.onnx')
    return choice


def _precision(config: MakeConfig, path: Path, data: Path) -> float:
    """Return the average precision of an exported network over all labelled cells."""
    contract = contract_of_views(data, DESIGNS[config.planner].contract)
    session = open_session(path, GripperKind(contract.gripper), threads=1)
    if not isinstance(session, NetworkSession):
        raise TypeError(f'{path} is a {type(session).__name__}, expected a network of views')
    samples = ViewSamples(view_paths(data, 'val'), contract, samples_of(config), config.seed + 1)
    scores, quality = [], []
    for index in range(len(samples)):
        sample = samples[index]
        labels = sample.quality.numpy()
        known = np.isfinite(labels)
        scores.append(session.run(sample.view.numpy()[None]).reshape(labels.shape)[known])
        quality.append(labels[known])
    good = np.concatenate(quality) > gripper_of_views(data, config.planner).good
    return average_precision(np.concatenate(scores), good) if good.any() else 0.0
