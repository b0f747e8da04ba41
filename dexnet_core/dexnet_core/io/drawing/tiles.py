"""Arrangement of pictures in a grid."""

from __future__ import annotations

from collections.abc import Sequence

from dexnet_core.io.drawing.overlay import Picture
import numpy as np

INK = (28, 28, 28)
"""BGR colour of the background."""


def tiled(tiles: Sequence[Picture], columns: int) -> Picture:
    """Return one picture with all tiles in rows; empty places are dark.

    Args:
        tiles: At least one picture, (H, W, 3) uint8, all of the same width.
        columns: Number of pictures in a row.
    """
    tall, wide = max(len(tile) for tile in tiles), tiles[0].shape[1]
    sheet = np.empty((-(-len(tiles) // columns) * tall, columns * wide, 3), np.uint8)
    sheet[:] = INK
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        sheet[row * tall :, column * wide :][: len(tile), :wide] = tile
    return sheet
