"""Data set of crops from labelled views, in the file format of Dex-Net.

The unit of work is a view. A heap contains several objects, so `obj_labels`, `pose_labels` and
`image_labels` all contain the view number. The stored split `object_wise` is that of the views;
training and validation views have different objects. The crops contain the sensor noise of the
views.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from dexnet_core.datasets.crops.crop_writer import GraspRows, no_rows, TensorWriter, Unit
from dexnet_core.datasets.views.candidate_crops import candidate_crops, CandidateCrops
from dexnet_core.datasets.views.candidates import (
    Candidates,
    draw_candidates,
    gripper_of_views,
    measured_view,
    ViewGripper,
)
from dexnet_core.datasets.views.stored_views import read_view, view_paths
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.io.configuration import claim
from dexnet_core.io.processes import spread_over
from dexnet_core.io.progress import Progress
from dexnet_core.planning.contracts.crop_contract import CropScale
from dexnet_core.planning.values.checks import require_positive
from dexnet_core.simulation.scenes.noise import NoiseSettings
import numpy as np
from numpy.typing import NDArray

LEVEL = 0.7
"""Depth in metres to which the level of every view is moved; the level of Dex-Net 2.0's crops."""

_SEEDS = 6_000_000


@dataclass(frozen=True)
class ViewCropConfig:
    """Configuration of crops from labelled views.

    Attributes:
        views: Folder of the labelled views.
        gripper: `suction` or `jaw`.
        per_view: Number of crops per view. Half of them are good if there are enough, because
            uniform sampling gives too few good grasps for training.
        seed: Seed of the candidates.
        noise: Sensor noise of the views.

    Raises:
        ValueError: per_view is not positive.
    """

    views: Path
    gripper: str
    per_view: int = 32
    seed: int = 0
    noise: NoiseSettings = field(default_factory=NoiseSettings)

    def __post_init__(self) -> None:
        require_positive(self, 'per_view')


def crops_of_views(config: ViewCropConfig, root: Path, workers: int, progress: Progress) -> None:
    """Generate the data set at `root`, or resume; a complete data set is left unchanged.

    Args:
        config: Configuration of the data set.
        root: Folder of the data set.
        workers: Number of processes.
        progress: Called with (iterator of finished views, description, total); yields the same
            items.

    Raises:
        FileNotFoundError: The folder of views or a split is missing.
        ValueError: The views are for another gripper, or the folder contains another data set.
        OSError: The disk is full.
    """
    gripper = gripper_of_views(config.views, config.gripper)
    views = [
        (split, path) for split in ('train', 'val') for path in view_paths(config.views, split)
    ]
    claim(root / 'dataset.json', config)
    writer = TensorWriter(root, gripper.release)
    if writer.complete:
        return
    waiting = [number for number in range(len(views)) if not writer.staged(number)]
    with spread_over(workers, progress) as spread:
        spread(partial(_stage, config, gripper, writer, views), waiting, 'views')
    writer.assemble(range(len(views)), progress)


def _stage(
    config: ViewCropConfig,
    gripper: ViewGripper,
    writer: TensorWriter,
    views: list[tuple[str, Path]],
    number: int,
) -> int:
    """Write the staging file of one view."""
    split, path = views[number]
    writer.stage(Unit(number, path.stem, split), _rows_of(config, gripper, path, number))
    return number


def _rows_of(config: ViewCropConfig, gripper: ViewGripper, path: Path, number: int) -> GraspRows:
    stored = read_view(path)
    segmented = measured_view(stored, config.noise, number)
    rng = np.random.default_rng((_SEEDS, config.seed, number))
    candidates = draw_candidates(stored, segmented, config.per_view, rng, gripper.good)
    if not len(candidates.quality):
        return no_rows(gripper.release)
    crops = candidate_crops(segmented, candidates, gripper, CropScale())
    return _rows(gripper, candidates, crops, segmented.camera, number)


def _rows(
    gripper: ViewGripper,
    candidates: Candidates,
    crops: CandidateCrops,
    camera: CameraIntrinsics,
    number: int,
) -> GraspRows:
    """Return the rows of one view in the columns of the release; the camera pose is identity."""
    count = len(crops.turns)
    numbers = np.full(count, number, np.uint32)
    intrinsics = np.array([camera.fx, camera.fy, camera.cx, camera.cy], np.float32)
    return GraspRows(
        images=crops.relief + np.float32(LEVEL),
        poses=_columns(gripper, candidates, crops, camera).astype(np.float32),
        metric=gripper.published_metric(candidates.quality).astype(np.float32),
        collision_free=(candidates.quality > 0).astype(np.uint32),
        obj_labels=numbers,
        pose_labels=numbers,
        image_labels=numbers,
        camera_intrs=np.tile(intrinsics, (count, 1)),
        camera_poses=np.tile(np.array([0, 0, 0, 1, 0, 0, 0], np.float32), (count, 1)),
    )


def _columns(
    gripper: ViewGripper,
    candidates: Candidates,
    crops: CandidateCrops,
    camera: CameraIntrinsics,
) -> NDArray[np.float64]:
    """Return poses (n, 7): row, column, depth, [approach], turn, row, column, [jaw's width]."""
    place, depths = candidates.pixels[:, ::-1], crops.depths + LEVEL
    if gripper.jaw is None:
        return np.column_stack([place, depths, crops.approaches, crops.turns, place])
    opened = gripper.jaw.gripper.max_opening * camera.fx / (crops.depths + crops.level)
    return np.column_stack([place, depths, crops.turns, place, opened])
