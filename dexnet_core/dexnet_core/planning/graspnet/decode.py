"""Decoding of the outputs of a GraspNet to grasps."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.planning.graspnet.approach_directions import grasp_rotations, grasp_views
from dexnet_core.planning.graspnet.constants import GraspNetConstants
from dexnet_core.planning.graspnet.grasp_set import GraspSet
from dexnet_core.planning.graspnet.stages import ANGLES, GraspNetDesign
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


class Heads(NamedTuple):
    """Outputs of the second stage for n seeds; each is (n, depths, angles).

    Attributes:
        score: Score of the grasp.
        angle: Logit of the in-plane angle; the greatest is the best angle of a depth.
        width: Opening of the jaw in metres.
        tolerance: Displacement in metres that the grasp tolerates.
    """

    score: Floats
    angle: Floats
    width: Floats
    tolerance: Floats


class Seeds(NamedTuple):
    """Points to grasp at.

    Attributes:
        points: (n, 3) metres.
        views: (n,) index of the best view at each point.
    """

    points: Floats
    views: NDArray[np.integer]


def on_objects(objectness: Floats) -> NDArray[np.bool_]:
    """Return the (n,) mask of seeds on an object.

    Args:
        objectness: (n, 2) logits that a seed is not on an object, and that it is on one.
    """
    return objectness[:, 1] > objectness[:, 0]


def likely_seeds(objectness: Floats, least: int) -> NDArray[np.intp]:
    """Return the rows of the seeds on objects; if there are too few, of the likeliest seeds.

    Args:
        objectness: (n, 2) logits that a seed is not on an object, and that it is on one.
        least: Minimum number of rows, if there are as many seeds.
    """
    seeds = np.flatnonzero(on_objects(objectness))
    if len(seeds) >= least:
        return seeds
    return np.sort(np.argsort(objectness[:, 0] - objectness[:, 1], kind='stable')[:least])


def decode(
    seeds: Seeds,
    heads: Heads,
    constants: GraspNetConstants,
    design: GraspNetDesign | None = None,
) -> GraspSet:
    """Return the best grasp at each seed, best first; the angle is chosen before the depth.

    Args:
        seeds: Seeds, usually only those on objects.
        heads: Outputs of the second stage for these seeds.
        constants: Scales of the outputs; they belong to the weights.
        design: Design of the network; None for that of graspnet-baseline.

    Raises:
        ValueError: The shapes of the arrays do not fit each other.
    """
    depths = (design or GraspNetDesign()).depths
    _require_shapes(seeds, heads, (len(seeds.points), len(depths), ANGLES))
    angles = heads.angle.argmax(axis=2)
    score, width, tolerance = (
        np.take_along_axis(head, angles[:, :, None], axis=2)[:, :, 0]
        for head in (heads.score, heads.width, heads.tolerance)
    )
    best = np.arange(len(angles)), score.argmax(axis=1)
    rotations = grasp_rotations(-grasp_views()[seeds.views], angles[best] * (np.pi / ANGLES))
    return GraspSet(
        scores=score[best] * tolerance[best] / constants.maximum_tolerance,
        widths=np.clip(constants.width_margin * width[best], 0, constants.maximum_width),
        depths=np.asarray(depths)[best[1]],
        rotations=rotations,
        points=seeds.points,
    ).best_first()


def _require_shapes(seeds: Seeds, heads: Heads, shape: tuple[int, ...]) -> None:
    got = (seeds.points.shape, seeds.views.shape, *(head.shape for head in heads))
    expected = ((shape[0], 3), shape[:1], *(shape for _ in heads))
    if got != expected:
        raise ValueError(f'points, views and heads have shapes {got}, expected {expected}')
