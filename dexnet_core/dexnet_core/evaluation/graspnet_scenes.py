"""Evaluates planners on the scenes of a set in the files of GraspNet-1Billion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
import multiprocessing
from pathlib import Path
from typing import NamedTuple

from dexnet_core.datasets.graspnet_files.set_contents import SceneView
from dexnet_core.datasets.graspnet_files.set_layout import Layout
from dexnet_core.datasets.graspnet_files.set_reader import (
    read_index,
    read_table_poses,
    read_view,
    read_views,
)
from dexnet_core.evaluation.graspnet_baselines import (
    antipodal_planner,
    PointPlanner,
    random_planner,
)
from dexnet_core.evaluation.graspnet_benchmark import BenchmarkView, evaluate_grasps, precision
from dexnet_core.evaluation.graspnet_models import ObjectModel, read_model
from dexnet_core.geometry.camera import deproject
from dexnet_core.geometry.transform import invert, transform_points
from dexnet_core.io.progress import Progress
from dexnet_core.planning.graspnet.cloud import in_workspace
from dexnet_core.planning.planners.loading import load_graspnet_planner
from dexnet_core.planning.planners.settings import GraspNetSettings
from dexnet_core.simulation.scenes.noise import measure, NoiseSettings
import numpy as np
from numpy.typing import NDArray

TRAIN = 'train'
NETWORK, ANTIPODAL, RANDOM = 'network', 'antipodal pairs', 'random'
"""How planners are called in reports; only the first was trained."""
_SEED = 7_100_000
_MOST_GRASPS = 100
"""Ten for each of as many objects as lie in a published scene."""


@dataclass(frozen=True)
class GraspNetEvaluation:
    """What planners are evaluated on.

    Attributes:
        splits: Names of splits of the set; all but that of training without any.
        camera: Name of the folder of views; None as `read_index`.
        scenes: Most scenes of a split, the first ones; None for all.
        views: Most views of a scene, evenly spread; None for all.
        strength: Share of the strongest sensor noise that is laid over the images; 0 for the
            images as they are, None draws as training does.
        noise: That sensor noise.
        settings: How all planners choose.

    Raises:
        ValueError: A count is not positive.
    """

    splits: tuple[str, ...] = ()
    camera: str | None = None
    scenes: int | None = None
    views: int | None = None
    strength: float | None = 0.0
    noise: NoiseSettings = field(default_factory=lambda: NoiseSettings(gamma_shape=1e5))
    settings: GraspNetSettings = field(
        default_factory=lambda: GraspNetSettings(max_grasps=_MOST_GRASPS, min_score=0.0)
    )

    def __post_init__(self) -> None:
        for name in ('scenes', 'views'):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f'{name} is {value}, expected at least 1')


class ViewScore(NamedTuple):
    """What one planner's answer to one view is worth.

    Attributes:
        precision: (TOP, frictions) as `graspnet_benchmark.precision` gives.
        counted: Grasps that the benchmark looked at.
        colliding: How many of these collide, or have nothing between their fingers.
    """

    precision: NDArray[np.float64]
    counted: int
    colliding: int


class SceneScore(NamedTuple):
    """What all planners are worth in one scene.

    Attributes:
        split: Name of its split.
        scene: Number of the scene.
        views: By name of the planner, one score for each view.
    """

    split: str
    scene: int
    views: Mapping[str, tuple[ViewScore, ...]]


class _Work(NamedTuple):
    """What a process needs to evaluate any scene."""

    layout: Layout
    model: Path | None
    config: GraspNetEvaluation


def evaluate_graspnet(
    data: Path, model: Path | None, config: GraspNetEvaluation, workers: int, progress: Progress
) -> list[SceneScore]:
    """Evaluate the network, and planners that learn nothing, on a set.

    Args:
        data: Folder of the set, a published one or one of our own.
        model: Folder of an exported GraspNet; the shipped one without.
        config: What they are evaluated on.
        workers: Processes.
        progress: Called with (scores, description, total); yields them back.

    Raises:
        FileNotFoundError: The set or a part of it is missing, or the model is.
        ValueError: The set has no such split, or a file is not what it should be.
    """
    index = read_index(data, config.camera)
    scenes = _scenes(data, index.splits, config)
    work = _Work(Layout(data, index.camera), model, config)
    _network(model, config.settings)  # what is wrong with it is said before scenes are begun
    with multiprocessing.get_context('spawn').Pool(min(workers, len(scenes))) as pool:
        return list(
            progress(pool.imap(partial(evaluate_scene, work), scenes), 'scenes', len(scenes))
        )


def evaluate_scene(work: _Work, where: tuple[str, int]) -> SceneScore:
    """Evaluate one scene: the name of its split, and its number."""
    split, scene = where
    planners = _planners(work)
    numbers = read_views(work.layout, scene, work.config.views)
    scores = [_evaluate_view(work, scene, number, planners) for number in numbers]
    return SceneScore(split, scene, {name: tuple(s[name] for s in scores) for name in planners})


def workspace_cloud(view: SceneView, T_table_camera: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the (n, 3) points, in the optical frame, that planners are given.

    As in graspnet-baseline: the box around all objects, along the axes of the table, and 2 cm.

    Args:
        view: What was seen.
        T_table_camera: (4, 4) pose of the camera on the table.
    """
    seen = view.depth > 0
    points = deproject(view.depth, view.camera)[seen]
    on_table = transform_points(T_table_camera, points)
    return points[in_workspace(on_table, view.instances[seen] > 0)]


