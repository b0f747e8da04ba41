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
from dexnet_core.jaw.contact import close_jaws, JawClosings, robust_epsilon
from dexnet_core.jaw.epsilon import GOOD, quality_of
from dexnet_core.jaw.labels import label_jaws
from dexnet_core.jaw.room import has_jaw_room
from dexnet_core.jaw.uncertainty import JawPerturbations, sample_jaw_perturbations
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
        model: ONNX file; the shipped weights without.
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
        gripper = self.data.cells.gripper
        T_world_grasp = view.T_world_camera @ grasp.T_camera_grasp
        surface = scene.surface
        openings = np.array([grasp.width])
        if not has_jaw_room(surface.caster, T_world_grasp[None], openings, gripper)[0]:
            return 0.0
        middle = T_world_grasp[:3, 3] - gripper.tip_reach * T_world_grasp[:3, 2]
        jaw = JawClosings(middle[None], T_world_grasp[None, :3, 0], openings)
        owners = surface.owner[close_jaws(surface.caster, jaw).triangles[0]]
        if owners[0] < 0 or owners[0] != owners[1]:
            return 0.0
        centre = scene.objects[owners[0]].T_world_object[None, :3, 3]
        samples = self._samples(_PERTURBATIONS, 1)
        robust = robust_epsilon(surface, jaw, owners[:1], centre, samples, gripper.pad_radius)
        return float(quality_of(robust, gripper.pad_radius)[0])

    def _samples(self, count: int, number: int) -> JawPerturbations:
        return sample_jaw_perturbations(count, self.config.seed + number, self.data.uncertainty)


@lru_cache(maxsize=1)
def _planner(model: Path | None) -> JawPlanner:
    return load_jaw_planner(model, threads=1)
