"""GraspNet on a robot's CPU: sampling and neighbour search in NumPy, dense layers in graphs.

The dense layers run in slices that stay in a core's cache, several slices at the same time.
"""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial
import time
from typing import NamedTuple

from dexnet_core.geometry.pointcloud.neighbours import (
    Cylinder,
    into_frames,
    Nearest,
    ScannedCloud,
    three_nearest,
)
from dexnet_core.geometry.pointcloud.overlaps import overlaps
from dexnet_core.geometry.pointcloud.sampling import farthest_levels
from dexnet_core.planning.graspnet.approach_directions import view_rotations
from dexnet_core.planning.graspnet.constants import GraspNetConstants
from dexnet_core.planning.graspnet.decode import Heads
from dexnet_core.planning.graspnet.stages import ANGLES, GraspNetDesign
from dexnet_core.planning.networks.graspnet_folder import GraspNetGraphs
from dexnet_core.planning.networks.workers import Batches, slices, Workers
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
Indices = NDArray[np.int64]
Features = list[NDArray[np.float32]]

_CENTRES = 64
"""Centres of a level in one slice."""
_BATCH = 512
"""Centres of the first level in one task; it starts while other centres are still sampled."""
_SEEDS = 24
"""Seeds whose cylinders are in one slice."""
_SEARCHES = 2
"""Cylinder searches per thread; a thread that finishes early starts another one."""


class GraspNetTimes(NamedTuple):
    """Milliseconds spent in each stage of the network, in order."""

    sample_ms: float = 0.0
    levels_ms: float = 0.0
    views_ms: float = 0.0
    cylinders_ms: float = 0.0
    heads_ms: float = 0.0


class Sensed(NamedTuple):
    """Output of the first stage for a cloud of n points, at m seeds.

    Attributes:
        cloud: The cloud.
        indices: For each level (centres,) indices into the cloud; the second level has the seeds.
        points: (m, 3) seeds.
        objectness: (m, 2) logits that a seed is not on an object, and that it is on one.
        view_score: (m, 300) quality of each view.
        times: Times of the first three stages.
    """

    cloud: ScannedCloud
    indices: list[NDArray[np.int32]]
    points: Points
    objectness: NDArray[np.float32]
    view_score: NDArray[np.float32]
    times: GraspNetTimes

    @property
    def views(self) -> Indices:
        """(m,) the best view of each seed."""
        best: Indices = self.view_score.argmax(axis=1)
        return best

    def poses(self, seeds: Indices) -> tuple[Points, Points]:
        """Return (k, 3) points and (k, 3, 3) rotations of grasps at k seeds, in-plane angle 0."""
        return self.points[seeds], view_rotations()[self.views[seeds]]


