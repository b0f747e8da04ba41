"""What suction grasps are worth, and simple planners of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

from dexnet_core.datasets.generation import objects_of
from dexnet_core.datasets.suction_labeller import SuctionGenerationConfig
from dexnet_core.evaluation.baselines import flattest_patch, random_point
from dexnet_core.evaluation.contacts import contact_quality
from dexnet_core.evaluation.scenes import Baseline, EvaluationConfig
from dexnet_core.grasp import Grasp
from dexnet_core.objects.grasp_object import Split
from dexnet_core.runtime.loading import load_suction_planner
from dexnet_core.runtime.settings import SuctionSettings
from dexnet_core.runtime.suction_planner import SuctionPlanner
from dexnet_core.scenes.scene import Scene
from dexnet_core.scenes.view import RenderedView
from dexnet_core.suction.cup import sample_perturbations
from dexnet_core.suction.labels import label_view
from dexnet_core.suction.surface import sample_seals, SealSamples
import numpy as np

_PERTURBATIONS = 64
_LABEL_PERTURBATIONS = 16
_LABEL_POINTS = 3000


@dataclass(frozen=True)
class SuctionEvaluation(EvaluationConfig):
    """What to judge a suction planner on.

    Attributes:
        good: Robust wrench resistance above which a grasp counts as good.
        data: Objects, scenes, cameras and cup.
    """

    good: float = 0.2
    data: SuctionGenerationConfig = field(default_factory=SuctionGenerationConfig)


@dataclass(frozen=True)
class SuctionJudge:
    """Presses the cup onto the exact mesh.

    Attributes:
        config: What to judge on.
        model: ONNX file; the shipped weights without.
    """

    config: SuctionEvaluation
    model: Path | None = None

    @property
    def data(self) -> SuctionGenerationConfig:
        """Objects, scenes, cameras and cup."""
        return self.config.data

    @property
    def good(self) -> float:
        """Robust wrench resistance above which a grasp counts as good."""
        return self.config.good

    def planner(self) -> SuctionPlanner:
        """Return the planner of the model file."""
        return _planner(self.model)

    def baselines(self) -> Mapping[str, Baseline]:
        """Return the flattest patch and a random point."""
        radius = self.data.cup.radius
        return {
            'flattest': partial(flattest_patch, radius),
            'random': partial(random_point, radius),
        }

    def has_good_grasp(self, scene: Scene, view: RenderedView) -> bool:
        """Return whether a labelled contact that the planner may approach is good."""
        seals = {item.object.name: _seals(self.config, item.object.name) for item in scene.objects}
        samples = sample_perturbations(_LABEL_PERTURBATIONS, self.config.seed)
        labels = label_view(scene, view, seals, samples, self.data.cup)
        u, v = labels.pixels.T
        optical_axis = view.T_world_camera[:3, 2]
        steepness = -scene.surface.normals[view.triangle[v, u]] @ optical_axis
        within_reach = steepness >= np.cos(SuctionSettings().max_tilt)
        return bool((within_reach & (labels.quality > self.good)).any())

    def worth(self, scene: Scene, view: RenderedView, grasp: Grasp) -> float:
        """Return the robust wrench resistance where the cup touches."""
        samples = sample_perturbations(_PERTURBATIONS, self.config.seed + 1)
        return contact_quality(scene, view, grasp, samples, self.data.cup)


@lru_cache(maxsize=1)
def _planner(model: Path | None) -> SuctionPlanner:
    return load_suction_planner(model, threads=1)


@lru_cache(maxsize=1000)
def _seals(config: SuctionEvaluation, name: str) -> SealSamples:
    thing = next(o for o in objects_of(config.data, Split.TEST) if o.name == name)
    samples = sample_perturbations(_LABEL_PERTURBATIONS, config.seed)
    return sample_seals(thing, _LABEL_POINTS, samples, config.data.cup)
