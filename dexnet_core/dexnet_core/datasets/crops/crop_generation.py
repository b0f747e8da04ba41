"""Generation of a data set of crops in the file format of Dex-Net: single objects on a table.

Every object is a unit of work with its own seed and is staged atomically. An interrupted run
resumes at the missing units and gives the same files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from dexnet_core.datasets.crops.crop_view import (
    CameraRange,
    crop_rows,
    draw_camera,
    PosedGrasps,
    RowLabels,
)
from dexnet_core.datasets.crops.crop_writer import GraspRows, no_rows, TensorWriter, Unit
from dexnet_core.datasets.crops.releases import Release
from dexnet_core.geometry.array_records import concatenated, rows
from dexnet_core.io.configuration import claim
from dexnet_core.io.processes import spread_over
from dexnet_core.io.progress import Progress
from dexnet_core.planning.values.checks import require_positive
from dexnet_core.simulation.objects.grasp_object import GraspObject, Split
from dexnet_core.simulation.objects.object_source import mesh_objects, ObjectSource
from dexnet_core.simulation.objects.procedural import procedural_object
from dexnet_core.simulation.scenes.rendered_view import render, RenderedView
from dexnet_core.simulation.scenes.scene import Scene
from dexnet_core.simulation.scenes.settling import settle
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class CropConfig(ObjectSource):
    """Configuration of a data set of crops.

    Attributes:
        cameras: Distribution of cameras.
        candidates: Number of grasp candidates per object.
        objects: Number of procedural objects over all splits, of which the test objects are not
            used; 0 for meshes only.
        poses: Number of poses at rest per object.
        images: Number of cameras per pose.
        grasps: Maximum number of crops per image.
        perturbations: Number of samples over which the robust quality is averaged; a power of
            two.

    Raises:
        ValueError: A number is too small.
    """

    cameras: CameraRange = field(kw_only=True)
    candidates: int = field(kw_only=True)
    objects: int = 1500
    poses: int = 3
    images: int = 5
    grasps: int = 60
    perturbations: int = 16

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self, 'candidates', 'poses', 'images', 'grasps')
        require_positive(self, 'perturbations')


class GraspFinder(Protocol):
    """Interface for the grasps of one gripper."""

    @property
    def config(self) -> CropConfig:
        """Configuration of the data set."""

    @property
    def release(self) -> Release:
        """Release that defines the file format."""

    def on_object(self, thing: GraspObject, seed: int) -> Any:  # noqa: ANN401
        """Return the grasps of an object, independent of its pose."""

    def at_rest(self, found: Any, scene: Scene) -> PosedGrasps:  # noqa: ANN401
        """Return the grasps of the object at rest."""

    def in_view(self, grasps: PosedGrasps, view: RenderedView) -> NDArray[np.bool_]:
        """Return (n,) True for grasps that are used in an image."""


def generate_crops(finder: GraspFinder, root: Path, workers: int, progress: Progress) -> None:
    """Generate the data set at `root`, or resume; a complete data set is left unchanged.

    Args:
        finder: Grasps and configuration.
        root: Folder of the data set.
        workers: Number of processes.
        progress: Called with (iterator of finished objects, description, total); yields the
            same items.

    Raises:
        ValueError: The folder contains a data set of another configuration, or there is no
            object or no grasp.
        OSError: The disk is full.
    """
    config = finder.config
    units = _units(config)
    claim(root / 'dataset.json', config)
    writer = TensorWriter(root, finder.release)
    if writer.complete:
        return
    waiting = [unit for unit in units if not writer.staged(unit)]
    with spread_over(workers, progress) as spread:
        spread(partial(_make_unit, finder, writer), waiting, 'objects')
    writer.assemble(units, progress)


def _units(config: CropConfig) -> range:
    """Return the numbers of the objects, or raise ValueError if there is none."""
    meshes = mesh_objects(config)
    if not (config.objects or meshes):
        raise ValueError('objects is 0 and there are no meshes, expected at least one object')
    return range(config.objects + len(meshes))


def object_of(config: CropConfig, number: int) -> GraspObject:
    """Return object `number` of the data set."""
    if number < config.objects:
        return procedural_object(number, config.seed)
    return mesh_objects(config)[number - config.objects]


def _make_unit(finder: GraspFinder, writer: TensorWriter, number: int) -> int:
    thing = object_of(finder.config, number)
    parts = [no_rows(finder.release)]
    if thing.split is not Split.TEST:
        parts += rows_of(finder, thing, number)
    writer.stage(Unit(number, thing.name, thing.split.value), concatenated(parts))
    return number


def rows_of(finder: GraspFinder, thing: GraspObject, number: int) -> list[GraspRows]:
    """Return the rows of every image of an object."""
    config = finder.config
    rng = np.random.default_rng((config.seed, number))
    found = finder.on_object(thing, int(rng.integers(2**31)))
    parts = []
    for pose in range(number * config.poses, (number + 1) * config.poses):
        scene = settle([thing], rng)
        if not scene.objects:  # the object rolled off the table
            continue
        grasps = finder.at_rest(found, scene)
        for image in range(pose * config.images, (pose + 1) * config.images):
            view = render(scene, *draw_camera(scene, config.cameras, rng))
            usable = rng.permutation(np.flatnonzero(finder.in_view(grasps, view)))
            chosen = rows(grasps, usable[: config.grasps])
            labels = RowLabels(number, pose, image)
            parts.append(crop_rows(view, chosen, labels, scene, finder.release))
    return parts
