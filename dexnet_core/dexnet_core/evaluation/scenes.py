"""Judge a planner on scenes of objects that no network was trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache, partial
import multiprocessing
from pathlib import Path

from dexnet_core.datasets.generation import objects_of
from dexnet_core.datasets.suction_labeller import SuctionGenerationConfig
from dexnet_core.evaluation.baselines import flattest_patch, random_point
from dexnet_core.evaluation.contacts import contact_quality
from dexnet_core.grasp import Grasp
from dexnet_core.objects.grasp_object import Split
from dexnet_core.perception.segment import observe
from dexnet_core.runtime.loading import load_suction_planner
from dexnet_core.runtime.settings import SuctionSettings
from dexnet_core.runtime.suction_planner import SuctionPlanner
from dexnet_core.scenes.noise import measure, NoiseSettings
from dexnet_core.scenes.random_scene import random_scene
from dexnet_core.scenes.scene import Scene
from dexnet_core.scenes.view import random_camera, render, RenderedView
from dexnet_core.suction.cup import sample_perturbations
from dexnet_core.suction.labels import label_view
from dexnet_core.suction.surface import sample_seals, SealSamples
import numpy as np

_PERTURBATIONS = 64
_LABEL_PERTURBATIONS = 16
_LABEL_POINTS = 3000
_SEED = 7_000_000
"""Scenes of the evaluation are seeded apart from those of training."""

Progress = Callable[[Iterable['SceneResult | None'], str, int], Iterable['SceneResult | None']]


@dataclass(frozen=True)
class EvaluationConfig:
    """What to judge a planner on.

    Attributes:
        scenes: Scenes with at least one good contact in view that are judged.
        seed: Decides the scenes.
        masked: Tell the planner which pixels are objects, instead of letting it find out.
        good: Robust quality above which a grasp counts as good.
        data: Objects, scenes, cameras and cup.
        strength: Share of the strongest noise; 0.2 is a common stereo camera (1 mm of smooth
            noise), None draws as training does, up to 5 mm.
        noise: Sensor noise; the published gamma factor is that of training only, as a camera whose
            scale is 3 % wrong misplaces every pick by centimetres, whoever plans it.
    """

    scenes: int = 200
    seed: int = 0
    masked: bool = False
    good: float = 0.2
    data: SuctionGenerationConfig = field(default_factory=SuctionGenerationConfig)
    strength: float | None = 0.2
    noise: NoiseSettings = field(default_factory=lambda: NoiseSettings(gamma_shape=1e5))


@dataclass(frozen=True)
class SceneResult:
    """Robust quality of the first choice of each planner in one scene; 0 for no answer.

    Attributes:
        index: Number of the scene.
        height: Metres of the camera above the floor.
        focal: Pixels.
        network: Of the planner.
        score: That the planner gave its choice.
        flattest: Of the flattest patch.
        random: Of a random point.
        status: Name of the plan's status.
    """

    index: int
    height: float
    focal: float
    network: float
    score: float
    flattest: float
    random: float
    status: str


def evaluate(
    config: EvaluationConfig, model: Path | None, workers: int, progress: Progress
) -> list[SceneResult]:
    """Judge the first choice in `config.scenes` scenes that hold a good contact."""
    results: list[SceneResult] = []
    with multiprocessing.get_context('spawn').Pool(workers) as pool:
        work = partial(evaluate_scene, config, model)
        judged = pool.imap(work, range(4 * config.scenes))
        for result in progress(judged, 'scenes', 4 * config.scenes):
            if result is not None:
                results.append(result)
            if len(results) == config.scenes:
                break
    return results


def evaluate_scene(config: EvaluationConfig, model: Path | None, index: int) -> SceneResult | None:
    """Judge one scene; None where no labelled contact in view is good."""
    rng = np.random.default_rng((_SEED, config.seed, index))
    scene = random_scene(objects_of(config.data, Split.TEST), config.data.scenes, rng)
    view = render(scene, *random_camera(scene, config.data.views, rng))
    if not _has_good_contact(config, scene, view):
        return None
    depth = measure(view.depth, view.camera.fx, config.noise, rng, config.strength)
    planner = _planner(model)
    given = view.object_mask if config.masked else None
    plan = planner.plan(depth, view.camera, given)
    first = plan.grasps[0] if plan.grasps else None
    observed = observe(depth, view.camera, given, planner.settings.support_height)
    radius = config.data.cup.radius
    flat, random = (choose(observed, radius, rng) for choose in (flattest_patch, random_point))
    network, flattest, anywhere = (
        _worth(config, scene, view, grasp) for grasp in (first, flat, random)
    )
    return SceneResult(
        index=index,
        height=float(view.T_world_camera[2, 3]),
        focal=view.camera.fx,
        network=network,
        score=first.score if first else 0.0,
        flattest=flattest,
        random=anywhere,
        status=plan.status.name,
    )


def _has_good_contact(config: EvaluationConfig, scene: Scene, view: RenderedView) -> bool:
    seals = {item.object.name: _seals(config, item.object.name) for item in scene.objects}
    samples = sample_perturbations(_LABEL_PERTURBATIONS, config.seed)
    labels = label_view(scene, view, seals, samples, config.data.cup)
    u, v = labels.pixels.T
    optical_axis = view.T_world_camera[:3, 2]
    tilt = np.arccos(np.clip(-scene.surface.normals[view.triangle[v, u]] @ optical_axis, -1, 1))
    within_reach = tilt <= SuctionSettings().max_tilt
    return bool((within_reach & (labels.quality > config.good)).any())


def _worth(
    config: EvaluationConfig, scene: Scene, view: RenderedView, grasp: Grasp | None
) -> float:
    if grasp is None:
        return 0.0
    samples = sample_perturbations(_PERTURBATIONS, config.seed + 1)
    return contact_quality(scene, view, grasp, samples, config.data.cup)


@lru_cache(maxsize=1)
def _planner(model: Path | None) -> SuctionPlanner:
    return load_suction_planner(model, threads=1)


@lru_cache(maxsize=1000)
def _seals(config: EvaluationConfig, name: str) -> SealSamples:
    thing = next(o for o in objects_of(config.data, Split.TEST) if o.name == name)
    samples = sample_perturbations(_LABEL_PERTURBATIONS, config.seed)
    return sample_seals(thing, _LABEL_POINTS, samples, config.data.cup)
