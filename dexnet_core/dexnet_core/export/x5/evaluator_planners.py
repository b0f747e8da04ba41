"""Evaluators for the board at work: planners around them, and what they are told."""

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

_OTHERS = 10
"""Samples with contexts that generated images do not have."""
_TILT = np.radians(60)
_SIZES = np.log(2)
"""Logarithm of how much larger or smaller cups are taken to be."""


def evaluating_planner(model: ModelFile) -> Planner:
    """Return a planner of what a network evaluates, with the proposals that ship.

    Args:
        model: Of an evaluator; its contract has the gripper.

    Raises:
        ValueError: The file does not keep its contract.
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
    """Return samples, and more of their patches with any score, gravity and size of cup.

    Without, the board would cut off what a tilted camera or another cup adds to an answer.

    Args:
        samples: Patches and context, as the board is shown them.
        contract: That names what is in the context.
    """
    rng = np.random.default_rng(0)
    columns = [CUP_CONTEXT.index(name) for name in contract.context]
    others = []
    for patches, context in samples[:_OTHERS]:
        count = len(context)
        tilts, turns = rng.uniform(0, _TILT, count), rng.uniform(0, 2 * np.pi, count)
        told = np.column_stack(
            [
                rng.uniform(-1, 1, count),
                *(np.sin(tilts) * np.cos(turns), np.sin(tilts) * np.sin(turns), np.cos(tilts)),
                rng.uniform(-_SIZES, _SIZES, count),
            ]
        )
        others.append((patches, told[:, columns, None, None].astype(np.float32)))
    return [*samples, *others]
