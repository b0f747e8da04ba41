"""The user's own meshes: any folder of STL, OBJ, PLY or glTF files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from dexnet_core.objects.convex import convex_pieces
from dexnet_core.objects.grasp_object import grasp_object, GraspObject
import trimesh

SUFFIXES = ('.stl', '.obj', '.ply', '.glb', '.gltf')
_LONGEST = (0.005, 1.0)


class UsableMeshes(NamedTuple):
    """What could be read of a folder.

    Attributes:
        objects: Sorted by name.
        broken: A line for each file that cannot be used, which names it.
    """

    objects: list[GraspObject]
    broken: list[str]


def read_meshes(folder: Path, scale: float = 1.0) -> list[GraspObject]:
    """Read every mesh of a folder, sorted by name.

    Args:
        folder: Where the files lie.
        scale: Metres per unit of the files; 0.001 for millimetres.

    Raises:
        ValueError: No mesh there, or one is not watertight or of an unlikely size; the message
            names the file.
    """
    return [read_mesh(file, scale) for file in _files(folder)]


def read_usable_meshes(folder: Path, scale: float = 1.0) -> UsableMeshes:
    """Read those meshes of a folder that can be read; see `read_meshes`.

    Raises:
        ValueError: There is none.
    """
    objects, broken = [], []
    for file in _files(folder):
        try:
            objects.append(read_mesh(file, scale))
        except ValueError as error:
            broken.append(str(error))
    if not objects:
        raise ValueError(f'{folder} holds no mesh that can be used: {broken[0]}')
    return UsableMeshes(objects, broken)


def read_mesh(file: Path, scale: float = 1.0) -> GraspObject:
    """Read one mesh; see `read_meshes`."""
    try:
        mesh = trimesh.load_mesh(file, process=True)
    except Exception as error:  # each format of trimesh has errors of its own
        raise ValueError(f'{file} cannot be read as a mesh: {error}') from error
    if not isinstance(mesh, trimesh.Trimesh) or len(mesh.faces) == 0:
        raise ValueError(f'{file} holds no triangles')
    mesh.apply_scale(scale)
    longest = float(mesh.extents.max())
    if not _LONGEST[0] <= longest <= _LONGEST[1]:
        raise ValueError(
            f'{file} is {longest:.4g} m long, expected {_LONGEST[0]} to {_LONGEST[1]} m: '
            'is it in other units? (--mesh-scale 0.001 reads millimetres)'
        )
    if not mesh.is_watertight:
        raise ValueError(f'{file} is not watertight, so it has no volume and no centre of mass')
    trimesh.repair.fix_normals(mesh)
    bodies = list(mesh.split(only_watertight=True)) or [mesh]
    pieces = [piece for body in bodies for piece in convex_pieces(body)]
    try:
        return grasp_object(f'mesh_{file.name}', bodies, pieces=pieces)
    except ValueError as error:
        raise ValueError(f'{file} cannot be used: {error}') from error


def _files(folder: Path) -> list[Path]:
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
    if not files:
        raise ValueError(f'{folder} holds no mesh; expected {", ".join(SUFFIXES)}')
    return files
