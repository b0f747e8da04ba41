"""The points that stand for a surface where the benchmark of GraspNet-1Billion counts them."""

from __future__ import annotations

from dexnet_core.planning.graspnet.collision import thinned
import numpy as np
from numpy.typing import NDArray
import trimesh

GRID = 0.008
"""Metres between them."""
_DRAWN_PER_CELL = 30


def surface_grid(mesh: trimesh.Trimesh, seed: int = 0) -> NDArray[np.float64]:
    """Return (n, 3) a point of the surface in each cube of the grid that it passes.

    The benchmark's API thins the vertices; here points drawn evenly from the surface are thinned,
    which is the same for scanned meshes and does not leave holes between the few corners of
    others.

    Args:
        mesh: In metres.
        seed: Decides the points.
    """
    count = int(mesh.area / GRID**2 * _DRAWN_PER_CELL) + 1
    drawn, _ = trimesh.sample.sample_surface(mesh, count, seed=seed)
    return thinned(np.asarray(drawn), GRID)
