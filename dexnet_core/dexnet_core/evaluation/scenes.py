"""Judge a planner on scenes of objects that no network was trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
import logging
import multiprocessing
from typing import Protocol

from dexnet_core.datasets.generation import GenerationConfig, objects_of
from dexnet_core.grasp import Grasp
from dexnet_core.objects.grasp_object import Split
from dexnet_core.perception.segment import observe, Observed
from dexnet_core.progress import Progress
from dexnet_core.runtime.planner import Planner
from dexnet_core.scenes.noise import measure, NoiseSettings
from dexnet_core.scenes.random_scene import random_scene
from dexnet_core.scenes.scene import Scene
from dexnet_core.scenes.view import random_camera, render, RenderedView
import numpy as np

_LOG = logging.getLogger(__name__)

_SEED = 7_000_000
"""Scenes of the evaluation are seeded apart from those of training."""

NETWORK = 'network'
"""How the planner that is judged is called beside the baselines."""

Baseline = Callable[[Observed, np.random.Generator], 'Grasp | None']


@dataclass(frozen=True)
class EvaluationConfig:
    """What to judge a planner on.

    Attributes:
        scenes: Scenes with at least one good grasp in view that are judged.
        seed: Decides the scenes.
        masked: Tell the planner which pixels are objects, instead of letting it find out.
        strength: Share of the strongest noise; 0.2 is a common stereo camera (1 mm of smooth
            noise), None draws as training does, up to 5 mm.
        noise: Sensor noise; the published gamma factor is that of training only, as a camera whose
            scale is 3 % wrong misplaces every pick by centimetres, whoever plans it.
    """

    scenes: int = 200
    seed: int = 0
    masked: bool = False
    strength: float | None = 0.2
    noise: NoiseSettings = field(default_factory=lambda: NoiseSettings(gamma_shape=1e5))


class Judge(Protocol):
    """Knows what a gripper's grasps are worth."""

    @property
    def config(self) -> EvaluationConfig:
        """What to judge on."""

    @property
    def data(self) -> GenerationConfig:
        """Objects, scenes and cameras."""

    @property
    def good(self) -> float:
        """Robust quality above which a grasp counts as good."""

    def planner(self) -> Planner:
        """Return the planner that is judged."""

    def baselines(self) -> Mapping[str, Baseline]:
        """Return the planners to be better than, by name."""

    def has_good_grasp(self, scene: Scene, view: RenderedView) -> bool:
        """Return whether there is a good grasp in view and within reach."""

    def worth(self, scene: Scene, view: RenderedView, grasp: Grasp) -> float:
        """Return the robust quality of a planned grasp; 0 where it can not hold."""


@dataclass(frozen=True)
class SceneResult:
    """What the first choices of all planners are worth in one scene.

    Attributes:
        index: Number of the scene.
        height: Metres of the camera above the floor.
        focal: Pixels.
        objects: Names of what lies in the scene.
        worth: Robust quality by name of the planner; 0 for no answer.
        score: That the judged planner gave its choice.
        status: Name of the plan's status.
    """

    index: int
    height: float
    focal: float
    objects: tuple[str, ...]
    worth: Mapping[str, float]
    score: float
    status: str


def evaluate(judge: Judge, workers: int, progress: Progress) -> list[SceneResult]:
    """Judge the first choice in `judge.config.scenes` scenes that hold a good grasp.

    Args:
        judge: What is judged, on what.
        workers: Processes.
        progress: Called with (results or None, description, total); yields them back.

    Returns:
        In order of the scenes; fewer, with a warning, where four times as many scenes as wanted
        do not hold enough good grasps.
    """
    results: list[SceneResult] = []
    wanted = judge.config.scenes
    with multiprocessing.get_context('spawn').Pool(workers) as pool:
        judged = pool.imap(partial(evaluate_scene, judge), range(4 * wanted))
        for result in progress(judged, 'scenes', 4 * wanted):
            if result is not None:
                results.append(result)
            if len(results) == wanted:
                break
    if len(results) < wanted:
        _LOG.warning('%d of %d scenes hold a good grasp', len(results), 4 * wanted)
    return results


def evaluate_scene(judge: Judge, index: int) -> SceneResult | None:
    """Judge one scene; None where no labelled grasp in view is good."""
    config = judge.config
    rng = np.random.default_rng((_SEED, config.seed, index))
    scene = random_scene(objects_of(judge.data, Split.TEST), judge.data.scenes, rng)
    view = render(scene, *random_camera(scene, judge.data.views, rng))
    if not judge.has_good_grasp(scene, view):
        return None
    depth = measure(view.depth, view.camera.fx, config.noise, rng, config.strength)
    planner = judge.planner()
    given = view.object_mask if config.masked else None
    plan = planner.plan(depth, view.camera, given)
    observed = observe(depth, view.camera, given, planner.settings.support_height)
    chosen = {NETWORK: plan.grasps[0] if plan.grasps else None}
    for name, choose in judge.baselines().items():
        chosen[name] = choose(observed, rng)
    worth = {
        name: judge.worth(scene, view, grasp) if grasp else 0.0 for name, grasp in chosen.items()
    }
    return SceneResult(
        index=index,
        height=float(view.T_world_camera[2, 3]),
        focal=view.camera.fx,
        objects=tuple(item.object.name for item in scene.objects),
        worth=worth,
        score=plan.grasps[0].score if plan.grasps else 0.0,
        status=plan.status.name,
    )
