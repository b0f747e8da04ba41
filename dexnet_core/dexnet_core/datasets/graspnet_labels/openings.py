"""Minimum opening of a jaw around the local geometry at a grasp point."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.datasets.graspnet_files.set_layout import GRASPS
from dexnet_core.datasets.graspnet_labels.label_jaw import DEPTHS, LabelJaw
from dexnet_core.planning.graspnet.approach_directions import view_rotations
from dexnet_core.planning.graspnet.stages import ANGLES, VIEWS
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

_STEP = 0.001
"""Step of the tested half openings in metres."""
_CLEARANCE = 1
"""Clearance in steps on both sides of a finger."""
_LAYERS = 1 + len(DEPTHS)


class _Local(NamedTuple):
    """Points in the frames of the views with a free palm, (m,) each.

    Attributes:
        row: Flat index of (view, layer). Layer 0 is the palm; layer d + 1 is between the
            fingertips of depth d - 1 and depth d.
        y: Coordinate along the closing direction at in-plane rotation 0, in metres.
        z: Coordinate perpendicular to it and to the approach, in metres.
    """

    row: NDArray[np.intp]
    y: Floats
    z: Floats


def free_openings(near: Floats, jaw: LabelJaw) -> NDArray[np.float32]:
    """Return the minimum collision-free opening of each grasp at a point of an object.

    Both fingers have the same distance from the grasp point. The minimum opening is the first one
    at which both fingers fit into free space; gaps that are narrower than a finger are ignored.

    Args:
        near: (k, 3) points in metres relative to the grasp point that fill the object. Their
            spacing is less than the finger thickness. They contain at least all points within
            the reach of the jaw.
        jaw: Jaw model.

    Returns:
        (VIEWS, ANGLES, DEPTHS) float32 openings in metres; 0 where the jaw collides with the
        object at every opening.
    """
    openings = np.zeros(GRASPS, np.float32)
    here = np.zeros((1, 3), np.float32)  # the grasp point is always between the fingers
    near = np.concatenate([here, np.asarray(near, np.float32)])
    axes = view_rotations().transpose(2, 0, 1).reshape(-1, 3)
    local = (axes @ near.T).reshape(3, VIEWS, -1)
    free = np.flatnonzero(~_palm_is_hit(local, jaw))
    points = _within_reach(local[:, free], jaw)
    for turn in range(ANGLES):
        openings[free, turn] = _least(_filled(points, len(free), turn, jaw), jaw)
    return openings


def _palm_is_hit(local: Floats, jaw: LabelJaw) -> NDArray[np.bool_]:
    """Return (VIEWS,) True where the middle of the palm collides at every turn and opening."""
    x, y, z = local
    in_palm = (x > jaw.palm_start) & (x < jaw.finger_start)
    radius = min(jaw.finger_thickness, jaw.height / 2)
    is_hit: NDArray[np.bool_] = (in_palm & (y * y + z * z < radius**2)).any(axis=1)
    return is_hit


def _within_reach(local: Floats, jaw: LabelJaw) -> _Local:
    x, y, z = local
    inside = (x > jaw.palm_start) & (x < DEPTHS[-1]) & (y * y + z * z < jaw.across**2)
    chosen = np.flatnonzero(inside)
    x, y, z = (part.ravel()[chosen] for part in local)
    layer = sum((x >= step).astype(np.intp) for step in (jaw.finger_start, *DEPTHS[:-1]))
    return _Local(chosen // local.shape[2] * _LAYERS + layer, y, z)


def _filled(points: _Local, views: int, turn: int, jaw: LabelJaw) -> NDArray[np.bool_]:
    """Return (views, _LAYERS, bins) True where a point has that distance from the middle."""
    cos, sin = np.float32(np.cos(turn * np.pi / ANGLES)), np.float32(np.sin(turn * np.pi / ANGLES))
    inside = np.flatnonzero(np.abs(cos * points.z - sin * points.y) < jaw.height / 2)
    y = np.abs(cos * points.y[inside] + sin * points.z[inside])
    bins = int(jaw.across / _STEP) + 1
    filled = np.zeros(views * _LAYERS * bins, bool)
    filled[points.row[inside] * bins + (y / np.float32(_STEP)).astype(np.intp)] = True
    return filled.reshape(views, _LAYERS, bins)


def _least(filled: NDArray[np.bool_], jaw: LabelJaw) -> Floats:
    """Return the minimum free openings (views, DEPTHS) in metres; 0 if there is none."""
    deeper = np.logical_or.accumulate(filled[:, 1:], axis=1)
    wanted = round(jaw.finger_thickness / _STEP) + 2 * _CLEARANCE
    steps = round(jaw.maximum_width / 2 / _STEP)
    counts = np.cumsum(np.pad(deeper, ((0, 0), (0, 0), (1, 0))), axis=2, dtype=np.int16)
    beside = counts[..., wanted : wanted + steps] == counts[..., :steps]
    behind = ~np.logical_or.accumulate(filled[:, :1], axis=2)[..., wanted - 1 : wanted - 1 + steps]
    possible = beside & behind
    inner = possible.argmax(axis=2) + _CLEARANCE
    return np.where(possible.any(axis=2), 2 * _STEP * inner, 0)
