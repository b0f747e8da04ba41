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
_MANY = 10
"""Own objects of which one in ten can be kept for validation."""


class Split(str, Enum):
    """Which objects a network learns from, is validated and tested on."""

    TRAIN = 'train'
    VAL = 'val'
    TEST = 'test'


@dataclass(frozen=True)
class GraspObject:
    """An object in its own frame: metres, origin at the centre of mass.

    Attributes:
        name: Unique name.
        mesh: Surface, outward normals; the mass is spread evenly inside of it.
        parts: Meshes whose convex hulls together stand for the object in physics.
        split: Of the object; where none is given, its name decides.
    """

    name: str
    mesh: trimesh.Trimesh
    parts: tuple[trimesh.Trimesh, ...]
    split: Split = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.split is None:
            object.__setattr__(self, 'split', split_of(self.name))


def split_of(name: str) -> Split:
    """Return the split of an object: 80 % train, 10 % val, 10 % test, by its name."""
    return Split(next(split for split, limit in _SPLIT_SHARES if _percent(name) < limit))


def splits_of_own(names: Sequence[str]) -> list[Split]:
    """Return the splits of the user's own objects, alike whenever the names are.

    Of many each name decides. Of fewer than ten, and of more where that would leave none to train
    with or to validate on, none is kept for testing, and one in ten is for validation, but of
    several at least one.
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
    """Return how many objects each split has, in words."""
    counts = Counter(thing.split for thing in things)
    return ', '.join(f'{counts[split]} {split.value}' for split in Split)


def of_split(things: Sequence[GraspObject], split: Split) -> list[GraspObject]:
    """Return the objects of a split; a single object to train with is validated with, too.

    Raises:
        ValueError: There is none.
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
