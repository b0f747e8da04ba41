"""The objects of a data set: procedural ones, and the user's meshes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dexnet_core.planning.values.checks import require_not_negative, require_positive
from dexnet_core.simulation.objects.grasp_object import GraspObject, of_split, Split
from dexnet_core.simulation.objects.own_meshes import read_meshes
from dexnet_core.simulation.objects.procedural import ProceduralObjects


@dataclass(frozen=True)
class ObjectSource:
    """Which objects a data set is generated from; the base of the configurations of data sets.

    Attributes:
        seed: Seed of all random numbers of the data set, and of the procedural objects.
        objects: Number of procedural objects over all splits; 0 for meshes only.
        meshes: Folder of the user's meshes, in addition to the procedural objects.
        mesh_scale: Metres per unit of those meshes.

    Raises:
        ValueError: A number is too small.
    """

    seed: int = 0
    objects: int = 600
    meshes: Path | None = None
    mesh_scale: float = 1.0

    def __post_init__(self) -> None:
        require_not_negative(self, 'seed', 'objects')
        require_positive(self, 'mesh_scale')


@lru_cache(maxsize=2)
def mesh_objects(source: ObjectSource) -> Sequence[GraspObject]:
    """Return the user's meshes of all splits, none without a folder.

    Raises:
        FileNotFoundError: There is no such folder.
        ValueError: A mesh cannot be used.
    """
    return read_meshes(source.meshes, source.mesh_scale) if source.meshes else []


@lru_cache(maxsize=2)
def all_objects(source: ObjectSource) -> Sequence[GraspObject]:
    """Return all objects: the procedural ones by number, then the meshes."""
    return [*ProceduralObjects(source.objects, source.seed), *mesh_objects(source)]


@lru_cache(maxsize=4)
def objects_of(source: ObjectSource, split: Split) -> Sequence[GraspObject]:
    """Return the objects of one split; procedural objects are created on first access.

    Raises:
        ValueError: The split has no object.
    """
    procedural = ProceduralObjects(source.objects, source.seed, split)
    meshes = mesh_objects(source)
    if procedural and not meshes:
        return procedural
    if procedural:
        return [*procedural, *(thing for thing in meshes if thing.split is split)]
    return of_split(all_objects(source), split)
