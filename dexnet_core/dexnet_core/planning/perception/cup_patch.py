"""Patches around planned suction contacts, projected along the approach, for an evaluator.

Training and robot both use `cup_patches`. A patch holds heights over the contact plane around the
contact at two scales: fine, at the scale of the cup, for the seal, and coarse, for the rest of the
object and its neighbours.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
from dexnet_core.geometry.camera import project
from dexnet_core.planning.contracts.evaluator_contracts import CupEvaluatorContract
from dexnet_core.planning.perception.segment import SegmentedImage
import numpy as np
from numpy.typing import NDArray

CHANNELS = 5
"""Fine relief, known at fine scale, coarse relief, known at coarse scale, share of objects."""

_LIMIT = 2.5
_DENSITY = 1.5
"""Number of pixels that are sampled per cell and axis."""
_LEANING = 1.3
"""Width of the window of pixels over that of the patch, as surfaces may be tilted."""


class CupContacts(NamedTuple):
    """n planned contacts, in the optical frame.

    Attributes:
        poses: (n, 4, 4) poses of the grasp frames: origin at the contact, z into the object.
        proposed: (n,) quality in [0, 1] by the proposing network.
    """

    poses: NDArray[np.float64]
    proposed: NDArray[np.floating]


def cup_patches(
    segmented: SegmentedImage, contacts: CupContacts, contract: CupEvaluatorContract
) -> NDArray[np.float32]:
    """Return (n, CHANNELS, side, side) float32 patches around contacts.

    Args:
        segmented: The segmented depth image that the contacts were planned on.
        contacts: The planned contacts.
        contract: Size and scales of a patch.
    """
    side = contract.side
    patches = np.zeros((len(contacts.poses), CHANNELS, side, side), np.float32)
    for first, step, relief in (
        (0, contract.fine_step, contract.fine_relief),
        (2, contract.coarse_step, contract.coarse_relief),
    ):
        cells = _cells(segmented, contacts.poses, side, step)
        patches[:, first] = np.clip(cells.height / relief, -_LIMIT, _LIMIT)
        patches[:, first + 1] = cells.known
    patches[:, 4] = cells.objects
    return patches


def cup_context(
    contacts: CupContacts, down: NDArray[np.floating], contract: CupEvaluatorContract
) -> NDArray[np.float32]:
    """Return the (n, k) float32 context of the evaluator.

    Args:
        contacts: The planned contacts.
        down: (3,) unit direction of gravity, in the optical frame.
        contract: Names the columns.
    """
    x, y, z = (np.asarray(down) @ contacts.poses[:, :3, :3]).T
    values = {
        'score': contacts.proposed,
        'down_x': x,
        'down_y': y,
        'down_z': z,
        'size': np.full(len(x), np.log(contract.cup.radius / contract.usual_radius)),
    }
    return np.stack([values[name] for name in contract.context], axis=1).astype(np.float32)


class _Cells(NamedTuple):
    """(n, side, side) metres over the contact plane, whether known, and the share of objects."""

    height: NDArray[np.float32]
    known: NDArray[np.float32]
    objects: NDArray[np.float32]


def _cells(
    segmented: SegmentedImage, poses: NDArray[np.float64], side: int, step: float
) -> _Cells:
    """Project the pixels around each contact into cells perpendicular to its approach."""
    points, objects = _around(segmented, poses, side, step)
    poses = poses.astype(np.float32)
    local = (points - poses[:, None, :3, 3]) @ poses[:, :3, :3]
    column, row = (
        np.rint(local[..., axis] / np.float32(step) + np.float32((side - 1) / 2)).astype(np.int32)
        for axis in (0, 1)
    )
    inside = (column >= 0) & (column < side) & (row >= 0) & (row < side) & (points[..., 2] > 0)
    number = (np.arange(len(poses), dtype=np.int32) * side * side)[:, None]
    at = (number + row * side + column)[inside]
    size = len(poses) * side * side
    count = np.bincount(at, minlength=size)
    known = count > 0
    height, share = (
        np.divide(np.bincount(at, values[inside], size), count, where=known, out=np.zeros(size))
        for values in (-local[..., 2], objects)
    )
    shape = (len(poses), side, side)
    cells = _Cells(*(part.reshape(shape).astype(np.float32) for part in (height, known, share)))
    return _closed(cells) if len(poses) else cells


def _around(
    segmented: SegmentedImage, poses: NDArray[np.float64], side: int, step: float
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return (n, p, 3) points of pixels in a window around each contact, and which are objects.

    Points that were not measured have depth 0.
    """
    camera, centres = segmented.camera, poses[:, :3, 3]
    pixels = project(centres, camera).astype(np.float32)
    half = (_LEANING * side * step / 2 * camera.fx / centres[:, 2]).astype(np.float32)
    line = np.linspace(-1, 1, int(np.ceil(_DENSITY * side)), dtype=np.float32)
    u, v = (
        np.rint(pixels[:, axis, None] + half[:, None] * line).astype(np.int32) for axis in (0, 1)
    )
    inside = ((v >= 0) & (v < camera.height))[:, :, None] & ((u >= 0) & (u < camera.width))[
        :, None
    ]
    row, column = v.clip(0, camera.height - 1)[:, :, None], u.clip(0, camera.width - 1)[:, None]
    depth = np.where(inside, segmented.depth[row, column], np.float32(0))
    x = ((u - camera.cx) / camera.fx).astype(np.float32)[:, None]
    y = ((v - camera.cy) / camera.fy).astype(np.float32)[:, :, None]
    points = np.stack([depth * x, depth * y, depth], axis=-1)
    shape = (len(poses), len(line) ** 2)
    return points.reshape(*shape, 3), segmented.objects[row, column].reshape(shape)


def _closed(cells: _Cells) -> _Cells:
    """Fill unknown cells between known ones with the mean of the known cells around.

    All patches are processed as one image, in which each has a border of one cell.
    """
    around = np.ones((3, 3), np.uint8)
    grown = _framed(cv2.dilate(_stacked(cells.known), around), len(cells.known))
    grown[:, [0, -1]] = grown[:, :, [0, -1]] = 1  # the outside of a patch does not erode it
    closed = cv2.erode(grown.reshape(-1, grown.shape[2]), around)
    between = (_inner(closed, len(grown)) > 0) & (cells.known == 0)
    if not between.any():
        return cells
    total = np.maximum(_sum_around(cells.known), 1)
    height, objects = (
        np.where(between, _sum_around(values) / total, values)
        for values in (cells.height, cells.objects)
    )
    return _Cells(height, np.where(between, np.float32(1), cells.known), objects)


def _sum_around(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (n, side, side) sums over the 3x3 cells around each cell of a patch."""
    stacked = _stacked(values)
    sums = cv2.boxFilter(stacked, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return _inner(sums, len(values))


def _stacked(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (n, side, side) patches below each other, each with a border of zeros."""
    bordered = np.pad(values, ((0, 0), (1, 1), (1, 1)))
    return bordered.reshape(-1, bordered.shape[2])


def _framed(image: NDArray[np.generic], count: int) -> NDArray[np.float32]:
    """Return the (count, side + 2, side + 2) patches of a stacked image, with their borders."""
    return np.asarray(image, np.float32).reshape(count, -1, image.shape[1])


def _inner(image: NDArray[np.generic], count: int) -> NDArray[np.float32]:
    """Return the (count, side, side) patches of a stacked image."""
    return _framed(image, count)[:, 1:-1, 1:-1]
