"""Scores of a grasp evaluator for placed parallel jaws."""

from __future__ import annotations

from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.networks.mirrors import best_over_mirrors
from dexnet_core.planning.networks.session import JawEvaluator
from dexnet_core.planning.perception.height_map import HeightMap
from dexnet_core.planning.perception.jaw_patch import jaw_context, jaw_patches
from dexnet_core.planning.planners.jaw_placement import PlacedJaws
import numpy as np
from numpy.typing import NDArray

LEAST_PROPOSAL = 0.03
"""Minimum score of a cell of the proposing network for its jaw to be evaluated.

It is also the score in the context of jaws that this network did not propose. Scores of another
network there have another meaning and make the evaluator overconfident.
"""

ENOUGH_SCORE = 0.8
"""If the best score of the evaluated jaws is lower, more candidates are tried."""


def evaluate_placed(
    evaluator: JawEvaluator,
    gripper: JawGripper,
    heights: HeightMap,
    placed: PlacedJaws,
    down: NDArray[np.floating],
) -> NDArray[np.float32]:
    """Return (m,) probabilities that placed jaws hold; there must be at least one jaw.

    Args:
        evaluator: The network.
        gripper: The robot's gripper.
        heights: The measured surfaces along the approach.
        placed: The jaws.
        down: (3,) unit direction of gravity, in the frame of the jaws.
    """
    contract = evaluator.contract.scaled(gripper)
    patches = jaw_patches(heights, placed.places, contract)
    context = jaw_context(placed.places, placed.scores, down, contract)
    return best_over_mirrors(evaluator.run, patches, context, contract.context)
