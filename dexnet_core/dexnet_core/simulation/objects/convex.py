"""Convex decomposition of meshes for collisions in physics, by CoACD (Wei et al., 2022)."""

from __future__ import annotations

import os
from pathlib import Path

from dexnet_core.io.files.atomic import read_arrays, write_arrays
import numpy as np
import trimesh

_CONVEX = 0.98
"""Minimum ratio of volume to convex hull volume at which a body is treated as convex."""
_CONCAVITY = 0.05
_MOST_PIECES = 32


def convex_pieces(body: trimesh.Trimesh) -> list[trimesh.Trimesh]:
    """Return convex meshes whose union approximates a watertight body.

    The decomposition of a non-convex body takes seconds. Results are cached in
    `$XDG_CACHE_HOME/dexnet` or `~/.cache/dexnet`.
    """
    hull = body.convex_hull
    if body.volume > _CONVEX * hull.volume:
        return [hull]
    path = _cache() / 'convex' / f'{body.identifier_hash}.npz'
    try:
        corners, counts = read_arrays(path, 'corners', 'counts')
    except (FileNotFoundError, ValueError):
        corners, counts = _decomposed(body)
        write_arrays(path, corners=corners, counts=counts)
    pieces = np.split(corners, np.cumsum(counts)[:-1])
    return [trimesh.convex.convex_hull(piece) for piece in pieces]


def _decomposed(body: trimesh.Trimesh) -> tuple[np.ndarray, np.ndarray]:
    """Return the concatenated vertices (n, 3) of all pieces and the vertex count of each."""
    import coacd  # slow to import, and needed for few meshes

    coacd.set_log_level('error')
    mesh = coacd.Mesh(body.vertices, body.faces)
    parts = coacd.run_coacd(mesh, threshold=_CONCAVITY, max_convex_hull=_MOST_PIECES)
    corners = [np.asarray(vertices) for vertices, _ in parts]
    return np.concatenate(corners), np.array([len(piece) for piece in corners])


def _cache() -> Path:
    home = os.environ.get('XDG_CACHE_HOME')
    return (Path(home) if home else Path.home() / '.cache') / 'dexnet'
