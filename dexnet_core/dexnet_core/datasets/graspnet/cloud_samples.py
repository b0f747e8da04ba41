"""Training samples of a GraspNet: point cloud, its neighbourhoods, and the seed labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dexnet_core.datasets.graspnet.cloud_surroundings import surroundings
from dexnet_core.datasets.graspnet.seed_targets import (
    Objects,
    seed_targets,
    SeedTargets,
    SeenObject,
)
from dexnet_core.datasets.graspnet_files.label_store import LabelStore
from dexnet_core.datasets.graspnet_files.set_contents import SceneView
from dexnet_core.datasets.graspnet_files.set_layout import Layout
from dexnet_core.datasets.graspnet_files.set_reader import read_view
from dexnet_core.geometry.camera import deproject
from dexnet_core.geometry.transform import transform_points
from dexnet_core.planning.graspnet.cloud import in_workspace, sampled_rows
from dexnet_core.planning.graspnet.stages import GraspNetDesign
from dexnet_core.pointnet2.modules import Surroundings
from dexnet_core.simulation.scenes.noise import measure, NoiseSettings
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
import torch
from torch.utils.data import Dataset

LEAST_POINTS = 50
"""Minimum number of points of an object in a cloud; with fewer, its labels are not used."""


class CloudSample(NamedTuple):
    """A sample, or with a leading batch dimension a batch.

    Attributes:
        cloud: (N, 3) float32 points in metres, in the optical frame after augmentation (rotation,
            mirroring).
        around: Precomputed neighbourhoods of the cloud.
        targets: Labels of the seeds, which are the centres of the second level.
    """

    cloud: torch.Tensor
    around: Surroundings
    targets: SeedTargets


@dataclass(frozen=True)
class CloudSettings:
    """Augmentation settings; the random values are uniform.

    Attributes:
        mirror: Whether half of the samples are mirrored (x is negated).
        tilt_degrees: Maximum rotation about the x axis in both directions; 30 in
            graspnet-baseline.
        roll_degrees: Maximum rotation about the optical axis in both directions; 0 in
            graspnet-baseline.
        maximum_width: Maximum gripper width in metres; wider labels count as bad.
        noise: Noise of the depth camera; None for the stored depth. The labels are not moved, so
            `gamma_shape`, a common factor on all depths, would move objects away from them.

    Raises:
        ValueError: An angle or the width is out of range.
    """

    mirror: bool = True
    tilt_degrees: float = 30.0
    roll_degrees: float = 0.0
    maximum_width: float = 0.1
    noise: NoiseSettings | None = None

    def __post_init__(self) -> None:
        for name in ('tilt_degrees', 'roll_degrees'):
            if not 0 <= getattr(self, name) <= 180:
                raise ValueError(f'{name} is {getattr(self, name)}, expected 0 to 180')
        if not 0 < self.maximum_width <= 0.127:
            raise ValueError(f'maximum_width is {self.maximum_width}, expected over 0 to 0.127')


class ViewNumber(NamedTuple):
    """Numbers of a scene and of one of its views."""

    scene: int
    view: int


class CloudSamples(Dataset[CloudSample]):
    """Views as samples; noise, points and augmentation depend only on (seed, epoch, index).

    Raises:
        FileNotFoundError: On access to a sample: a file of its view is missing.
        ValueError: On access to a sample: a file is damaged, or no object is visible.
    """

    def __init__(
        self,
        views: Sequence[ViewNumber],
        source: tuple[Layout, LabelStore],
        design: GraspNetDesign,
        settings: CloudSettings,
        seed: int,
    ) -> None:
        """Initialise the samples; no view is read.

        Args:
            views: Views of the samples.
            source: Layout of the set and its labels.
            design: Sizes of the network.
            settings: Augmentation settings.
            seed: Seed of the random generator.
        """
        self._views = list(views)
        self._layout, self._labels = source
        self._design, self._settings, self._seed = design, settings, seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self._views)

    def __getitem__(self, index: int) -> CloudSample:
        rng = np.random.default_rng((self._seed, self.epoch, index))
        number = self._views[index]
        view = read_view(self._layout, *number)
        turn = _turn(self._settings, rng)
        cloud, instances = self._cloud(view, number, rng)
        cloud = (cloud @ turn.T).astype(np.float32)
        around = surroundings(cloud, self._design)
        seeds = around.levels[1].numpy()
        seen = Objects(cloud, instances, seeds, self._seen(view, number, turn, instances))
        targets = seed_targets(seen, self._labels, self._settings.maximum_width, rng)
        return CloudSample(torch.from_numpy(cloud), around, targets)

    def _cloud(
        self, view: SceneView, number: ViewNumber, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return points (N, 3) of the workspace in metres, and their object id + 1 or 0."""
        depth, noise = view.depth, self._settings.noise
        if noise is not None:
            depth = measure(depth, view.camera.fx, noise, rng)
        seen = depth > 0
        points = deproject(depth, view.camera)[seen]
        instances = view.instances[seen].astype(np.int64)
        inside = in_workspace(points, instances > 0)
        if not inside.any():
            raise ValueError(f'{self._layout.depth(*number)} shows no object')
        points, instances = points[inside], instances[inside]
        rows = sampled_rows(len(points), self._design.points, rng)
        return points[rows], instances[rows]

    def _seen(
        self,
        view: SceneView,
        number: ViewNumber,
        turn: NDArray[np.float64],
        instances: NDArray[np.int64],
    ) -> list[SeenObject]:
        """Return the visible objects whose labels are used."""
        counts = np.bincount(instances, minlength=int(view.object_ids.max(initial=0)) + 2)
        objects = []
        for id_, T in zip(view.object_ids.tolist(), view.T_camera_object, strict=True):
            if counts[id_ + 1] >= LEAST_POINTS and self._labels.has(number.scene, id_):
                points = transform_points(T, self._labels.points(id_)) @ turn.T
                objects.append(SeenObject(number.scene, id_, turn @ T[:3, :3], points))
        return objects


def _turn(settings: CloudSettings, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a random rotation (3, 3), or with `mirror` a rotation times a reflection."""
    mirrored, tilt, roll = rng.random(3)
    limits = np.array([settings.tilt_degrees, settings.roll_degrees])
    turns = (2 * np.array([tilt, roll]) - 1) * limits
    mirror = np.diag([-1.0 if settings.mirror and mirrored < 0.5 else 1.0, 1.0, 1.0])
    turned: NDArray[np.float64] = Rotation.from_euler('xz', turns, degrees=True).as_matrix()
    return turned @ mirror
