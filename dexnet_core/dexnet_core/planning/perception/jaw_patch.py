"""Patches around placed parallel jaws, projected along the approach, for an evaluator.

Training and robot both use `jaw_patches`. A patch is centred between the pads, its columns run
along the closing direction and its heights are relative to the pads. The same shapes relative to
the jaw give the same patch, for any position and rotation of the jaw.
"""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.planning.contracts.evaluator_contracts import JawEvaluatorContract
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.perception.height_map import FAR, HeightMap
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


def jaw_patches(
    heights: HeightMap, jaws: JawPlaces, contract: JawEvaluatorContract
) -> NDArray[np.float32]:
    """Return (n, CHANNELS, rows, columns) float32 patches around placed jaws.

    Args:
        heights: The measured surfaces; walls have depth 0.
        jaws: The opened jaws, before they close.
        contract: Size and scales of a patch.
    """
    along, across = (
        (np.arange(count, dtype=np.float32) - (count - 1) / 2) * np.float32(contract.step)
        for count in (contract.columns, contract.rows)
    )
    depth = _looked_up(heights, jaws, along, across[:, None])
    relief = np.asarray(jaws.middles, np.float32)[:, 2, None, None] - depth
    outline = _outline(np.asarray(jaws.openings), along, across, contract.jaw)
    return _channels(relief, depth < FAR, outline, contract)


def _channels(
    relief: NDArray[np.float32],
    known: NDArray[np.bool_],
    outline: NDArray[np.float32],
    contract: JawEvaluatorContract,
) -> NDArray[np.float32]:
    """Return the channels from (n, rows, columns) metres over the pads and outlines of jaws."""
    relief = relief * known
    patches = np.empty((len(relief), CHANNELS, contract.rows, contract.columns), np.float32)
    np.clip(relief / contract.fine_relief, -_FINE_LIMIT, _FINE_LIMIT, out=patches[:, 0])
    np.clip(relief / contract.coarse_relief, -_COARSE_LIMIT, _COARSE_LIMIT, out=patches[:, 1])
    patches[:, 2] = known
    patches[:, 3] = outline
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
    """Return the (n, rows, columns) outline of the fingers and of the space between them."""
    beyond = np.abs(along) - openings[:, None] / 2
    line = np.where(beyond < 0, _BETWEEN, (beyond <= jaw.finger_thickness).astype(np.float32))
    return line[:, None] * (np.abs(across) <= jaw.finger_width / 2)[:, None]


def jaw_context(
    jaws: JawPlaces,
    scores: NDArray[np.floating],
    down: NDArray[np.floating],
    contract: JawEvaluatorContract,
) -> NDArray[np.float32]:
    """Return the (n, k) float32 context of the evaluator.

    Args:
        jaws: The opened jaws, before they close.
        scores: (n,) scores in [0, 1] of the network that proposed them.
        down: (3,) unit direction of gravity, in the optical frame.
        contract: Names the columns.
    """
    cos, sin = np.cos(jaws.angles), np.sin(jaws.angles)
    values = {
        'score': scores,
        'down_x': cos * down[0] + sin * down[1],
        'down_y': cos * down[1] - sin * down[0],
        'down_z': np.full(len(cos), down[2]),
    }
    return np.stack([values[name] for name in contract.context], axis=1).astype(np.float32)
