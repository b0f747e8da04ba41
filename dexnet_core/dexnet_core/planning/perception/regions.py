"""Regions of interest: boxes around the objects of a view, so that empty areas are skipped."""

from __future__ import annotations

import cv2
from dexnet_core.planning.perception.metric_view import PixelBox
import numpy as np
from numpy.typing import NDArray

_WORTH = 0.7
"""Share of the view above which separate boxes are not worth their overhead."""


def object_regions(objects: NDArray[np.bool_], margin: int) -> list[PixelBox]:
    """Return boxes that do not overlap and contain all objects with a margin around them.

    Args:
        objects: (h, w) True on objects; at least one cell is.
        margin: Cells.

    Returns:
        Boxes in the cells of `objects`; one box of all cells if they cover most of the view.
    """
    height, width = objects.shape
    kernel = np.ones((2 * margin + 1, 2 * margin + 1), np.uint8)
    grown = cv2.dilate(objects.astype(np.uint8), kernel)
    _, _, stats, _ = cv2.connectedComponentsWithStats(grown, connectivity=8)
    boxes = [PixelBox(u, v, u + w, v + h) for u, v, w, h, _ in stats[1:].tolist()]
    boxes = _merged(boxes)
    covered = sum((box.u1 - box.u0) * (box.v1 - box.v0) for box in boxes)
    everything = PixelBox(0, 0, width, height)
    return boxes if covered < _WORTH * width * height else [everything]


def _merged(boxes: list[PixelBox]) -> list[PixelBox]:
    """Join boxes until none overlap."""
    kept: list[PixelBox] = []
    for box in boxes:
        while met := [other for other in kept if _overlap(box, other)]:
            kept = [other for other in kept if other not in met]
            low = np.min([box, *met], axis=0)
            high = np.max([box, *met], axis=0)
            box = PixelBox(*low[:2].tolist(), *high[2:].tolist())
        kept.append(box)
    return kept


def _overlap(a: PixelBox, b: PixelBox) -> bool:
    return a.u0 < b.u1 and b.u0 < a.u1 and a.v0 < b.v1 and b.v0 < a.v1
