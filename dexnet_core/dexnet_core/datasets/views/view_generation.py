"""Make a data set of labelled views: objects, scenes, cameras, labels.

Every object and every scene is a unit of work with its own seed, written whole or not at all;
a run that was killed goes on where it stopped, and gives the same files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Protocol, runtime_checkable

from dexnet_core.datasets.views.stored_views import view_path
from dexnet_core.io.checks import require_not_negative, require_positive
from dexnet_core.io.configuration import claim
from dexnet_core.io.processes import spread_over
from dexnet_core.io.progress import Progress
from dexnet_core.simulation.objects.grasp_object import GraspObject, of_split, Split
from dexnet_core.simulation.objects.own_meshes import read_meshes
from dexnet_core.simulation.objects.procedural import ProceduralObjects
from dexnet_core.simulation.scenes.random_scene import random_scene, SceneRange
from dexnet_core.simulation.scenes.rendered_view import (
    random_camera,
    render,
    RenderedView,
    ViewRange,
)
from dexnet_core.simulation.scenes.scene import Scene
import numpy as np


@dataclass(frozen=True)
class GenerationConfig:
    """What data to make.

    Attributes:
        seed: Decides everything.
        objects: Procedural objects over all splits; 0 for meshes only.
        meshes: Folder of the user's meshes, added to the procedural ones.
        mesh_scale: Metres per unit of those meshes.
        train_scenes: Scenes of training objects.
        val_scenes: Scenes of validation objects.
        views_per_scene: Cameras per scene.
        perturbations: Samples that the robust quality is averaged over; a power of two.
        scenes: What scenes to draw.
        views: What cameras to draw.

    Raises:
        ValueError: A number is too small.
    """

    seed: int = 0
    objects: int = 600
    meshes: Path | None = None
    mesh_scale: float = 1.0
    train_scenes: int = 1500
    val_scenes: int = 80
    views_per_scene: int = 2
    perturbations: int = 16
    scenes: SceneRange = field(default_factory=SceneRange)
    views: ViewRange = field(default_factory=ViewRange)

    def __post_init__(self) -> None:
        require_not_negative(self, 'seed', 'objects', 'train_scenes', 'val_scenes')
        require_positive(self, 'mesh_scale', 'views_per_scene', 'perturbations')


class Labeller(Protocol):
    """Knows what a gripper's labels are made of."""

    @property
    def config(self) -> GenerationConfig:
        """What data to make."""

    def write(self, root: Path, path: Path, scene: Scene, view: RenderedView) -> None:
        """Write a labelled view of a scene whose objects are prepared to a path under the root."""


@runtime_checkable
class Preparing(Labeller, Protocol):
    """A labeller whose labels need something of every object first."""

    def prepare(self, root: Path, thing: GraspObject) -> None:
        """Work out what the labels of every scene need to know of an object."""


def generate(labeller: Labeller, root: Path, workers: int, progress: Progress) -> None:
    """Make, or go on making, the data set at `root`.

    Args:
        labeller: What to make.
        root: Folder of the data set.
        workers: Processes that work side by side.
        progress: Called with (done units, description, total); yields them back.

    Raises:
        ValueError: The folder holds a data set of another configuration.
    """
    config = labeller.config
    wanted = ((Split.VAL, config.val_scenes), (Split.TRAIN, config.train_scenes))
    for split, scenes in wanted:
        if scenes:
            objects_of(config, split)
    claim(root / 'dataset.json', config)
    with spread_over(workers, progress) as spread:
        if isinstance(labeller, Preparing):
            objects = range(len(all_objects(config)))
            spread(partial(_prepare, labeller, root), objects, 'objects')
        for split, scenes in wanted:
            spread(
                partial(_make_views, labeller, root, split), range(scenes), f'{split.value} scenes'
            )


@lru_cache(maxsize=2)
def all_objects(config: GenerationConfig) -> Sequence[GraspObject]:
    """Return every object of the data set."""
    return [*ProceduralObjects(config.objects, config.seed), *_own_objects(config)]


@lru_cache(maxsize=4)
def objects_of(config: GenerationConfig, split: Split) -> Sequence[GraspObject]:
    """Return the objects of one split; procedural ones are made when they are first asked for.

    Raises:
        ValueError: There is none.
    """
    made, own = ProceduralObjects(config.objects, config.seed, split), _own_objects(config)
    if made and not own:
        return made
    mine = [thing for thing in own if thing.split is split]
    return [*made, *mine] if made else of_split(all_objects(config), split)


@lru_cache(maxsize=2)
def _own_objects(config: GenerationConfig) -> list[GraspObject]:
    return read_meshes(config.meshes, config.mesh_scale) if config.meshes else []


def _prepare(labeller: Preparing, root: Path, index: int) -> int:
    thing = all_objects(labeller.config)[index]
    if thing.split is not Split.TEST:
        labeller.prepare(root, thing)
    return index


def _make_views(labeller: Labeller, root: Path, split: Split, index: int) -> int:
    config = labeller.config
    numbers = range(config.views_per_scene)
    paths = [view_path(root, split.value, index, number) for number in numbers]
    if not all(path.exists() for path in paths):
        rng = np.random.default_rng((config.seed, list(Split).index(split), index))
        scene = random_scene(objects_of(config, split), config.scenes, rng)
        for path in paths:
            view = render(scene, *random_camera(scene, config.views, rng))
            labeller.write(root, path, scene, view)
    return index
