"""Configuration and objects of a generated set in the file format of GraspNet-1Billion."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache, partial

from dexnet_core.datasets.graspnet_labels.object_labels import LabelSettings
from dexnet_core.planning.values.checks import (
    require_not_negative,
    require_positive,
    require_ranges,
)
from dexnet_core.simulation.objects.grasp_object import GraspObject, of_split, Split
from dexnet_core.simulation.objects.object_source import all_objects, ObjectSource
from dexnet_core.simulation.scenes.rendered_view import ViewRange

SPLITS = (Split.TRAIN, Split.VAL)
"""Splits of a set; it does not contain test objects."""


@dataclass(frozen=True)
class GraspNetSetConfig(ObjectSource):
    """Configuration of a generated set.

    Attributes:
        objects: Number of procedural objects over all splits, of which the test objects are not
            used; 0 for meshes only.
        train_scenes: Number of scenes with training objects.
        val_scenes: Number of scenes with validation objects.
        views_per_scene: Number of views per scene, all with the same intrinsics.
        heap: Minimum and maximum number of different objects dropped onto the table.
        factor_depth: Units of the stored depth per metre.
        labels: Settings of the grasp labels.
        views: Distribution of cameras.

    Raises:
        ValueError: A number is too small.
    """

    objects: int = 76
    train_scenes: int = 250
    val_scenes: int = 30
    views_per_scene: int = 4
    heap: tuple[int, int] = (1, 10)
    factor_depth: float = 10000.0
    labels: LabelSettings = field(default_factory=LabelSettings)
    views: ViewRange = field(
        default_factory=partial(ViewRange, (0.35, 0.7), (0.0, 0.9), (450.0, 750.0))
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        require_not_negative(self, 'train_scenes', 'val_scenes')
        require_positive(self, 'views_per_scene', 'factor_depth')
        require_ranges(self, 'heap')

    def scenes_of(self, split: Split) -> range:
        """Return the numbers of the scenes of a split."""
        if split is Split.TRAIN:
            return range(self.train_scenes)
        return range(self.train_scenes, self.train_scenes + self.val_scenes)


@lru_cache(maxsize=2)
def set_objects(config: GraspNetSetConfig) -> tuple[GraspObject, ...]:
    """Return the objects of a set; the id of an object is its index.

    Raises:
        ValueError: A split with scenes has no object.
    """
    things = all_objects(config)
    for split in SPLITS:
        if config.scenes_of(split):
            of_split(things, split)  # raises ValueError for a split without objects
    return tuple(thing for thing in things if thing.split in SPLITS)
