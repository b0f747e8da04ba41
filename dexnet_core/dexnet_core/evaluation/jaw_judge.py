"""What parallel-jaw grasps are worth, and the simple planner of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

from dexnet_core.datasets.jaw_labeller import JawGenerationConfig
from dexnet_core.evaluation.antipodal_edges import antipodal_edges
from dexnet_core.evaluation.scenes import Baseline, EvaluationConfig
from dexnet_core.grasp import Grasp
from dexnet_core.jaw.epsilon import GOOD, quality_of
from dexnet_core.jaw.labels import label_jaws
from dexnet_core.jaw.uncertainty import JawPerturbations, sample_jaw_perturbations
from dexnet_core.jaw.worth import worth_of_jaws
from dexnet_core.runtime.jaw_planner import JawPlanner
from dexnet_core.runtime.loading import load_jaw_planner
from dexnet_core.scenes.scene import Scene
from dexnet_core.scenes.view import RenderedView
import numpy as np

_PERTURBATIONS = 64
_LABEL_PERTURBATIONS = 16


@dataclass(frozen=True)
class JawEvaluation(EvaluationConfig):
    """What to judge a jaw's planner on.

    Attributes:
        data: Objects, scenes, cameras, gripper and uncertainty.
    """

    data: JawGenerationConfig = field(default_factory=JawGenerationConfig)


@dataclass(frozen=True)
class JawJudge:
    """Lets the jaw down and closes it on the exact meshes.

    Attributes:
        config: What to judge on.
        model: ONNX file or folder; the shipped one without.
    """

    config: JawEvaluation
    model: Path | None = None

    @property
    def data(self) -> JawGenerationConfig:
        """Objects, scenes, cameras, gripper and uncertainty."""
        return self.config.data

    @property
    def good(self) -> float:
        """Quality of the published threshold."""
        return float(quality_of(GOOD, self.data.cells.gripper.pad_radius))

    def planner(self) -> JawPlanner:
        """Return the planner of the model file."""
        return _planner(self.model)

    def baselines(self) -> Mapping[str, Baseline]:
        """Return the antipodal sampler on depth edges."""
        return {'antipodal edges': partial(antipodal_edges, self.data.cells)}

    def has_good_grasp(self, scene: Scene, view: RenderedView) -> bool:
        """Return whether a labelled grasp along the optical axis is good."""
        labels = label_jaws(scene, view, self.data.cells, self._samples(_LABEL_PERTURBATIONS, 0))
        return bool((labels.quality > self.good).any())

    def worth(self, scene: Scene, view: RenderedView, grasp: Grasp) -> float:
        """Return the quality of the object that both fingers touch; 0 if the jaw collides."""
        T_world_grasp = view.T_world_camera @ grasp.T_camera_grasp
        gripper, samples = self.data.cells.gripper, self._samples(_PERTURBATIONS, 1)
        openings = np.array([grasp.width])
        return float(worth_of_jaws(scene, T_world_grasp[None], openings, gripper, samples)[0])

    def _samples(self, count: int, number: int) -> JawPerturbations:
        return sample_jaw_perturbations(count, self.config.seed + number, self.data.uncertainty)


@lru_cache(maxsize=1)
def _planner(model: Path | None) -> JawPlanner:
    return load_jaw_planner(model, threads=1)
