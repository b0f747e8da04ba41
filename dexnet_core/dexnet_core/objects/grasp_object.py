"""The thing to grasp: a watertight mesh and the convex pieces that stand for it in physics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from zlib import crc32

import numpy as np
import trimesh

_SPLIT_SHARES = (('train', 80), ('val', 90), ('test', 100))


class Split(str, Enum):
    """Which objects a network learns from, is chosen by and is judged on."""

    TRAIN = 'train'
    VAL = 'val'
    TEST = 'test'


@dataclass(frozen=True)
class GraspObject:
    """An object in its own frame: metres, origin at the centre of mass.

    Attributes:
        name: Unique name; it alone decides the split.
        mesh: Surface, outward normals; the mass is spread evenly inside of it.
        parts: Meshes whose convex hulls together stand for the object in physics.
    """

    name: str
    mesh: trimesh.Trimesh
    parts: tuple[trimesh.Trimesh, ...]

    @property
    def split(self) -> Split:
        """The split of the object: 80 % train, 10 % val, 10 % test, by its name."""
        percent = crc32(self.name.encode()) % 100
        return Split(next(name for name, limit in _SPLIT_SHARES if percent < limit))


def split_counts(things: Iterable[GraspObject]) -> str:
    """Return how many objects each split has, and why, in words."""
    counts = Counter(thing.split for thing in things)
    shares = ', '.join(f'{counts[split]} {split.value}' for split in Split)
    return f"{shares}, as an object's name decides"


def grasp_object(
    name: str,
    solids: Sequence[trimesh.Trimesh],
    cuts: Sequence[trimesh.Trimesh] = (),
    pieces: Sequence[trimesh.Trimesh] = (),
) -> GraspObject:
    """Join solids, take the cuts away and put the origin at the centre of mass.

    Args:
        name: Of the object.
        solids: Meshes that are joined.
        cuts: Meshes that are taken away from them.
        pieces: Convex meshes that stand for the object in physics; the solids without.

    Raises:
        ValueError: The result is not a closed volume.
    """
    mesh = trimesh.boolean.union(list(solids)) if len(solids) > 1 else solids[0].copy()
    if cuts:
        mesh = trimesh.boolean.difference([mesh, *cuts])
    if not mesh.is_volume:
        raise ValueError(f'{name} is not a closed volume')
    offset = -np.asarray(mesh.center_mass)
    mesh.apply_translation(offset)
    parts = tuple(part.copy().apply_translation(offset) for part in pieces or solids)
    return GraspObject(name, mesh, parts)
