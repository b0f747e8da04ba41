"""Planners and calibration samples for grasp evaluators on the board."""

from __future__ import annotations

from collections.abc import Sequence

from dexnet_core.export.x5.toolchain import Sample
from dexnet_core.planning.contracts.evaluator_contracts import (
    CUP_CONTEXT,
    CupEvaluatorContract,
    EvaluatorContract,
    JawEvaluatorContract,
)
from dexnet_core.planning.networks.model_file import ModelFile, shipped_jaw, shipped_suction
from dexnet_core.planning.networks.session import (
    contract_of,
    CupEvaluator,
    JawEvaluator,
    open_session,
)
from dexnet_core.planning.planners.jaw_finder import JawFinder
from dexnet_core.planning.planners.loading import cells_of, PROPOSALS, proposing_session, scorer_of
from dexnet_core.planning.planners.planner import Planner, ViewPlanner
from dexnet_core.planning.planners.settings import JawSettings, SuctionSettings
from dexnet_core.planning.planners.suction_finder import SuctionFinder
import numpy as np

_VARIED = 10
"""Number of samples that are repeated with contexts that generated images do not have."""
_TILT = np.radians(60)
_SIZES = np.log(2)
"""Natural logarithm of the largest factor on the cup size."""


def evaluating_planner(model: ModelFile) -> Planner:
    """Return a planner with the shipped grasp proposals and a given evaluator.

    Args:
        model: The evaluator; its contract has the gripper.

    Raises:
        ValueError: The file does not match its contract.
    """
    if isinstance(model.contract, CupEvaluatorContract):
        proposing = open_session(shipped_suction() / f'{PROPOSALS}.onnx', threads=1)
        cups = SuctionFinder(scorer_of(proposing), model.contract.cup, CupEvaluator(model))
        return ViewPlanner(cups, SuctionSettings())
    contract = contract_of(model, JawEvaluatorContract)
    session = proposing_session(shipped_jaw(), threads=1)
    cells = cells_of(session)
    jaws = JawFinder(scorer_of(session, cells), cells, JawEvaluator(model), contract.jaw)
    return ViewPlanner(jaws, JawSettings())


def with_other_contexts(samples: Sequence[Sample], contract: EvaluatorContract) -> list[Sample]:
    """Return the samples, and copies of some with random score, gravity and cup size.

    Otherwise the calibrated ranges on the board would clip the inputs of a tilted camera or of
    another cup size.

    Args:
        samples: Patches and context, in the form of the board's inputs.
        contract: Names the columns of the context.
    """
    rng = np.random.default_rng(0)
    columns = [CUP_CONTEXT.index(name) for name in contract.context]
    varied = []
    for patches, context in samples[:_VARIED]:
        count = len(context)
        tilts, turns = rng.uniform(0, _TILT, count), rng.uniform(0, 2 * np.pi, count)
        values = np.column_stack(
            [
                rng.uniform(-1, 1, count),
                *(np.sin(tilts) * np.cos(turns), np.sin(tilts) * np.sin(turns), np.cos(tilts)),
                rng.uniform(-_SIZES, _SIZES, count),
            ]
        )
        varied.append((patches, values[:, columns, None, None].astype(np.float32)))
    return [*samples, *varied]
