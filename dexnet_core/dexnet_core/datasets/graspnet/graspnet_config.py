"""What set to make in the files of GraspNet-1Billion, and the objects that it is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

from dexnet_core.datasets.graspnet_labels.object_labels import LabelSettings
from dexnet_core.io.checks import require_not_negative, require_positive, require_ranges
from dexnet_core.simulation.objects.grasp_object import GraspObject, of_split, Split
from dexnet_core.simulation.objects.own_meshes import read_meshes
from dexnet_core.simulation.objects.procedural import procedural_object
from dexnet_core.simulation.scenes.rendered_view import ViewRange

SPLITS = (Split.TRAIN, Split.VAL)
"""Splits that a set has; objects for testing are left out of it."""


@dataclass(frozen=True)
class GraspNetSetConfig:
    """What set to make.

    Attributes:
        seed: Decides everything.
        objects: Procedural objects over all splits, those for testing left out; 0 for meshes only.
        meshes: Folder of the user's meshes, added to the procedural ones.
        mesh_scale: Metres per unit of those meshes.
        train_scenes: Scenes of training objects.
        val_scenes: Scenes of validation objects.
        views_per_scene: Views of each scene, of one camera.
        heap: Least and greatest number of objects that are dropped onto the table, no two alike.
        factor_depth: Units of the stored depth to the metre.
        labels: Grasps of the objects.
        views: What cameras to draw.

    Raises:
        ValueError: A number is too small.
    """

    seed: int = 0
    objects: int = 76
    meshes: Path | None = None
    mesh_scale: float = 1.0
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
        require_not_negative(self, 'seed', 'objects', 'train_scenes', 'val_scenes')
        require_positive(self, 'mesh_scale', 'views_per_scene', 'factor_depth')
        require_ranges(self, 'heap')

    def scenes_of(self, split: Split) -> range:
        """Return the numbers of the scenes of a split."""
        if split is Split.TRAIN:
            return range(self.train_scenes)
        return range(self.train_scenes, self.train_scenes + self.val_scenes)


@lru_cache(maxsize=2)
def set_objects(config: GraspNetSetConfig) -> tuple[GraspObject, ...]:
    """Return the objects of a set; the id of each is its place.

    Raises:
        ValueError: A split that has scenes has no object.
    """
    made = [procedural_object(k, config.seed) for k in range(config.objects)]
    read = read_meshes(config.meshes, config.mesh_scale) if config.meshes else []
    things = (*made, *read)
    for split in SPLITS:
        if config.scenes_of(split):
            of_split(things, split)  # refuses a split without objects
    return tuple(thing for thing in things if thing.split in SPLITS)
