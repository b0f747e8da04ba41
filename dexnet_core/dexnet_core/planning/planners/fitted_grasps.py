"""Parallel-jaw grasps that are fitted to the measured surfaces, along several directions.

A camera seldom measures two opposite faces of an object. Antipodal pairs of points need both; a
jaw that is fitted to a height map only needs an object that stands out from its surroundings.
"""

from __future__ import annotations

from collections.abc import Iterable

from dexnet_core.geometry.transform import transform_points
from dexnet_core.planning.graspnet.grasp_set import concatenated, GraspSet, no_grasps
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.networks.session import JawEvaluator
from dexnet_core.planning.perception.height_map import STEP
from dexnet_core.planning.perception.segment import Observed
from dexnet_core.planning.planners.approach_views import View, view_along
from dexnet_core.planning.planners.jaw_evaluation import (
    evaluate_placed,
    LEAST_PROPOSAL,
    SURE,
)
from dexnet_core.planning.planners.jaw_placement import (
    heights_around,
    HIDDEN,
    JawProposals,
    place_fingers,
    PlacedJaws,
    surface_points,
)
from dexnet_core.planning.planners.observed_scene import SeenScene
import numpy as np
from numpy.typing import NDArray

_POINTS = 24
"""Number of points of objects in each direction at which jaws are fitted."""
_TURNS = 8
"""Number of closing directions at each point, over half a turn."""
_DEPTH = 0.03
"""Metres from the surface down to the middle of the pads, for a jaw of the usual size."""
_CLEARANCE = 0.004
"""Metres between a finger and the surfaces beside it."""


def fitted_grasps(
    scene: SeenScene,
    directions: Iterable[NDArray[np.float64]],
    gripper: JawGripper,
    evaluator: JawEvaluator,
) -> GraspSet:
    """Return the jaws that have room at random points of objects, with the evaluator's scores.

    Args:
        scene: A scene with at least one object.
        directions: (3,) unit approach directions, in the observation's frame. The next one is
            used only if no score so far is high.
        gripper: The robot's gripper.
        evaluator: The network that predicts the probability that a jaw holds.

    Returns:
        Grasps in the observation's frame, in no particular order.
    """
    rng = np.random.default_rng(0)
    found = no_grasps()
    for direction in directions:
        view = view_along(scene, direction)
        found = concatenated([found, _fitted_in(view, gripper, evaluator, rng)])
        if found.scores.max(initial=0.0) >= SURE:
            break
    return found


def _fitted_in(
    view: View, gripper: JawGripper, evaluator: JawEvaluator, rng: np.random.Generator
) -> GraspSet:
    """Return the evaluated jaws along the optical axis of a view, in the observation's frame."""
    if not view.observed.objects.any():
        return no_grasps()
    scale = _scale(gripper)
    proposals = random_proposals(view.observed, gripper, rng)
    heights = heights_around(view.observed, proposals.points, gripper, scale * STEP)
    careful = heights.with_hidden(scale * HIDDEN)
    placed = place_fingers(careful, proposals, gripper, _CLEARANCE)
    if not len(placed.scores):
        return no_grasps()
    scores = evaluate_placed(evaluator, gripper, heights, placed, view.down)
    return _moved(placed._replace(scores=scores), view.T_frame_view, gripper)


def random_proposals(
    observed: Observed, gripper: JawGripper, rng: np.random.Generator
) -> JawProposals:
    """Return proposals at random pixels of objects, closing in all directions.

    Args:
        observed: A view with at least one object.
        gripper: The robot's gripper.
        rng: Random number generator.
    """
    row, column = np.nonzero(observed.objects)
    some = rng.choice(len(row), min(_POINTS, len(row)), replace=False)
    points = surface_points(observed, np.column_stack([column[some], row[some]]).astype(float))
    n = len(points) * _TURNS
    return JawProposals(
        np.repeat(points, _TURNS, axis=0),
        np.tile(np.pi / _TURNS * np.arange(_TURNS), len(points)),
        np.full(n, _scale(gripper) * _DEPTH),
        np.full(n, LEAST_PROPOSAL),
    )


def _scale(gripper: JawGripper) -> float:
    """Return the size of a jaw over that of the usual jaw."""
    return gripper.max_opening / JawGripper().max_opening


def _moved(placed: PlacedJaws, T_frame_view: NDArray[np.float64], gripper: JawGripper) -> GraspSet:
    """Return placed jaws as grasps in the observation's frame."""
    rotation = T_frame_view[:3, :3]
    closing = placed.axes @ rotation.T
    approach = np.broadcast_to(rotation[:, 2], closing.shape)
    return GraspSet(
        placed.scores.astype(float),
        placed.openings,
        placed.offsets + gripper.tip_reach,
        np.stack([approach, closing, np.cross(approach, closing)], axis=-1),
        transform_points(T_frame_view, placed.surface),
    )
