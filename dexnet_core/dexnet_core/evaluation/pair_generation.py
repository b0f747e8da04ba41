"""Let the planner find antipodal pairs in noisy clouds, and judge them on the exact meshes.

What is judged is what the planner would ask the network about on the robot (Satish et al.,
On-Policy Dataset Synthesis, RA-L 2019).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
import multiprocessing
from pathlib import Path

from dexnet_core.configuration import claim
from dexnet_core.datasets.judged_pairs import JudgedPairs, write_pairs
from dexnet_core.datasets.views import view_path
from dexnet_core.evaluation.graspnet_judge import judge_all
from dexnet_core.evaluation.graspnet_scenes import benchmark_view, workspace_cloud
from dexnet_core.geometry.transform import invert
from dexnet_core.graspnet.cloud import sampled
from dexnet_core.graspnet.stages import CLOUD_POINTS
from dexnet_core.graspnet_sets.layout import Layout
from dexnet_core.graspnet_sets.reader import read_index, read_view, read_views
from dexnet_core.runtime.graspnet_planner import roomy_pairs
from dexnet_core.runtime.settings import GraspNetSettings
from dexnet_core.scenes.noise import measure, NoiseSettings
import numpy as np

Progress = Callable[[Iterable[int], str, int], Iterable[int]]
Where = tuple[str, int, int]


@dataclass(frozen=True)
class PairGenerationConfig:
    """What pairs to judge.

    Attributes:
        data: Set in the files of GraspNet-1Billion.
        seed: Decides noise and choice.
        per_view: Grasps of a view at most: a third of them the best by their normals, the others
            at random among those with room.
        noise: Upper ends of the sensor noise; without a common factor, as in the evaluation.
        strength: Least and greatest share of that noise, drawn for each view.
    """

    data: Path = Path('data/graspnet')
    seed: int = 0
    per_view: int = 192
    noise: NoiseSettings = field(default_factory=lambda: NoiseSettings(gamma_shape=1e5))
    strength: tuple[float, float] = (0.0, 0.4)


def generate_pairs(
    config: PairGenerationConfig, root: Path, workers: int, progress: Progress
) -> None:
    """Make, or go on making, a set of judged pairs.

    Args:
        config: What to make.
        root: Folder of the set.
        workers: Processes that work side by side.
        progress: Called with (done views, description, total); yields them back.

    Raises:
        FileNotFoundError: The data or a part of them are missing.
        ValueError: A file of the data is wrong, or the folder holds another set.
    """
    index = read_index(config.data, None)
    layout = Layout(config.data, index.camera)
    places = [
        (split, scene, number)
        for split, scenes in index.splits.items()
        for scene in scenes
        for number in read_views(layout, scene)
    ]
    claim(root / 'dataset.json', config)
    work = partial(_make, config, layout, root)
    with multiprocessing.get_context('spawn').Pool(workers) as pool:
        for _ in progress(pool.imap_unordered(work, places, 4), 'views', len(places)):
            pass


def _make(config: PairGenerationConfig, layout: Layout, root: Path, where: Where) -> int:
    split, scene, number = where
    path = view_path(root, split, scene, number)
    if not path.exists():
        write_pairs(path, _judged(config, layout, scene, number))
    return number


def _judged(config: PairGenerationConfig, layout: Layout, scene: int, number: int) -> JudgedPairs:
    rng = np.random.default_rng((config.seed, scene, number))
    view = read_view(layout, scene, number)
    strength = float(rng.uniform(*config.strength))
    depth = measure(view.depth, view.camera.fx, config.noise, rng, strength)
    truth = benchmark_view(layout, scene, number, view)
    points = workspace_cloud(replace(view, depth=depth), invert(truth.T_camera_table))
    pairs = roomy_pairs(points, GraspNetSettings())
    best = config.per_view // 3
    if len(pairs) > config.per_view:
        others = rng.permutation(np.arange(best, len(pairs)))[: config.per_view - best]
        pairs = pairs.take(np.append(np.arange(best), others))
    friction = judge_all(pairs, truth).friction
    cloud = sampled(points, CLOUD_POINTS, rng) if len(points) > CLOUD_POINTS else points
    return JudgedPairs(cloud, pairs.points, pairs.rotations, pairs.depths, friction)
