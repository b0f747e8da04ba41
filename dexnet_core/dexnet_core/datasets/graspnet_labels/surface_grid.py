"""Surface points on the grid on which the benchmark of GraspNet-1Billion counts them."""

from __future__ import annotations

from dexnet_core.planning.graspnet.collision import thinned
import numpy as np
from numpy.typing import NDArray
import trimesh

GRID = 0.008
"""Grid spacing in metres."""
_DRAWN_PER_CELL = 30


def surface_grid(mesh: trimesh.Trimesh, seed: int = 0) -> NDArray[np.float64]:
    """Return points (n, 3), one per grid cube that the surface intersects.

    The benchmark's API downsamples the vertices. This function downsamples uniform surface
    samples, which is equivalent for scanned meshes and leaves no holes on meshes with few
    vertices.

    Args:
        mesh: Mesh in metres.
        seed: Seed of the surface samples.
    """
    count = int(mesh.area / GRID**2 * _DRAWN_PER_CELL) + 1
    drawn, _ = trimesh.sample.sample_surface(mesh, count, seed=seed)
    return thinned(np.asarray(drawn), GRID)
