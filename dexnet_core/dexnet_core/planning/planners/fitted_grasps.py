"""Parallel-jaw grasps that are fitted to the measured surfaces, along several directions.

A camera seldom measures two opposite faces of an object. Antipodal pairs of points need both; a
jaw that is fitted to a height map only needs an object that stands out from its surroundings.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from dexnet_core.geometry.array_records import concatenated as all_rows
from dexnet_core.geometry.transform import invert, transform_points, unit
from dexnet_core.planning.graspnet.grasp_set import GraspSet, no_grasps
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.networks.session import JawEvaluator
from dexnet_core.planning.perception.height_map import STEP
from dexnet_core.planning.perception.segment import SegmentedImage
from dexnet_core.planning.planners.approach_views import View, view_along
from dexnet_core.planning.planners.jaw_evaluation import (
    evaluate_placed,
    LEAST_PROPOSAL,
)
from dexnet_core.planning.planners.jaw_placement import (
    heights_around,
    HIDDEN,
    JawProposals,
    place_fingers,
    PlacedJaws,
    surface_points,
)
from dexnet_core.planning.planners.segmented_scene import SegmentedScene
import numpy as np
from numpy.typing import NDArray

_POINTS = 24
"""Number of random points of objects in each direction at which jaws are fitted."""
_TURNS = 8
"""Number of closing directions at a random point, over half a turn."""
_PROPOSED = 16
"""Maximum number of proposed grasps in each direction at which jaws are fitted."""
_PROPOSED_TURNS = np.radians([0.0, -22.5, 22.5, 90.0])
"""Closing directions at a proposed grasp, from its own."""
_DIRECTIONS = 4
"""Maximum number of proposed directions."""
_PARALLEL = np.cos(np.radians(15))
"""Cosine of the angle up to which approaches of proposed grasps share a direction."""
_DEPTH = 0.03
"""Metres from the surface down to the middle of the pads, for a jaw of the usual size."""
_CLEARANCE = 0.004
"""Metres between a finger and the surfaces beside it."""


class JawFitter:
    """Fits a robot's jaw to the surfaces of a scene, in one or several directions."""

    def __init__(
        self, scene: SegmentedScene, gripper: JawGripper, evaluator: JawEvaluator
    ) -> None:
        """Store the inputs.

        Args:
            scene: A scene with at least one object.
            gripper: The robot's gripper.
            evaluator: The network that predicts the probability that a jaw holds.
        """
        self._scene = scene
        self._gripper = gripper
        self._evaluator = evaluator

    def along(self, direction: NDArray[np.float64], proposed: GraspSet) -> GraspSet:
        """Return the evaluated jaws that have room at proposed grasps and at random points.

        Args:
            direction: (3,) unit approach direction, in the observation's frame.
            proposed: Grasps of a network nearly along it, in that frame; may be empty.

        Returns:
            Grasps in the observation's frame, in no particular order.
        """
        view = view_along(self._scene, direction)
        if not view.segmented.objects.any():
            return no_grasps()
        rng = np.random.default_rng(0)
        at_proposed = _proposals_at(proposed.moved(invert(view.T_frame_view)), self._gripper)
        at_random = random_proposals(view.segmented, self._gripper, rng)
        return self._fitted(view, all_rows([at_proposed, at_random]))

    def along_proposed(self, proposed: GraspSet) -> Iterator[GraspSet]:
        """Yield the jaws of `along` for each approach that a network proposes.

        An approach is the mean of that of the best proposal and of those nearly parallel to it;
        the next one is that of the best remaining proposal.

        Args:
            proposed: Grasps of the network in the observation's frame, best first.
        """
        for some in islice(_parallel(proposed), _DIRECTIONS):
            yield self.along(unit(some.rotations[:, :, 0].mean(axis=0)), some)

    def _fitted(self, view: View, proposals: JawProposals) -> GraspSet:
        """Return the evaluated jaws of proposals in a view, in the observation's frame."""
        scale = _scale(self._gripper)
        heights = heights_around(view.segmented, proposals.points, self._gripper, scale * STEP)
        # Fingers keep clear of what may be hidden; the evaluator was trained on what is measured.
        with_hidden = heights.with_hidden(scale * HIDDEN)
        placed = place_fingers(with_hidden, proposals, self._gripper, _CLEARANCE)
        if not len(placed.scores):
            return no_grasps()
        scores = evaluate_placed(self._evaluator, self._gripper, heights, placed, view.down)
        return _moved(placed._replace(scores=scores), view.T_frame_view, self._gripper)


def _parallel(grasps: GraspSet) -> Iterator[GraspSet]:
    """Yield groups of grasps, best first, whose approaches are nearly parallel.

    The best grasps of each group are kept; the others are not in a later group.
    """
    while len(grasps):
        approaches = grasps.rotations[:, :, 0]
        together = approaches @ approaches[0] > _PARALLEL
        yield grasps.take(together).take(slice(_PROPOSED))
        grasps = grasps.take(~together)


def random_proposals(
    segmented: SegmentedImage, gripper: JawGripper, rng: np.random.Generator
) -> JawProposals:
    """Return proposals at random pixels of objects, closing in all directions.

    Args:
        segmented: A view with at least one object.
        gripper: The robot's gripper.
        rng: Random number generator.
    """
    row, column = np.nonzero(segmented.objects)
    some = rng.choice(len(row), min(_POINTS, len(row)), replace=False)
    points = surface_points(segmented, np.column_stack([column[some], row[some]]).astype(float))
    angles = np.tile(np.pi / _TURNS * np.arange(_TURNS), (len(points), 1))
    return _proposals(points, angles, gripper)


def _proposals_at(grasps: GraspSet, gripper: JawGripper) -> JawProposals:
    """Return proposals at grasps in the optical frame of a view, with turned variants."""
    closing = grasps.rotations[:, :, 1]
    angles = np.arctan2(closing[:, 1], closing[:, 0])[:, None] + _PROPOSED_TURNS
    return _proposals(grasps.points.astype(float), angles, gripper)


def _proposals(
    points: NDArray[np.float64], angles: NDArray[np.float64], gripper: JawGripper
) -> JawProposals:
    """Return proposals at (n, 3) points with the closing directions (n, k) of each, in radians."""
    return JawProposals(
        np.repeat(points, angles.shape[1], axis=0),
        angles.ravel(),
        np.full(angles.size, _scale(gripper) * _DEPTH),
        np.full(angles.size, LEAST_PROPOSAL),
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
