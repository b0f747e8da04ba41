"""Classical planner of jaw grasps: antipodal pairs of depth edges.

The planner follows the sampler of Dex-Net 2.0 (supplement, algorithm 1). Missing depth is filled
from its surroundings first. Pixels with a large depth gradient are contacts, and their gradients
are the surface normals in the image. Pairs within the opening of the jaw and within the friction
cones are candidates. The planner takes the most antipodal pair with free space for the fingers, at
the greatest depth with free space.
"""

from __future__ import annotations

import cv2
from dexnet_core.planning.grasp import Grasp
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.perception.crop import filled
from dexnet_core.planning.perception.segment import SegmentedImage
from dexnet_core.planning.planners.jaw_placement import (
    heights_around,
    jaw_grasp,
    JawProposals,
    place_fingers,
    surface_points,
)
from dexnet_core.planning.planners.settings import JawSettings
import numpy as np
from numpy.typing import NDArray

_JUMP = 0.0025
_FRICTION = 0.5
_DRAWS = 4000
_TRIED = 200
_DEPTHS = np.array([0.66, 0.4, 0.22])
"""Fractions of the finger length that reach below the surface, deepest first."""


def antipodal_edges(
    gripper: JawGripper, segmented: SegmentedImage, rng: np.random.Generator
) -> Grasp | None:
    """Return the grasp of the most antipodal pair of edge pixels, or None if there is no pair."""
    edges, normals = _edges(segmented)
    if len(edges) < 2:
        return None
    first, second = rng.integers(len(edges), size=(2, _DRAWS))
    across = (edges[second] - edges[first]).astype(float)
    length = np.linalg.norm(across, axis=1)
    along = across / np.maximum(length, 1e-9)[:, None]
    facing = np.minimum(
        -np.einsum('na,na->n', normals[first], along),
        np.einsum('na,na->n', normals[second], along),
    )
    near = segmented.depth[edges[first, 1], edges[first, 0]]
    spans = (length > 2) & (length * near / segmented.camera.fx < gripper.max_opening)
    fit = np.flatnonzero(spans & (facing > 1 / np.hypot(1, _FRICTION)))
    best = fit[np.argsort(-facing[fit], kind='stable')][:_TRIED]
    return _placed(gripper, segmented, (edges[first[best]] + edges[second[best]]) / 2, along[best])


def _edges(segmented: SegmentedImage) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return object pixels (n, 2) at depth edges and their outward unit normals (n, 2)."""
    depth = cv2.medianBlur(filled(segmented.depth), 5)
    slope = [cv2.Sobel(depth, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1))]
    steep = np.hypot(*slope) > _JUMP
    rows, columns = np.nonzero(steep & segmented.objects)
    normals = np.column_stack([part[rows, columns] for part in slope])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.column_stack([columns, rows]), normals / lengths


def _placed(
    gripper: JawGripper,
    segmented: SegmentedImage,
    middles: NDArray[np.float64],
    along: NDArray[np.float64],
) -> Grasp | None:
    """Return the first pair with free space for the fingers, at the deepest free offset."""
    column, row = np.round(middles).astype(int).T
    on = segmented.objects[row, column]
    if not on.any():
        return None
    middles, along = middles[on], along[on]
    angles = np.arctan2(along[:, 1], along[:, 0])
    offsets = gripper.finger_length * _DEPTHS - gripper.tip_reach
    count = len(offsets)
    pixels = np.repeat(middles, count, axis=0)
    proposals = JawProposals(
        surface_points(segmented, pixels),
        np.repeat(angles, count),
        np.tile(offsets, len(middles)),
        np.zeros(len(pixels)),
    )
    heights = heights_around(segmented, proposals.points, gripper)
    placed = place_fingers(heights, proposals, gripper, JawSettings().clearance)
    if not len(placed.scores):
        return None
    return jaw_grasp(segmented.camera, placed, 0, gripper)
