"""Generation of a data set of labelled views: objects, scenes, cameras, labels.

Every object and every scene is a unit of work with its own seed and is written atomically. An
interrupted run resumes at the missing units and gives the same files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol, runtime_checkable

from dexnet_core.datasets.views.stored_views import view_path
from dexnet_core.io.configuration import claim
from dexnet_core.io.processes import spread_over
from dexnet_core.io.progress import Progress
from dexnet_core.planning.values.checks import require_not_negative, require_positive
from dexnet_core.simulation.objects.grasp_object import GraspObject, Split
from dexnet_core.simulation.objects.object_source import all_objects, objects_of, ObjectSource
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
class GenerationConfig(ObjectSource):
    """Configuration of a data set of labelled views.

    Attributes:
        train_scenes: Number of scenes with training objects.
        val_scenes: Number of scenes with validation objects.
        views_per_scene: Number of cameras per scene.
        perturbations: Number of samples over which the robust quality is averaged; a power of
            two.
        scenes: Distribution of scenes.
        views: Distribution of cameras.
        held_out: Whether validation scenes have objects of their own. False: training and
            validation scenes contain all objects.

    Raises:
        ValueError: A number is too small.
    """

    train_scenes: int = 1500
    val_scenes: int = 80
    views_per_scene: int = 2
    perturbations: int = 16
    scenes: SceneRange = field(default_factory=SceneRange)
    views: ViewRange = field(default_factory=ViewRange)
    held_out: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        require_not_negative(self, 'train_scenes', 'val_scenes')
        require_positive(self, 'views_per_scene', 'perturbations')


class Labeller(Protocol):
    """Interface for the labels of a gripper."""

    @property
    def config(self) -> GenerationConfig:
        """Configuration of the data set."""

    def write(self, root: Path, path: Path, scene: Scene, view: RenderedView) -> None:
        """Label a view of a scene with prepared objects and write it to a path under the root."""


@runtime_checkable
class Preparing(Labeller, Protocol):
    """A labeller with a precomputation per object."""

    def prepare(self, root: Path, thing: GraspObject) -> None:
        """Compute and store the data of an object that the labels of all scenes need."""


def generate(labeller: Labeller, root: Path, workers: int, progress: Progress) -> None:
    """Generate the data set at `root`, or resume an interrupted run.

    Args:
        labeller: Labels and configuration.
        root: Folder of the data set.
        workers: Number of processes.
        progress: Called with (iterator of finished units, description, total); yields the same
            items.

    Raises:
        ValueError: The folder contains a data set of another configuration, or a split with
            scenes has no object.
    """
    config = labeller.config
    wanted = ((Split.VAL, config.val_scenes), (Split.TRAIN, config.train_scenes))
    for split, scenes in wanted:
        if scenes:
            _objects(config, split)
    claim(root / 'dataset.json', config)
    with spread_over(workers, progress) as spread:
        if isinstance(labeller, Preparing):
            objects = range(len(all_objects(config)))
            spread(partial(_prepare, labeller, root), objects, 'objects')
        for split, scenes in wanted:
            spread(
                partial(_make_views, labeller, root, split), range(scenes), f'{split.value} scenes'
            )


def _objects(config: GenerationConfig, split: Split) -> Sequence[GraspObject]:
    return objects_of(config, split) if config.held_out else all_objects(config)


def _prepare(labeller: Preparing, root: Path, index: int) -> int:
    thing = all_objects(labeller.config)[index]
    if thing.split is not Split.TEST or not labeller.config.held_out:
        labeller.prepare(root, thing)
    return index


def _make_views(labeller: Labeller, root: Path, split: Split, index: int) -> int:
    config = labeller.config
    numbers = range(config.views_per_scene)
    paths = [view_path(root, split.value, index, number) for number in numbers]
    if not all(path.exists() for path in paths):
        rng = np.random.default_rng((config.seed, list(Split).index(split), index))
        scene = random_scene(_objects(config, split), config.scenes, rng)
        for path in paths:
            view = render(scene, *random_camera(scene, config.views, rng))
            labeller.write(root, path, scene, view)
    return index
