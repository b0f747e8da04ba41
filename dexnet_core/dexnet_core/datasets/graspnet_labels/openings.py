"""How far a jaw must be opened to go around what is at a point of an object."""

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
"""Metres between the openings that are tried on either side."""
_CLEARANCE = 1
"""Steps that stay free between a finger and what it goes around, and outside of it."""
_LAYERS = 1 + len(DEPTHS)


class _Local(NamedTuple):
    """Points in the frames of the views whose way is free, (m,) each.

    Attributes:
        row: Index among these views and the layers of each: 0 within the palm, d + 1 from the
            tips of depth d - 1 to those of depth d.
        y: Metres along the closing direction of the unturned grasp.
        z: Metres across.
    """

    row: NDArray[np.intp]
    y: Floats
    z: Floats


def free_openings(near: Floats, jaw: LabelJaw) -> NDArray[np.float32]:
    """Return the least opening with which each grasp at a point goes around the object there.

    The fingers are on either side of the grasp point, equally far. What lies between them is
    what hangs together with the point, as far as gaps go that a finger does not fit into.

    Args:
        near: (k, 3) metres from the grasp point: points that fill the object, closer together
            than a finger is thick, at least all that are within the jaw's reach.
        jaw: The jaw.

    Returns:
        (VIEWS, ANGLES, DEPTHS) float32 metres; 0 where the jaw hits the object however it is
        opened.
    """
    openings = np.zeros(GRASPS, np.float32)
    here = np.zeros((1, 3), np.float32)  # the point itself, so that no jaw closes on nothing
    near = np.concatenate([here, np.asarray(near, np.float32)])
    axes = view_rotations().transpose(2, 0, 1).reshape(-1, 3)
    local = (axes @ near.T).reshape(3, VIEWS, -1)
    free = np.flatnonzero(~_palm_is_hit(local, jaw))
    points = _within_reach(local[:, free], jaw)
    for turn in range(ANGLES):
        openings[free, turn] = _least(_filled(points, len(free), turn, jaw), jaw)
    return openings


def _palm_is_hit(local: Floats, jaw: LabelJaw) -> NDArray[np.bool_]:
    """Return (VIEWS,) where the middle of the palm is hit, whatever turn and opening."""
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
    """Return (views, _LAYERS, bins) whether anything is that far from the middle."""
    cos, sin = np.float32(np.cos(turn * np.pi / ANGLES)), np.float32(np.sin(turn * np.pi / ANGLES))
    inside = np.flatnonzero(np.abs(cos * points.z - sin * points.y) < jaw.height / 2)
    y = np.abs(cos * points.y[inside] + sin * points.z[inside])
    bins = int(jaw.across / _STEP) + 1
    filled = np.zeros(views * _LAYERS * bins, bool)
    filled[points.row[inside] * bins + (y / np.float32(_STEP)).astype(np.intp)] = True
    return filled.reshape(views, _LAYERS, bins)


def _least(filled: NDArray[np.bool_], jaw: LabelJaw) -> Floats:
    """Return (views, DEPTHS) least free openings; 0 where there is none."""
    deeper = np.logical_or.accumulate(filled[:, 1:], axis=1)
    wanted = round(jaw.finger_thickness / _STEP) + 2 * _CLEARANCE
    steps = round(jaw.maximum_width / 2 / _STEP)
    counts = np.cumsum(np.pad(deeper, ((0, 0), (0, 0), (1, 0))), axis=2, dtype=np.int16)
    beside = counts[..., wanted : wanted + steps] == counts[..., :steps]
    behind = ~np.logical_or.accumulate(filled[:, :1], axis=2)[..., wanted - 1 : wanted - 1 + steps]
    possible = beside & behind
    inner = possible.argmax(axis=2) + _CLEARANCE
    return np.where(possible.any(axis=2), 2 * _STEP * inner, 0)
