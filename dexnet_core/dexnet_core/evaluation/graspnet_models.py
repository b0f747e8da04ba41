"""Object and table models for the benchmark of GraspNet-1Billion."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from dexnet_core.datasets.graspnet_labels.surface_grid import GRID, surface_grid
from dexnet_core.simulation.jaw.antipodal import object_surfaces
from dexnet_core.simulation.jaw.jaw_contact import Surfaces
import numpy as np
from numpy.typing import NDArray
import trimesh

Points = NDArray[np.float64]

_TABLE = (1.0, 1.0, 0.05)


class ObjectModel(NamedTuple):
    """An object in its own frame, metres.

    Attributes:
        points: (n, 3) surface points, one per grid cell that the surface passes.
        surfaces: Surfaces for finger contacts.
    """

    points: Points
    surfaces: Surfaces


def object_model(mesh: trimesh.Trimesh) -> ObjectModel:
    """Return the model of a mesh."""
    return ObjectModel(surface_grid(mesh), object_surfaces(mesh))


def read_model(path: Path) -> ObjectModel:
    """Read a mesh in metres, in its own frame.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file has no mesh.
    """
    if not path.is_file():
        raise FileNotFoundError(f'model {path} does not exist')
    try:
        mesh = trimesh.load_mesh(path, process=False)
    except Exception as error:  # each format of trimesh raises other exceptions
        raise ValueError(f'{path} cannot be read as a mesh: {error}') from error
    if not isinstance(mesh, trimesh.Trimesh) or len(mesh.faces) == 0:
        raise ValueError(f'{path} has no triangles, expected a mesh')
    return object_model(mesh)


def table_points() -> Points:
    """Return (n, 3) points of a slab in the frame of the table: z is up, 0 on its surface."""
    x, y, z = (np.linspace(0, side, int(side / GRID)) for side in _TABLE)
    grid = np.stack(np.meshgrid(x, y, z, indexing='ij'), axis=-1).reshape(-1, 3)
    return grid - np.array(_TABLE) * (0.5, 0.5, 1)
