"""What lies around a placed parallel jaw, seen straight along its way and turned with it.

Training and robot both call `closing_patches`. A patch is centred between the pads, its columns
run along the closing direction and its heights count from the pads, so that a jaw that meets the
same shapes sees the same patch, wherever it stands and however it is turned.
"""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.contracts.closings import ClosingContract
from dexnet_core.grippers.jaw import JawGripper
from dexnet_core.perception.height_map import FAR, HeightMap
import numpy as np
from numpy.typing import NDArray

CHANNELS = 4
"""Fine relief over the pads, coarse relief, known, and the jaw: 1 under fingers, -0.5 between."""

_FINE_LIMIT = 2.5
_COARSE_LIMIT = 2.0
_BETWEEN = np.float32(-0.5)


class JawPlaces(NamedTuple):
    """n opened jaws that point along the optical axis, in the optical frame.

    Attributes:
        middles: (n, 3) metres, midway between the pads.
        angles: (n,) radians of the closing direction from +x towards +y.
        openings: (n,) metres between the fingers.
    """

    middles: NDArray[np.floating]
    angles: NDArray[np.floating]
    openings: NDArray[np.floating]


def closing_patches(
    heights: HeightMap, jaws: JawPlaces, contract: ClosingContract
) -> NDArray[np.float32]:
    """Return (n, CHANNELS, rows, columns) float32 patches around placed jaws.

    Args:
        heights: What the camera measured; walls stand at depth 0.
        jaws: Opened, before they close.
        contract: Size and scales of a patch.
    """
    along, across = (
        (np.arange(count, dtype=np.float32) - (count - 1) / 2) * np.float32(contract.step)
        for count in (contract.columns, contract.rows)
    )
    depth = _looked_up(heights, jaws, along, across[:, None])
    known = (depth < FAR).astype(np.float32)
    relief = (np.asarray(jaws.middles, np.float32)[:, 2, None, None] - depth) * known
    patches = np.empty((len(depth), CHANNELS, contract.rows, contract.columns), np.float32)
    np.clip(relief / contract.fine_relief, -_FINE_LIMIT, _FINE_LIMIT, out=patches[:, 0])
    np.clip(relief / contract.coarse_relief, -_COARSE_LIMIT, _COARSE_LIMIT, out=patches[:, 1])
    patches[:, 2] = known
    patches[:, 3] = _outline(np.asarray(jaws.openings), along, across, contract.jaw)
    return patches


def _looked_up(
    heights: HeightMap,
    jaws: JawPlaces,
    along: NDArray[np.float32],
    across: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return (n, rows, columns) the depth in the nearest cell; FAR off the map."""
    cos, sin = (f(jaws.angles).astype(np.float32)[:, None, None] for f in (np.cos, np.sin))
    x, y = np.asarray(jaws.middles, np.float32)[:, :2].T[..., None, None]
    return heights.at(x + (cos * along - sin * across), y + (sin * along + cos * across))


def _outline(
    openings: NDArray[np.floating],
    along: NDArray[np.float32],
    across: NDArray[np.float32],
    jaw: JawGripper,
) -> NDArray[np.float32]:
    """Return (n, rows, columns) where the fingers come down, and what is between them."""
    beyond = np.abs(along) - openings[:, None] / 2
    line = np.where(beyond < 0, _BETWEEN, (beyond <= jaw.finger_thickness).astype(np.float32))
    return line[:, None] * (np.abs(across) <= jaw.finger_width / 2)[:, None]
