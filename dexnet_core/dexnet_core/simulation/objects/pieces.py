"""Convex decomposition of hollow shapes for collisions in physics."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from dexnet_core.geometry.transform import circle
import numpy as np
from numpy.typing import NDArray
import trimesh

Profile = Sequence[tuple[float, float]] | NDArray[np.float64]

_SECTORS = 14


def shell_pieces(outer: Profile, inner: Profile, base: float) -> list[trimesh.Trimesh]:
    """Return the wall and the base of a round vessel as convex pieces.

    Args:
        outer: (radius, height) pairs of the outer wall in metres, upwards from the base; at
            least two.
        inner: (radius, height) pairs of the inner wall; the same number.
        base: Thickness of the base in metres.
    """
    rim = circle(_SECTORS) / np.sqrt(np.cos(np.pi / _SECTORS))  # between in- and circumcircle
    walls = [
        trimesh.convex.convex_hull(np.vstack([_arc(side, level) for level in band]))
        for side in pairwise([*rim, rim[0]])
        for band in pairwise(zip(outer, inner, strict=True))
    ]
    radius, low = outer[0]
    floor = np.vstack([np.column_stack([radius * rim, np.full(_SECTORS, z)]) for z in (0, base)])
    return [*walls, trimesh.convex.convex_hull(floor + np.array([0, 0, low]))]


def _arc(
    side: tuple[NDArray[np.float64], NDArray[np.float64]],
    level: tuple[tuple[float, float], tuple[float, float]],
) -> NDArray[np.float64]:
    """Return (4, 3) points of one level: outer and inner wall at both ends of a sector."""
    return np.array([[*(radius * corner), height] for corner in side for radius, height in level])


def ring_pieces(
    outline: NDArray[np.floating], bore: float, height: float, low: float
) -> list[trimesh.Trimesh]:
    """Return an extruded outline with a round hole in its middle as convex pieces.

    Args:
        outline: (n, 2) vertices around the origin in metres.
        bore: Radius of the hole in metres; less than the distance of every vertex.
        height: Length along z in metres.
        low: z of the lower end in metres.
    """
    around = outline / np.linalg.norm(outline, axis=1, keepdims=True)
    sectors = zip(
        pairwise([*outline, outline[0]]), pairwise([*bore * around, bore * around[0]]), strict=True
    )
    return [
        trimesh.convex.convex_hull(
            np.vstack([np.column_stack([np.vstack([*out, *hole]), np.full(4, z)]) for z in ends])
        )
        for out, hole in sectors
        for ends in [(low, low + height)]
    ]


def tray_pieces(size: Sequence[float], wall: float, floor: float) -> list[trimesh.Trimesh]:
    """Return the four walls and the floor of an open box around the origin, in metres.

    Args:
        size: (3,) outer dimensions.
        wall: Thickness of the walls.
        floor: Thickness of the floor.
    """
    x, y, z = size
    long_wall, short_wall = (x, wall, z), (wall, y, z)
    placed = [
        *((long_wall, (0, side * (y - wall) / 2, 0)) for side in (-1, 1)),
        *((short_wall, (side * (x - wall) / 2, 0, 0)) for side in (-1, 1)),
        ((x, y, floor), (0, 0, (floor - z) / 2)),
    ]
    return [trimesh.creation.box(extents).apply_translation(at) for extents, at in placed]
