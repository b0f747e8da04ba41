"""Choice of the deployed evaluator: the new one if it predicts the trials better."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from dexnet_core.datasets.trials.trial_samples import trial_inputs, TrialInputs
from dexnet_core.datasets.views.stored_views import view_paths
from dexnet_core.export.onnx_file import write_onnx
from dexnet_core.io.files.atomic import copy_file
from dexnet_core.models.evaluator_networks import EvaluatorQuality, EVALUATORS, load_evaluator_net
from dexnet_core.planning.contracts.evaluator_contracts import EvaluatorContract
from dexnet_core.planning.planners.loading import EVALUATOR, load_evaluator, PROPOSALS
from dexnet_core.workflows.making.making_config import MakeConfig
from dexnet_core.workflows.making.making_recipes import RECIPES
from dexnet_core.workflows.making.network_choice import Choice
import numpy as np

_LEAST = 1e-6


def choose_evaluator(
    config: MakeConfig, data: Path, runs: Path, proposals: Path, model: Path
) -> Choice:
    """Write the model folder of the planner, with the better evaluator.

    Args:
        config: Configuration of the run.
        data: Set of trials with the validation grasps.
        runs: Folder of the training run.
        proposals: The chosen proposal network, an ONNX file.
        model: Output folder.
    """
    kind = RECIPES[config.planner]
    shipped, best = kind.shipped() / f'{EVALUATOR}.onnx', runs / EVALUATOR / 'best.pt'
    new = runs / f'{EVALUATOR}.onnx'
    made = float('nan')
    if best.exists():
        design = EVALUATORS[kind.evaluator]
        network = EvaluatorQuality(load_evaluator_net(best, design))
        write_onnx(new, network, _with_size(design.contract, config), half=True)
        made, _ = _log_loss(new, data)
    known, grasps = _log_loss(shipped, data)
    choice = Choice(EVALUATOR, f'mean log loss on {grasps} validation grasps', known, made, False)
    copy_file(new if choice.takes_new else shipped, model / f'{EVALUATOR}.onnx')
    copy_file(proposals, model / f'{PROPOSALS}.onnx')
    return choice


def _with_size(contract: EvaluatorContract, config: MakeConfig) -> EvaluatorContract:
    """Return a contract whose range of sizes includes the gripper."""
    size = getattr(config.gripper, RECIPES[config.planner].size)
    least, greatest = contract.sizes
    return replace(contract, sizes=(min(least, size), max(greatest, size)))


class _Loss(NamedTuple):
    """Mean log loss, and the number of grasps."""

    mean: float
    grasps: int


def _log_loss(path: Path, data: Path) -> _Loss:
    """Return the log loss of an exported evaluator on the validation grasps of a set."""
    evaluator = load_evaluator(path)
    losses = []
    for inputs in _validation(data, evaluator.contract):
        held = evaluator.run(inputs.patches, inputs.context).clip(_LEAST, 1 - _LEAST)
        losses.append(-np.log(np.where(inputs.held, held, 1 - held)))
    together = np.concatenate(losses)
    return _Loss(float(together.mean()), len(together))


def _validation(data: Path, contract: EvaluatorContract) -> Iterator[TrialInputs]:
    for path in view_paths(data, 'val'):
        inputs = trial_inputs(path, contract)
        if len(inputs.held):
            yield inputs
