"""Suction labels of generated views."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from dexnet_core.datasets.views.segmented_views import label_view_of, SegmentedViewConfig
from dexnet_core.datasets.views.stored_views import write_view
from dexnet_core.io.files.atomic import read_arrays, write_arrays
from dexnet_core.planning.values.checks import require_positive
from dexnet_core.simulation.objects.grasp_object import GraspObject
from dexnet_core.simulation.scenes.rendered_view import RenderedView
from dexnet_core.simulation.scenes.scene import Scene
from dexnet_core.simulation.suction.cup_model import Perturbations, sample_perturbations, SpringCup
from dexnet_core.simulation.suction.suction_labels import label_view
from dexnet_core.simulation.suction.surface import sample_seals, SealSamples


@dataclass(frozen=True)
class SuctionGenerationConfig(SegmentedViewConfig):
    """Configuration of a data set of labelled views for suction.

    Attributes:
        seal_points: Number of points per object at which the seal is computed.
        cup: Model of the suction cup.
    """

    objects: int = 600
    seal_points: int = 4000
    cup: SpringCup = field(default_factory=SpringCup)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self, 'seal_points')


@dataclass(frozen=True)
class SuctionLabeller:
    """Computes seals once per object and looks them up in every scene."""

    config: SuctionGenerationConfig

    def prepare(self, root: Path, thing: GraspObject) -> None:
        """Compute and store the seal samples of an object."""
        path = _seal_path(root, thing.name)
        if not path.exists():
            config = self.config
            seal = sample_seals(
                thing, config.seal_points, self._perturbations(), config.cup, config.seed
            )
            write_arrays(path, points=seal.points, normals=seal.normals, sealed=seal.sealed)

    def write(self, root: Path, path: Path, scene: Scene, view: RenderedView) -> None:
        """Write the view and the robust wrench resistance (n,) of lattice pixels."""
        names = {item.object.name for item in scene.objects}
        seals = {name: _read_seals(_seal_path(root, name)) for name in names}
        view, seen = label_view_of(self.config, scene, view, path.relative_to(root))
        labels = label_view(scene, view, seals, self._perturbations(), self.config.cup)
        write_view(path, view, seen, labels)

    def _perturbations(self) -> Perturbations:
        return sample_perturbations(self.config.perturbations, self.config.seed)


def _seal_path(root: Path, name: str) -> Path:
    return root / 'seals' / f'{name}.npz'


@lru_cache(maxsize=2000)
def _read_seals(path: Path) -> SealSamples:
    return SealSamples(*read_arrays(path, 'points', 'normals', 'sealed'))
