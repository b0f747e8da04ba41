"""GraspNet on a robot's CPU: sampling and neighbours in NumPy, all that is dense in graphs.

What is dense is run in slices that stay in a core's cache, several slices at the same time.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
import time
from typing import NamedTuple

from dexnet_core.graspnet.constants import GraspNetConstants
from dexnet_core.graspnet.decode import Heads
from dexnet_core.graspnet.stages import ANGLES, GraspNetDesign
from dexnet_core.graspnet.views import view_rotations
from dexnet_core.pointcloud.neighbours import (
    Cylinder,
    into_frames,
    Nearest,
    ScannedCloud,
    three_nearest,
)
from dexnet_core.pointcloud.overlaps import overlaps
from dexnet_core.pointcloud.sampling import farthest_levels
from dexnet_core.runtime.graspnet_graphs import GraspNetGraphs
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
Indices = NDArray[np.int64]
Features = list[NDArray[np.float32]]

_CENTRES = 64
"""Centres of a level in one slice."""
_SEEDS = 24
"""Seeds whose cylinders are in one slice."""
_TASKS = 2
"""Tasks per thread, so that one that ends early finds more work."""


class GraspNetTimes(NamedTuple):
    """Milliseconds spent in each stage of the network, in order."""

    sample_ms: float = 0.0
    levels_ms: float = 0.0
    views_ms: float = 0.0
    cylinders_ms: float = 0.0
    heads_ms: float = 0.0


class Sensed(NamedTuple):
    """What the first stage makes of a cloud of n points, at m seeds.

    Attributes:
        cloud: The cloud.
        kept: For each level (centres,) indices of the cloud; those of the second are the seeds.
        points: (m, 3) seeds.
        objectness: (m, 2) evidence that a seed is on no object, and on one.
        view_score: (m, 300) quality of each view.
        times: Of the first three stages.
    """

    cloud: ScannedCloud
    kept: list[NDArray[np.int32]]
    points: Points
    objectness: NDArray[np.float32]
    view_score: NDArray[np.float32]
    times: GraspNetTimes

    @property
    def views(self) -> Indices:
        """(m,) the best view of each seed."""
        return self.view_score.argmax(axis=1)


class GraspNetNetwork:
    """Both stages of a GraspNet; Fang et al., GraspNet-1Billion, CVPR 2020."""

    def __init__(self, graphs: GraspNetGraphs, threads: int = 2) -> None:
        self._graphs = graphs
        self._design = graphs.contract.design
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix='graspnet')
        self._threads = threads

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
        """Run the first stage: where objects are, and from where to grasp them.

        Args:
            points: (n, 3) float32 metres in the optical frame, finite; 20,000 by training.
        """
        began = time.perf_counter()
        building = self._pool.submit(ScannedCloud, points)
        kept = farthest_levels(points, [level.centres for level in self._design.levels])
        sampled = time.perf_counter()
        centres = [points[index] for index in kept]
        cloud = building.result()
        first = self._each_slice(len(centres[0]), self._first_level, cloud, centres[0])
        near = [self._pool.submit(three_nearest, centres[k], centres[k + 1]) for k in (2, 1)]
        around = [self._pool.submit(self._neighbours, centres, k) for k in (1, 2, 3)]
        features = self._later_levels(_joined(first), centres, around)
        levelled = time.perf_counter()
        seeds = self._graphs.run('seeds', **_seed_inputs(features, [f.result() for f in near]))
        marks = np.diff([began, sampled, levelled, time.perf_counter()]) * 1e3
        times = GraspNetTimes(*marks.tolist())
        return Sensed(cloud, kept, centres[1], seeds[0], seeds[1], times)

    def judge(self, sensed: Sensed, seeds: Indices) -> tuple[Heads, GraspNetTimes]:
        """Run the second stage at some seeds, with their best views.

        Args:
            sensed: Answer of the first stage.
            seeds: (k,) which seeds; usually those on objects.

        Returns:
            Heads of (k, depths, 12), and the times of all stages.
        """
        began = time.perf_counter()
        views = sensed.views[seeds]
        parts = self._each_slice(len(seeds), self._crop, sensed, sensed.points[seeds], views)
        width, depths = self._design.cylinders.channels[-1], len(self._design.depths)
        rows = np.concatenate([np.empty((0, depths, width), np.float32), *_results(parts)])
        cropped = time.perf_counter()
        outputs = self._graphs.run('heads', features=rows.reshape(-1, width))
        heads = Heads(*(output.reshape(-1, depths, ANGLES) for output in outputs))
        marks = np.diff([began, cropped, time.perf_counter()]) * 1e3
        return heads, sensed.times._replace(cylinders_ms=marks[0], heads_ms=marks[1])

    def _each_slice(self, count: int, task: object, *fixed: object) -> list[Future]:
        """Start a task, called with what is fixed and a slice, on all of `count` things."""
        size = max(1, -(-count // (_TASKS * self._threads)))
        return [self._pool.submit(task, *fixed, part) for part in _slices(count, size)]

    def _first_level(self, cloud: ScannedCloud, centres: Points, part: slice) -> Features:
        level = self._design.levels[0]
        neighbours = cloud.first_in_balls(centres[part], level.radius, level.samples)
        inputs = {'points': cloud.points}
        return self._run_slices('level_1', inputs, centres[part], neighbours)

    def _neighbours(self, centres: list[Points], k: int) -> Indices:
        level = self._design.levels[k]
        cloud = ScannedCloud(centres[k - 1])
        return cloud.first_in_balls(centres[k], level.radius, level.samples)

    def _later_levels(
        self, lifted: NDArray[np.float32], centres: list[Points], around: list[Future]
    ) -> Features:
        """Return the features of levels 2 to 4."""
        features = []
        for k, searching in enumerate(around, start=1):
            inputs = {'points': centres[k - 1], 'lifted': lifted}
            neighbours = searching.result()
            parts = self._each_slice(
                len(centres[k]),
                self._part_of_level,
                f'level_{k + 1}',
                inputs,
                centres[k],
                neighbours,
            )
            outputs = [np.concatenate(rows) for rows in zip(*_results(parts), strict=True)]
            features.append(outputs[0])
            lifted = outputs[-1]
        return features

    def _part_of_level(
        self,
        name: str,
        inputs: dict[str, NDArray[np.float32]],
        centres: Points,
        neighbours: Indices,
        part: slice,
    ) -> Features:
        return self._run_slices(name, inputs, centres[part], neighbours[part])

    def _run_slices(
        self,
        name: str,
        inputs: dict[str, NDArray[np.float32]],
        centres: Points,
        neighbours: Indices,
    ) -> Features:
        """Run a level slice by slice and return its outputs for all centres."""
        parts = [
            self._graphs.run(name, **inputs, centres=centres[part], neighbours=neighbours[part])
            for part in _slices(len(centres), _CENTRES)
        ]
        return [np.concatenate(rows) for rows in zip(*parts, strict=True)]

    def _crop(self, sensed: Sensed, seeds: Points, views: Indices, part: slice) -> NDArray:
        """Return (k, depths, channels) the greatest features in each cylinder."""
        shape = self._design.cylinders
        rotations, centres = view_rotations()[views[part]], seeds[part]
        cylinder = Cylinder(shape.radius, shape.bottom, shape.tops)
        cloud = sensed.cloud
        inside = cloud.first_in_cylinders(centres, rotations, cylinder, shape.samples)
        return np.concatenate(
            [
                self._cropped(cloud.points, inside[few], centres[few], rotations[few])
                for few in _slices(len(centres), _SEEDS)
            ]
        )

    def _cropped(
        self, points: Points, inside: Indices, centres: Points, rotations: Points
    ) -> NDArray[np.float32]:
        shared = overlaps(inside)
        local = into_frames(points[shared.point], centres, rotations, shared.owner)
        (rows,) = self._graphs.run('crop', local=np.stack(local, axis=1))
        return shared.maximum(rows)


def _seed_inputs(features: Features, near: list[Nearest]) -> dict[str, NDArray[np.generic]]:
    """Return the inputs of graph `seeds`."""
    inputs: dict[str, NDArray[np.generic]] = {}
    for level, rows in enumerate(features, start=2):
        inputs[f'features_{level}'] = rows
    for level, nearest in zip((3, 2), near, strict=True):
        inputs[f'near_{level}'] = nearest.index
        inputs[f'weights_{level}'] = nearest.weights
    return inputs


def _slices(count: int, size: int) -> Iterator[slice]:
    return (slice(begin, begin + size) for begin in range(0, count, size))


def _results(parts: list[Future]) -> list:
    return [part.result() for part in parts]


def _joined(parts: list[Future]) -> NDArray[np.float32]:
    """Return the last outputs of all parts, one after the other."""
    return np.concatenate([outputs[-1] for outputs in _results(parts)])
