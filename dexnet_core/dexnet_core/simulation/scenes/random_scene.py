"""Random scenes: single objects, objects packed upright, and heaps on tables and in bins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dexnet_core.planning.values.checks import require_ranges, require_shares
from dexnet_core.simulation.objects.grasp_object import GraspObject
from dexnet_core.simulation.scenes.packing import pack
from dexnet_core.simulation.scenes.scene import Bin, Scene
from dexnet_core.simulation.scenes.settling import settle
import numpy as np

_ATTEMPTS = 20


@dataclass(frozen=True)
class SceneRange:
    """Distribution of random scenes; each pair is (minimum, maximum), lengths are in metres.

    Attributes:
        single: Fraction of scenes with one object on a table.
        packed: Fraction of scenes with objects that stand close together on a table.
        pack: Number of objects in a packed scene; fewer if the table is full.
        heap: Number of objects in a heap.
        binned: Fraction of heaps in a bin; the other heaps are on the table.
        bin_length: Inner length of the bin.
        bin_width: Inner width of the bin.
        bin_height: Height of the walls.

    Raises:
        ValueError: A fraction is not from 0 to 1, or a range is not ordered or not positive.
    """

    single: float = 0.25
    packed: float = 0.0
    pack: tuple[int, int] = (3, 10)
    heap: tuple[int, int] = (3, 20)
    binned: float = 0.8
    bin_length: tuple[float, float] = (0.25, 0.55)
    bin_width: tuple[float, float] = (0.2, 0.4)
    bin_height: tuple[float, float] = (0.05, 0.18)

    def __post_init__(self) -> None:
        require_shares(self, 'single', 'packed', 'binned')
        if self.single + self.packed > 1:
            total = f'single {self.single} and packed {self.packed}'
            raise ValueError(f'the sum of {total} is over 1, expected at most 1')
        require_ranges(self, 'pack', 'heap', 'bin_length', 'bin_width', 'bin_height')


def random_scene(
    objects: Sequence[GraspObject], ranges: SceneRange, rng: np.random.Generator
) -> Scene:
    """Draw objects and let them settle; the scene contains at least one object.

    Raises:
        ValueError: 20 attempts in a row gave a scene without objects.
    """
    for _ in range(_ATTEMPTS):
        scene = _drawn(objects, ranges, rng)
        if scene.objects:
            return scene
    raise ValueError(f'no object came to rest in {_ATTEMPTS} scenes')


def _drawn(objects: Sequence[GraspObject], ranges: SceneRange, rng: np.random.Generator) -> Scene:
    kind = rng.random()
    if kind < ranges.single:
        return settle([objects[int(rng.integers(len(objects)))]], rng)
    if kind < ranges.single + ranges.packed:
        return pack(_some(objects, ranges.pack, rng), rng)
    return settle(_some(objects, ranges.heap, rng), rng, _random_bin(ranges, rng))


def _some(
    objects: Sequence[GraspObject], count: tuple[int, int], rng: np.random.Generator
) -> list[GraspObject]:
    return [objects[k] for k in rng.choice(len(objects), rng.integers(*count, endpoint=True))]


def _random_bin(ranges: SceneRange, rng: np.random.Generator) -> Bin | None:
    sides = (ranges.bin_length, ranges.bin_width, ranges.bin_height)
    length, width, height = (float(rng.uniform(*side)) for side in sides)
    return Bin(length, width, height) if rng.random() < ranges.binned else None
