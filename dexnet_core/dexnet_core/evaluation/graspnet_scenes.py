"""Evaluation of planners on the scenes of a data set in the file layout of GraspNet-1Billion."""

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
"""Names of the planners in reports; only the first is trained."""
_SEED = 7_100_000
_MOST_GRASPS = 100
"""Ten grasps for each of ten objects, the number in a published scene."""


@dataclass(frozen=True)
class GraspNetEvaluation:
    """Configuration of the evaluation.

    Attributes:
        splits: Names of splits of the set; empty: all but the training split.
        camera: Name of the folder of views; None: see `read_index`.
        scenes: Largest number of scenes per split, from the first; None: all.
        views: Largest number of views per scene, evenly spaced; None: all.
        strength: Share of the strongest sensor noise added to the images; 0: no noise; None:
            random, as in training.
        noise: Settings of the sensor noise.
        settings: Grasp selection of all planners.

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
    """Result of one planner in one view.

    Attributes:
        precision: (TOP, frictions), see `graspnet_benchmark.precision`.
        counted: Number of evaluated grasps.
        colliding: Number of these that collide or have nothing between their fingers.
    """

    precision: NDArray[np.float64]
    counted: int
    colliding: int


class SceneScore(NamedTuple):
    """Results of all planners in one scene.

    Attributes:
        split: Name of its split.
        scene: Number of the scene.
        views: Name of the planner to its results, one per view.
    """

    split: str
    scene: int
    views: Mapping[str, tuple[ViewScore, ...]]


class _Work(NamedTuple):
    """Arguments of a worker process."""

    layout: Layout
    model: Path | None
    config: GraspNetEvaluation


def evaluate_graspnet(
    data: Path, model: Path | None, config: GraspNetEvaluation, workers: int, progress: Progress
) -> list[SceneScore]:
    """Evaluate a network and the baseline planners on a data set.

    Args:
        data: Folder of the set, published or generated.
        model: Folder of an exported GraspNet; None: the shipped one.
        config: Configuration of the evaluation.
        workers: Number of processes.
        progress: Called with (scores, description, total); yields them back.

    Raises:
        FileNotFoundError: The set, a part of it or the model is missing.
        ValueError: The set has no such split, or a file is invalid.
    """
    index = read_index(data, config.camera)
    scenes = _scenes(data, index.splits, config)
    work = _Work(Layout(data, index.camera), model, config)
    _network(model, config.settings)  # raises errors of the model before the workers start
    with multiprocessing.get_context('spawn').Pool(min(workers, len(scenes))) as pool:
        return list(
            progress(pool.imap(partial(evaluate_scene, work), scenes), 'scenes', len(scenes))
        )


def evaluate_scene(work: _Work, where: tuple[str, int]) -> SceneScore:
    """Evaluate one scene, given the name of its split and its number."""
    split, scene = where
    planners = _planners(work)
    numbers = read_views(work.layout, scene, work.config.views)
    scores = [_evaluate_view(work, scene, number, planners) for number in numbers]
    return SceneScore(split, scene, {name: tuple(s[name] for s in scores) for name in planners})


def workspace_cloud(view: SceneView, T_table_camera: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the (n, 3) input points of the planners in the optical frame, metres.

    As in graspnet-baseline, these are the points within the box around all objects, aligned with
    the table axes and enlarged by 2 cm.

    Args:
        view: The measured view.
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
    """Return the split and number of each scene to evaluate."""
    names = config.splits or tuple(name for name in splits if name != TRAIN)
    unknown = sorted(set(names) - set(splits))
    if unknown:
        raise ValueError(f'{data} has no split {", ".join(unknown)}, expected {", ".join(splits)}')
    scenes = [(name, scene) for name in names for scene in splits[name][: config.scenes]]
    if not scenes:
        raise ValueError(f'{data} has 0 scenes of {", ".join(names)}, expected at least 1')
    return scenes


def _measured(view: SceneView, config: GraspNetEvaluation, seed: tuple[int, int]) -> SceneView:
    """Return a view with the configured noise added to its depth."""
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
