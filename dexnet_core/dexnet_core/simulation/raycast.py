"""First intersection of rays with a triangle mesh, computed by Embree through trimesh."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
import trimesh
from trimesh.ray.ray_pyembree import RayMeshIntersector


class RayHits(NamedTuple):
    """First hits of n rays.

    Attributes:
        triangle: (n,) index of the face; -1 for a miss.
        distance: (n,) distance along the ray, in units of its direction vector; inf for a miss.
    """

    triangle: NDArray[np.int64]
    distance: NDArray[np.float64]


class RayCaster:
    """Ray caster of one mesh."""

    def __init__(self, mesh: trimesh.Trimesh) -> None:
        self._intersector = RayMeshIntersector(mesh)
        self._corners = np.asarray(mesh.triangles[:, 0], float)
        self._normals = np.asarray(mesh.face_normals, float)

    def first_hits(
        self, origins: NDArray[np.floating], directions: NDArray[np.floating]
    ) -> RayHits:
        """Return the first hit of each ray; origins and directions have shape (n, 3)."""
        triangle = np.asarray(self._intersector.intersects_first(origins, directions))
        hit = triangle >= 0
        face = triangle[hit]
        distance = np.full(len(triangle), np.inf)
        to_plane = self._along(self._normals[face], self._corners[face] - origins[hit])
        slope = self._along(self._normals[face], directions[hit])
        distance[hit] = to_plane / np.where(slope == 0, np.nan, slope)
        return RayHits(triangle, np.nan_to_num(distance, nan=np.inf, posinf=np.inf))

    @staticmethod
    def _along(a: NDArray[np.float64], b: NDArray[np.floating]) -> NDArray[np.float64]:
        along: NDArray[np.float64] = np.einsum('ni,ni->n', a, b)
        return along
