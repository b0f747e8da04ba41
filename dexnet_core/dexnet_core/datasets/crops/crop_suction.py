"""Suction grasps for crops, as in Dex-Net 3.0: surface points, approach along the normal."""

from __future__ import annotations

from dataclasses import dataclass, field

from dexnet_core.datasets.crops.crop_generation import CropConfig
from dexnet_core.datasets.crops.crop_view import (
    approach_angles,
    CameraRange,
    PosedGrasps,
    seen_grasps,
)
from dexnet_core.datasets.crops.releases import DEXNET_3, Release
from dexnet_core.simulation.objects.grasp_object import GraspObject
from dexnet_core.simulation.scenes.rendered_view import RenderedView
from dexnet_core.simulation.scenes.scene import Scene
from dexnet_core.simulation.suction.cup_model import sample_perturbations, SpringCup
from dexnet_core.simulation.suction.suction_labels import DOWN, has_room
from dexnet_core.simulation.suction.surface import pose_quality, sample_seals, SealSamples
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SuctionCropConfig(CropConfig):
    """Configuration of suction crops.

    Attributes:
        cup: Model of the suction cup.
        steepest: Maximum angle between approach and optical axis in radians; the mean of the
            published data is 0.36.
    """

    cameras: CameraRange = field(
        default_factory=lambda: CameraRange((0.5, 0.7), (0.01 * np.pi, 0.1 * np.pi))
    )
    candidates: int = 400
    cup: SpringCup = field(default_factory=SpringCup)
    steepest: float = np.pi / 4


@dataclass(frozen=True)
class SuctionGrasps:
    """Samples and labels suction grasps."""

    config: SuctionCropConfig
    release: Release = DEXNET_3

    def on_object(self, thing: GraspObject, seed: int) -> SealSamples:
        """Return surface points of an object with their seal results."""
        config = self.config
        samples = sample_perturbations(config.perturbations, config.seed)
        return sample_seals(thing, config.candidates, samples, config.cup, seed)

    def at_rest(self, found: SealSamples, scene: Scene) -> PosedGrasps:
        """Return the grasps on the object at rest, with their quality under gravity."""
        config = self.config
        samples = sample_perturbations(config.perturbations, config.seed)
        T = scene.objects[0].T_world_object
        points, normals = found.points @ T[:3, :3].T + T[:3, 3], found.normals @ T[:3, :3].T
        everyone = np.arange(len(points))
        quality = pose_quality(found, everyone, T[:3, :3].T @ DOWN, samples, config.cup)
        free = has_room(scene.surface.caster, points, -normals, config.cup.radius)
        return PosedGrasps(
            points, -normals, np.zeros_like(points), np.zeros(len(points)), quality, free
        )

    def in_view(self, grasps: PosedGrasps, view: RenderedView) -> NDArray[np.bool_]:
        """Return (n,) True for visible contacts with an approach angle below the limit."""
        near = approach_angles(grasps, view) < self.config.steepest
        return near & seen_grasps(grasps, view)