class GraspNetNetwork:
    """Both stages of a GraspNet; Fang et al., GraspNet-1Billion, CVPR 2020."""

    def __init__(self, graphs: GraspNetGraphs, threads: int = 2) -> None:
        self._graphs = graphs
        self._design = graphs.contract.design
        self._workers = Workers(threads)

    @property
    def name(self) -> str:
        """Name and version of the network."""
        return f'{self._graphs.contract.name} {self._graphs.contract.version}'

    @property
    def constants(self) -> GraspNetConstants:
        """Scales of the outputs."""
        return self._graphs.contract.constants

    @property
    def design(self) -> GraspNetDesign:
        """Sizes of the network."""
        return self._design

    def sense(self, points: Points) -> Sensed:
        """Run the first stage: objectness and view scores at the seeds.

        Args:
            points: (n, 3) float32 metres in the optical frame, finite; 20,000 in training.
        """
        began = time.perf_counter()
        building = self._workers.start(ScannedCloud, points)
        first = Batches(self._workers, _BATCH, partial(self._first_level, building))
        counts = [level.centres for level in self._design.levels]
        indices = self._workers.start(farthest_levels, points, counts, first.add).result()
        sampled = time.perf_counter()
        centres = [points[index] for index in indices]
        around = [self._workers.start(self._neighbours, centres, k) for k in (1, 2, 3)]
        near = [self._workers.start(three_nearest, centres[k], centres[k + 1]) for k in (2, 1)]
        features = self._later_levels(np.concatenate(first.results()), centres, around)
        levelled = time.perf_counter()
        seeds = self._graphs.run('seeds', **_seed_inputs(features, [f.result() for f in near]))
        marks = np.diff([began, sampled, levelled, time.perf_counter()]) * 1e3
        times = GraspNetTimes(*marks.tolist())
        return Sensed(building.result(), indices, centres[1], seeds[0], seeds[1], times)

    def evaluate_seeds(
        self, sensed: Sensed, places: Points, rotations: Points
    ) -> tuple[Heads, GraspNetTimes]:
        """Run the second stage, usually at the seeds on objects, see `Sensed.poses`.

        Args:
            sensed: Output of the first stage.
            places: (k, 3) float32 grasp points, metres.
            rotations: (k, 3, 3) float32 whose first columns are the approaches.

        Returns:
            Heads of (k, depths, 12), and the times of all stages.
        """
        began = time.perf_counter()
        rows = self._crop(sensed.cloud, places, rotations)
        cropped = time.perf_counter()
        outputs = self._graphs.run('heads', features=rows.reshape(-1, rows.shape[2]))
        heads = Heads(*(output.reshape(*rows.shape[:2], ANGLES) for output in outputs))
        marks = np.diff([began, cropped, time.perf_counter()]) * 1e3
        return heads, sensed.times._replace(cylinders_ms=marks[0], heads_ms=marks[1])

    def _first_level(self, building: Future[ScannedCloud], index: Indices) -> NDArray[np.float32]:
        """Return the features of some centres for the second level."""
        level, cloud = self._design.levels[0], building.result()
        centres = cloud.points[index]
        neighbours = cloud.first_in_balls(centres, level.radius, level.samples)
        parts = [
            self._graphs.run(
                'level_1', points=cloud.points, centres=centres[few], neighbours=neighbours[few]
            )
            for few in slices(len(centres), _CENTRES)
        ]
        return np.concatenate([lifted for (lifted,) in parts])

    def _neighbours(self, centres: list[Points], k: int) -> Indices:
        level = self._design.levels[k]
        cloud = ScannedCloud(centres[k - 1])
        return cloud.first_in_balls(centres[k], level.radius, level.samples)

    def _later_levels(
        self, lifted: NDArray[np.float32], centres: list[Points], around: list[Future[Indices]]
    ) -> Features:
        """Return the features of levels 2 to 4."""
        features = []
        for k, searching in enumerate(around, start=1):
            outputs = self._later_level(k, lifted, centres, searching.result())
            features.append(outputs[0])
            lifted = outputs[-1]
        return features

    def _later_level(
        self, k: int, lifted: NDArray[np.float32], centres: list[Points], neighbours: Indices
    ) -> Features:
        """Return all outputs of the graph of level k + 1."""

        def outputs(few: slice) -> Features:
            return self._graphs.run(
                f'level_{k + 1}',
                points=centres[k - 1],
                lifted=lifted,
                centres=centres[k][few],
                neighbours=neighbours[few],
            )

        parts = self._workers.each(len(centres[k]), _CENTRES, outputs)
        return [np.concatenate(rows) for rows in zip(*parts, strict=True)]

    def _crop(self, cloud: ScannedCloud, seeds: Points, rotations: Points) -> NDArray[np.float32]:
        """Return the (k, depths, channels) greatest features in the cylinders of each seed."""
        shape = self._design.cylinders
        cylinder = Cylinder(shape.radius, shape.bottom, shape.tops)

        def search(part: slice) -> Indices:
            return cloud.first_in_cylinders(seeds[part], rotations[part], cylinder, shape.samples)

        def cropped(part: slice) -> NDArray[np.float32]:
            shared = overlaps(inside[part])
            points = cloud.points[shared.point]
            local = into_frames(points, seeds[part], rotations[part], shared.owner)
            return shared.maximum(self._graphs.run('crop', local=np.stack(local, axis=1))[0])

        if not len(seeds):
            return np.empty((0, len(shape.tops), shape.channels[-1]), np.float32)
        size = -(-len(seeds) // (_SEARCHES * self._workers.threads))
        inside = np.concatenate(self._workers.each(len(seeds), size, search))
        return np.concatenate(self._workers.each(len(seeds), _SEEDS, cropped))


def _seed_inputs(features: Features, near: list[Nearest]) -> dict[str, NDArray[np.generic]]:
    """Return the inputs of graph `seeds`."""
    inputs: dict[str, NDArray[np.generic]] = {}
    for level, rows in enumerate(features, start=2):
        inputs[f'features_{level}'] = rows
    for level, nearest in zip((3, 2), near, strict=True):
        inputs[f'near_{level}'] = nearest.indices
        inputs[f'weights_{level}'] = nearest.weights
    return inputs
