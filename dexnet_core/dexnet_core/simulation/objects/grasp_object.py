"""Object to grasp: a watertight mesh, its convex collision meshes, and its data split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from zlib import crc32

import numpy as np
import trimesh

_SPLIT_SHARES = (('train', 80), ('val', 90), ('test', 100))
_MANY = 10
"""Number of user objects from which on one in ten can be reserved for validation."""


class Split(str, Enum):
    """Data split of an object: training, validation or test."""

    TRAIN = 'train'
    VAL = 'val'
    TEST = 'test'


@dataclass(frozen=True)
class GraspObject:
    """An object in its own frame, in metres, with the origin at the centre of mass.

    Attributes:
        name: Unique name.
        mesh: Watertight surface with outward normals; the density is uniform.
        parts: Meshes whose convex hulls are the collision geometry in physics.
        split: Data split; derived from the name by `split_of` if not given.
    """

    name: str
    mesh: trimesh.Trimesh
    parts: tuple[trimesh.Trimesh, ...]
    split: Split = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.split is None:
            object.__setattr__(self, 'split', split_of(self.name))


def split_of(name: str) -> Split:
    """Return the split of an object from a hash of its name: 80 % train, 10 % val, 10 % test."""
    return Split(next(split for split, limit in _SPLIT_SHARES if _percent(name) < limit))


def splits_of_own(names: Sequence[str]) -> list[Split]:
    """Return the splits of the user's objects; equal names give equal splits.

    With ten or more objects, the split of each object follows from its name (see `split_of`).
    With fewer than ten objects, or if `split_of` would leave no object for training or for
    validation, there is no test split: one in ten objects is for validation, and at least one if
    there are several.
    """
    by_name = [split_of(name) for name in names]
    if len(names) >= _MANY and {Split.TRAIN, Split.VAL} <= set(by_name):
        return by_name
    count = max(len(names) // _MANY, int(len(names) > 1))
    chosen = sorted(names, key=lambda name: (_percent(name), name))[len(names) - count :]
    return [Split.VAL if name in chosen else Split.TRAIN for name in names]


def _percent(name: str) -> int:
    return crc32(name.encode()) % 100


def split_counts(things: Iterable[GraspObject]) -> str:
    """Return the number of objects in each split as text, e.g. '8 train, 1 val, 1 test'."""
    counts = Counter(thing.split for thing in things)
    return ', '.join(f'{counts[split]} {split.value}' for split in Split)


def of_split(things: Sequence[GraspObject], split: Split) -> list[GraspObject]:
    """Return the objects of a split; a single training object is also used for validation.

    Raises:
        ValueError: The split has no object.
    """
    wanted = {split, Split.TRAIN} if len(things) == 1 and split is Split.VAL else {split}
    chosen = [thing for thing in things if thing.split in wanted]
    if not chosen:
        got = f'none of the {len(things)} objects is for {split.value}'
        raise ValueError(f'{got}, expected at least one: {split_counts(things)}')
    return chosen


def grasp_object(
    name: str,
    solids: Sequence[trimesh.Trimesh],
    cuts: Sequence[trimesh.Trimesh] = (),
    pieces: Sequence[trimesh.Trimesh] = (),
) -> GraspObject:
    """Unite solids, subtract cuts, and move the origin to the centre of mass.

    Args:
        name: Name of the object.
        solids: Meshes of the boolean union.
        cuts: Meshes that are subtracted from the union.
        pieces: Convex collision meshes for physics; default is `solids`.

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
