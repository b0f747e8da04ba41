"""Generation of a set in the file format of GraspNet-1Billion: labelled heaps on a table.

Every object and every scene is a unit of work with its own seed. A unit is complete if its last
file exists. An interrupted run resumes at the missing units and gives the same files. `index.json`
is written when the set is complete.
"""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path

from dexnet_core.datasets.graspnet.graspnet_config import GraspNetSetConfig, set_objects, SPLITS
from dexnet_core.datasets.graspnet_files.set_contents import SceneCollisions, SceneView
from dexnet_core.datasets.graspnet_files.set_layout import Layout, SetIndex
from dexnet_core.datasets.graspnet_files.set_reader import read_labels
from dexnet_core.datasets.graspnet_files.set_writer import (
    write_cameras,
    write_collisions,
    write_index,
    write_labels,
    write_model,
    write_tolerance,
    write_view,
)
from dexnet_core.datasets.graspnet_files.tolerance import tolerances
from dexnet_core.datasets.graspnet_labels.object_labels import filling_points, label_object
from dexnet_core.datasets.graspnet_labels.scene_collisions import (
    Graspable,
    graspable,
    PlacedObject,
    scene_collisions,
)
from dexnet_core.geometry.transform import invert
from dexnet_core.io.configuration import claim
from dexnet_core.io.processes import spread_over
from dexnet_core.io.progress import Progress
from dexnet_core.simulation.objects.grasp_object import of_split, Split
from dexnet_core.simulation.scenes.rendered_view import random_camera, render, RenderedView
from dexnet_core.simulation.scenes.scene import Scene, TABLE
from dexnet_core.simulation.scenes.settling import settle
import numpy as np

CAMERA = 'generated'
"""Folder name of the views in each scene."""
_ATTEMPTS = 20


def generate_graspnet(
    config: GraspNetSetConfig, root: Path, workers: int, progress: Progress
) -> None:
    """Generate the set at `root`, or resume an interrupted run.

    Args:
        config: Configuration of the set.
        root: Folder of the set.
        workers: Number of processes.
        progress: Called with (iterator of finished units, description, total); yields the same
            items.

    Raises:
        ValueError: The folder contains a set of another configuration, or a split has no object.
    """
    things, layout = set_objects(config), Layout(root, CAMERA)
    claim(root / 'dataset.json', config)
    objects = [k for k in range(len(things)) if not layout.tolerance(k).exists()]
    with spread_over(workers, progress) as spread:
        spread(partial(_make_object, config, layout), objects, 'objects')
        for split in SPLITS:
            scenes = [k for k in config.scenes_of(split) if not layout.collisions(k).exists()]
            spread(partial(_make_scene, config, layout, split), scenes, f'{split.value} scenes')
    splits = {split.value: tuple(config.scenes_of(split)) for split in SPLITS}
    write_index(root, SetIndex(CAMERA, splits))


def _make_object(config: GraspNetSetConfig, layout: Layout, number: int) -> int:
    thing = set_objects(config)[number]
    labels = label_object(thing, config.labels, config.seed)
    write_model(layout, number, thing.mesh.vertices, thing.mesh.faces)
    write_labels(layout, number, labels)
    write_tolerance(layout, number, tolerances(labels.points, labels.scores))
    return number


def _make_scene(config: GraspNetSetConfig, layout: Layout, split: Split, number: int) -> int:
    rng = np.random.default_rng((config.seed, number))
    ids, scene = _table_scene(config, split, rng)
    cameras, poses = zip(
        *(random_camera(scene, config.views, rng) for _ in range(config.views_per_scene)),
        strict=True,
    )
    for k, pose in enumerate(poses):
        view = _scene_view(render(scene, cameras[0], pose), scene, ids, config.factor_depth)
        write_view(layout, number, k, view)
    write_cameras(layout, number, cameras[0], np.array(poses))
    placed = [
        PlacedObject(
            _grasps_of(layout, k),
            filling_points(thing.object, config.seed),
            thing.T_world_object,
        )
        for k, thing in zip(ids, scene.objects, strict=True)
    ]
    hits = scene_collisions(placed, config.labels.jaw)
    write_collisions(layout, number, SceneCollisions(ids, tuple(hits)))
    return number


def _table_scene(
    config: GraspNetSetConfig, split: Split, rng: np.random.Generator
) -> tuple[tuple[int, ...], Scene]:
    """Drop different objects of a split onto the table; return ids and scene of those at rest."""
    things = set_objects(config)
    names = {thing.name for thing in of_split(things, split)}
    usable = [k for k, thing in enumerate(things) if thing.name in names]
    for _ in range(_ATTEMPTS):
        count = min(int(rng.integers(*config.heap, endpoint=True)), len(usable))
        chosen = rng.choice(usable, count, replace=False)
        scene = settle([things[k] for k in chosen], rng)
        if scene.objects:
            numbers = {things[k].name: int(k) for k in chosen}
            return tuple(numbers[resting.object.name] for resting in scene.objects), scene
    raise ValueError(f'no object came to rest in {_ATTEMPTS} scenes')


def _scene_view(
    view: RenderedView, scene: Scene, ids: tuple[int, ...], factor_depth: float
) -> SceneView:
    kind = np.min_scalar_type(max(ids) + 1)
    instances = np.where(view.owner == TABLE, 0, np.array(ids)[view.owner] + 1).astype(kind)
    T_world_object = np.array([thing.T_world_object for thing in scene.objects])
    return SceneView(
        depth=view.depth,
        instances=instances,
        camera=view.camera,
        factor_depth=factor_depth,
        object_ids=np.array(ids),
        T_camera_object=invert(view.T_world_camera) @ T_world_object,
    )


@cache
def _grasps_of(layout: Layout, number: int) -> Graspable:
    return graspable(read_labels(layout, number))
