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
from dexnet_core.planning.networks.logits import logits_of
from dexnet_core.planning.planners.loading import EVALUATOR, load_evaluator, PROPOSALS
from dexnet_core.workflows.adaptation.corrections import calibration_of, log_losses
from dexnet_core.workflows.making.making_config import MakeConfig
from dexnet_core.workflows.making.making_recipes import RECIPES
from dexnet_core.workflows.making.network_choice import Choice
import numpy as np


class _Fit(NamedTuple):
    """An evaluator on the validation grasps.

    Attributes:
        calibration: (slope, offset) on its logits that fits these grasps best.
        loss: Mean log loss with this calibration.
        grasps: Number of grasps.
    """

    calibration: tuple[float, float]
    loss: float
    grasps: int


def choose_evaluator(
    config: MakeConfig, data: Path, runs: Path, proposals: Path, model: Path
) -> Choice:
    """Write the model folder of the planner, with the better evaluator.

    Both evaluators are calibrated on the validation grasps before they are compared, so that a
    difference in calibration alone does not decide. The new one is written with its calibration.

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
        contract = _with_size(design.contract, config)
        write_onnx(new, network, contract, half=True)
        fit = _fit(new, data)
        write_onnx(new, network, replace(contract, calibration=fit.calibration), half=True)
        made = fit.loss
    known = _fit(shipped, data)
    measure = f'mean log loss on {known.grasps} validation grasps, calibrated'
    choice = Choice(EVALUATOR, measure, known.loss, made, False)
    copy_file(new if choice.takes_new else shipped, model / f'{EVALUATOR}.onnx')
    copy_file(proposals, model / f'{PROPOSALS}.onnx')
    return choice


def _with_size(contract: EvaluatorContract, config: MakeConfig) -> EvaluatorContract:
    """Return a contract whose range of sizes includes the gripper."""
    size = getattr(config.gripper, RECIPES[config.planner].size)
    least, greatest = contract.sizes
    return replace(contract, sizes=(min(least, size), max(greatest, size)))


def _fit(path: Path, data: Path) -> _Fit:
    """Calibrate an exported evaluator on the validation grasps of a set."""
    evaluator = load_evaluator(path)
    parts = [
        (logits_of(evaluator.run(inputs.patches, inputs.context)), inputs.held)
        for inputs in _validation(data, evaluator.contract)
    ]
    logits, held = (np.concatenate(part) for part in zip(*parts, strict=True))
    slope, offset = (float(part) for part in calibration_of(logits, held))
    loss = log_losses(slope * logits + offset, held).mean()
    return _Fit((slope, offset), float(loss), len(held))


def _validation(data: Path, contract: EvaluatorContract) -> Iterator[TrialInputs]:
    for path in view_paths(data, 'val'):
        inputs = trial_inputs(path, contract)
        if len(inputs.held):
            yield inputs
