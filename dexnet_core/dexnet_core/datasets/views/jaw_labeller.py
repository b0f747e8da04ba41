"""Parallel-jaw labels of generated views."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dexnet_core.datasets.views.segmented_views import label_view_of, SegmentedViewConfig
from dexnet_core.datasets.views.stored_views import write_view
from dexnet_core.planning.contracts.view_contract import JawCells
from dexnet_core.simulation.jaw.jaw_labels import label_jaws
from dexnet_core.simulation.jaw.jaw_uncertainty import JawUncertainty, sample_jaw_perturbations
from dexnet_core.simulation.scenes.rendered_view import RenderedView
from dexnet_core.simulation.scenes.scene import Scene


@dataclass(frozen=True)
class JawGenerationConfig(SegmentedViewConfig):
    """Configuration of a data set of labelled views for a parallel jaw.

    Attributes:
        cells: Closing directions, depth offsets and the gripper.
        uncertainty: Standard deviations of the perturbations of a planned grasp.
    """

    objects: int = 600
    cells: JawCells = field(default_factory=JawCells)
    uncertainty: JawUncertainty = field(default_factory=JawUncertainty)


@dataclass(frozen=True)
class JawLabeller:
    """Labels views with parallel-jaw grasps on the exact surfaces of the scene."""

    config: JawGenerationConfig

    def write(self, root: Path, path: Path, scene: Scene, view: RenderedView) -> None:
        """Write the view and the robust quality (n, angles, offsets) of lattice pixels."""
        config = self.config
        samples = sample_jaw_perturbations(config.perturbations, config.seed, config.uncertainty)
        view, seen = label_view_of(config, scene, view, path.relative_to(root))
        write_view(path, view, seen, label_jaws(scene, view, config.cells, samples))
