"""Choice of the deployed evaluator: a new one if it predicts the trials better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from dexnet_core.datasets.trials.trial_samples import trial_inputs, TrialInputs
from dexnet_core.datasets.views.stored_views import view_paths
from dexnet_core.export.onnx_file import write_onnx
from dexnet_core.geometry.array_records import concatenated
from dexnet_core.io.files.atomic import copy_file
from dexnet_core.models.evaluator_networks import EvaluatorQuality, EVALUATORS, load_evaluator_net
from dexnet_core.planning.contracts.evaluator_contracts import EvaluatorContract
from dexnet_core.planning.networks.logits import logits_of
from dexnet_core.planning.planners.loading import EVALUATOR, load_evaluator, PROPOSALS
from dexnet_core.workflows.adaptation.corrections import calibration_of, log_losses
from dexnet_core.workflows.making.making_config import MakeConfig
from dexnet_core.workflows.making.making_recipes import RECIPES
from dexnet_core.workflows.making.network_choice import blends, Candidate, Choice
from dexnet_core.workflows.making.training_job import begin_path
import numpy as np
from numpy.typing import NDArray


class _Predicted(NamedTuple):
    """Predictions of an evaluator for n grasps.

    Attributes:
        logits: (n,) logits.
        held: (n,) bool, True if the grasp held.
    """

    logits: NDArray[np.floating]
    held: NDArray[np.bool_]


_Views = Sequence[TrialInputs]
"""The views of a validation set."""


def choose_evaluator(
    config: MakeConfig, data: Sequence[Path], runs: Path, proposals: Path, model: Path
) -> Choice:
    """Write the model folder of the planner, with the best evaluator.

    Each evaluator is calibrated on each validation set before they are compared, so that a
    difference in calibration does not decide. A new one is written with a calibration on all sets.

    Args:
        config: Configuration of the run.
        data: Sets of trials; the validation grasps of each are used.
        runs: Folder of the training run.
        proposals: The chosen proposal network, an ONNX file.
        model: Output folder.
    """
    kind = RECIPES[config.planner]
    contract = _with_size(EVALUATORS[kind.evaluator].contract, config)
    shipped = kind.shipped() / f'{EVALUATOR}.onnx'
    known = _predicted(shipped, _validation(data, load_evaluator(shipped).contract))
    choice = Choice(
        EVALUATOR,
        'Mean log loss on validation grasps, calibrated',
        tuple(f'{len(p.held)} of {d.name}' for p, d in zip(known, data, strict=True)),
        Candidate(0.0, shipped, tuple(map(_loss, known))),
        tuple(_new(config, contract, runs, _validation(data, contract))),
        greater_is_better=False,
    )
    copy_file(choice.chosen.path, model / f'{EVALUATOR}.onnx')
    copy_file(proposals, model / f'{PROPOSALS}.onnx')
    return choice


def _new(
    config: MakeConfig, contract: EvaluatorContract, runs: Path, sets: Sequence[_Views]
) -> Iterator[Candidate]:
    """Export new evaluators, each with its calibration."""
    design = EVALUATORS[RECIPES[config.planner].evaluator]
    run = runs / EVALUATOR
    for share, network in blends(
        begin_path(run), run / 'best.pt', lambda path: load_evaluator_net(path, design)
    ):
        path, form = runs / f'{EVALUATOR}_{share:.2f}.onnx', EvaluatorQuality(network)
        write_onnx(path, form, contract, half=True)
        found = _predicted(path, sets)
        slope, offset = calibration_of(*concatenated(found))
        calibrated = replace(contract, calibration=(float(slope), float(offset)))
        write_onnx(path, form, calibrated, half=True)
        yield Candidate(share, path, tuple(map(_loss, found)))


def _with_size(contract: EvaluatorContract, config: MakeConfig) -> EvaluatorContract:
    """Return a contract whose range of sizes includes the gripper."""
    size = getattr(config.gripper, RECIPES[config.planner].size)
    least, greatest = contract.sizes
    return replace(contract, sizes=(min(least, size), max(greatest, size)))


def _validation(data: Sequence[Path], contract: EvaluatorContract) -> list[_Views]:
    """Return the validation views of each set, as inputs of evaluators with a contract."""
    return [
        [trial_inputs(path, contract) for path in view_paths(folder, 'val')] for folder in data
    ]


def _predicted(path: Path, sets: Sequence[_Views]) -> list[_Predicted]:
    """Return the predictions of an exported evaluator for each set."""
    evaluator = load_evaluator(path)

    def of_view(view: TrialInputs) -> _Predicted:
        return _Predicted(logits_of(evaluator.run(view.patches, view.context)), view.held)

    nothing = _Predicted(np.zeros(0, np.float32), np.zeros(0, bool))
    return [
        concatenated([nothing, *(of_view(view) for view in views if len(view.held))])
        for views in sets
    ]


def _loss(predicted: _Predicted) -> float:
    """Return the mean log loss after calibration on the same grasps; NaN without grasps."""
    if not len(predicted.held):
        return float('nan')
    slope, offset = calibration_of(*predicted)
    return float(log_losses(slope * predicted.logits + offset, predicted.held).mean())
