"""Reader of the user's meshes: a folder of STL, OBJ, PLY, OFF or glTF files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from dexnet_core.simulation.objects.convex import convex_pieces
from dexnet_core.simulation.objects.grasp_object import grasp_object, GraspObject, splits_of_own
from dexnet_core.simulation.objects.mesh_bodies import Bodies, closed_bodies
import numpy as np
import trimesh

SUFFIXES = ('.stl', '.obj', '.ply', '.off', '.glb', '.gltf')
_OTHERS = ('.3mf', '.dae', '.fbx', '.iges', '.igs', '.step', '.stp', '.usd', '.usdz', '.wrl')
"""Known file formats that are not supported; they cause an error message."""
_LONGEST = (0.005, 1.0)
_UNITS = {'metres': 1.0, 'inches': 0.0254, 'centimetres': 0.01, 'millimetres': 0.001}
_LIKELY = (0.01, 0.5)
_POINTER = b'version https://git-lfs'


class UsableMeshes(NamedTuple):
    """Usable meshes of a folder and problems of its files.

    Attributes:
        objects: Objects sorted by file name.
        broken: One line per unusable file, with its name and the reason.
        repaired: One line per repaired file, with its name and the repairs.
    """

    objects: list[GraspObject]
    broken: list[str]
    repaired: list[str]


class ReadMesh(NamedTuple):
    """An object and descriptions of the repairs of its mesh."""

    object: GraspObject
    repairs: list[str]


def read_meshes(folder: Path, scale: float = 1.0) -> list[GraspObject]:
    """Return the usable meshes of a folder; see `read_usable_meshes`."""
    return read_usable_meshes(folder, scale).objects


def read_usable_meshes(folder: Path, scale: float = 1.0) -> UsableMeshes:
    """Read all meshes of a folder and report the files that cannot be used.

    The objects are assigned to splits such that there is at least one for training; see
    `splits_of_own`.

    Args:
        folder: Folder of mesh files, or a single file.
        scale: Metres per unit of the files; 0.001 for millimetres.

    Raises:
        FileNotFoundError: The folder does not exist.
        ValueError: No mesh is usable; the message contains the first file and the reason.
    """
    objects, broken, repaired = [], [], []
    for file in _files(folder):
        try:
            thing, repairs = read_mesh(file, scale)
        except ValueError as error:
            broken.append(str(error))
            continue
        objects.append(thing)
        if repairs:
            repaired.append(f'{file}: {", ".join(repairs)}')
    if not objects:
        others = f' (and {len(broken) - 1} more)' if len(broken) > 1 else ''
        raise ValueError(f'{folder} holds no mesh that can be used: {broken[0]}{others}')
    splits = splits_of_own([thing.name for thing in objects])
    shared = [replace(thing, split=split) for thing, split in zip(objects, splits, strict=True)]
    return UsableMeshes(shared, broken, repaired)


def read_mesh(file: Path, scale: float = 1.0) -> ReadMesh:
    """Read one mesh.

    Args:
        file: Mesh file; all parts of its scene form one object.
        scale: Metres per unit of the file.

    Raises:
        ValueError: The file cannot be read, is not closed, or has an implausible size; the
            message contains the file name.
    """
    if file.suffix.lower() in _OTHERS:
        raise ValueError(f'{file} is not a supported format: save it as {", ".join(SUFFIXES)}')
    mesh = _loaded(file)
    mesh.apply_scale(scale)
    _require_size(file, float(mesh.extents.max()), scale)
    try:
        bodies = closed_bodies(mesh)
    except ValueError as error:
        raise ValueError(f'{file} {error}') from error
    return ReadMesh(_joined(file, bodies), bodies.repairs)


def _loaded(file: Path) -> trimesh.Trimesh:
    try:
        mesh = trimesh.load_mesh(file, process=False)
    except Exception as error:  # each format reader of trimesh raises different exceptions
        reason = ' '.join(f'{error or type(error).__name__}'.split())[:160]
        raise ValueError(f'{file} cannot be read as a mesh: {reason}') from error
    if not isinstance(mesh, trimesh.Trimesh) or len(mesh.faces) == 0:
        with file.open('rb') as content:
            pointer = content.read(len(_POINTER)) == _POINTER
        why = ': it is a Git LFS pointer, run git lfs pull' if pointer else ''
        raise ValueError(f'{file} holds no triangles{why}')
    if not np.isfinite(mesh.vertices).all():
        raise ValueError(f'{file} has corners that are NaN or infinite')
    return mesh


def _require_size(file: Path, longest: float, scale: float) -> None:
    """Raise ValueError for an implausible size, with the units that would be plausible."""
    if _LONGEST[0] <= longest <= _LONGEST[1]:
        return
    likely = ' or '.join(
        f'{value:g} for {unit}'
        for unit, value in _UNITS.items()
        if value != scale and _LIKELY[0] <= longest / scale * value <= _LIKELY[1]
    )
    hint = f'--mesh-scale {likely}' if likely else '--mesh-scale is metres per unit'
    raise ValueError(
        f'{file} is {longest:.4g} m long, expected {_LONGEST[0]} to {_LONGEST[1]} m: '
        f'is it in other units? ({hint})'
    )


def _joined(file: Path, bodies: Bodies) -> GraspObject:
    """Unite bodies and decompose non-convex ones into convex pieces for physics."""
    try:
        pieces = [piece for solid in bodies.solids for piece in convex_pieces(solid)]
        return grasp_object(f'mesh_{file.name}', bodies.solids, pieces=pieces)
    except (ValueError, RuntimeError) as error:  # from Qhull, CoACD and the boolean union
        raise ValueError(f'{file} cannot be used: {error}') from error


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    known = (*SUFFIXES, *_OTHERS)
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in known)
    if not files:
        raise ValueError(f'{folder} holds no mesh; expected {", ".join(SUFFIXES)}')
    return files