def _evaluate_view(
    work: _Work, scene: int, number: int, planners: Mapping[str, PointPlanner]
) -> dict[str, ViewScore]:
    view = _measured(read_view(work.layout, scene, number), work.config, (scene, number))
    T_table_camera = _table_pose(work.layout, scene, number)
    models = tuple(_model(work.layout, int(k)) for k in view.object_ids)
    truth = BenchmarkView(models, view.T_camera_object, invert(T_table_camera))
    points = workspace_cloud(view, T_table_camera)
    return {name: _score(planner, points, truth) for name, planner in planners.items()}


def _score(planner: PointPlanner, points: NDArray[np.float32], truth: BenchmarkView) -> ViewScore:
    evaluated = evaluate_grasps(planner.plan_points(points).grasps, truth)
    return ViewScore(
        precision(evaluated.friction),
        len(evaluated.grasps),
        int(evaluated.collides.sum()),
    )


def _scenes(
    data: Path, splits: Mapping[str, tuple[int, ...]], config: GraspNetEvaluation
) -> list[tuple[str, int]]:
    """Return split and number of each scene to evaluate."""
    names = config.splits or tuple(name for name in splits if name != TRAIN)
    unknown = sorted(set(names) - set(splits))
    if unknown:
        raise ValueError(f'{data} has no split {", ".join(unknown)}, expected {", ".join(splits)}')
    scenes = [(name, scene) for name in names for scene in splits[name][: config.scenes]]
    if not scenes:
        raise ValueError(f'{data} has 0 scenes of {", ".join(names)}, expected at least 1')
    return scenes


def _measured(view: SceneView, config: GraspNetEvaluation, seed: tuple[int, int]) -> SceneView:
    """Return a view with the asked noise over its depth."""
    if config.strength == 0:
        return view
    rng = np.random.default_rng((_SEED, *seed))
    depth = measure(view.depth, view.camera.fx, config.noise, rng, config.strength)
    return replace(view, depth=depth)


def _table_pose(layout: Layout, scene: int, number: int) -> NDArray[np.float64]:
    poses = read_table_poses(layout, scene)
    if number >= len(poses):
        path = layout.camera_poses(scene)
        raise ValueError(f'{path} has {len(poses)} poses, expected one of view {number}')
    pose: NDArray[np.float64] = poses[number]
    return pose


def _planners(work: _Work) -> dict[str, PointPlanner]:
    settings = work.config.settings
    return {
        NETWORK: _network(work.model, settings),
        ANTIPODAL: antipodal_planner(settings),
        RANDOM: random_planner(settings),
    }


@lru_cache(maxsize=1)
def _network(model: Path | None, settings: GraspNetSettings) -> PointPlanner:
    return load_graspnet_planner(model, settings, threads=1)


@lru_cache(maxsize=128)
def _model(layout: Layout, number: int) -> ObjectModel:
    return read_model(layout.model(number))
