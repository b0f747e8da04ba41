"""Parallel-jaw grasps for crops, as in Dex-Net 2.0: antipodal pairs, approached from above."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from dexnet_core.datasets.crops.crop_generation import CropConfig
from dexnet_core.datasets.crops.crop_view import CameraRange, PosedGrasps
from dexnet_core.datasets.crops.releases import DEXNET_2, Release
from dexnet_core.geometry.transform import pose_matrix, unit
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.simulation.jaw.antipodal import object_surfaces, sample_antipodal
from dexnet_core.simulation.jaw.approach_collision import is_approach_free
from dexnet_core.simulation.jaw.jaw_contact import OpenJaws, robust_epsilon
from dexnet_core.simulation.jaw.jaw_uncertainty import JawUncertainty, sample_jaw_perturbations
from dexnet_core.simulation.objects.grasp_object import GraspObject
from dexnet_core.simulation.scenes.rendered_view import RenderedView
from dexnet_core.simulation.scenes.scene import Scene
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

_UP = np.array([0.0, 0.0, 1.0])
_TILTS = np.radians([0, -5, 5, -10, 10])


@dataclass(frozen=True)
class JawCropConfig(CropConfig):
    """Configuration of parallel-jaw crops.

    Attributes:
        gripper: The jaw.
        uncertainty: Standard deviations of the perturbations of a planned grasp.
        friction: Friction coefficient of the antipodal pairs.
        steepest: Maximum angle between approach and the table's normal in radians.
    """

    cameras: CameraRange = field(
        default_factory=lambda: CameraRange((0.65, 0.75), (0.05 * np.pi, 0.1 * np.pi))
    )
    candidates: int = 800
    gripper: JawGripper = field(default_factory=JawGripper)
    uncertainty: JawUncertainty = field(default_factory=JawUncertainty)
    friction: float = 0.6
    steepest: float = np.radians(5)


class JawsOnObject(NamedTuple):
    """Antipodal pairs of an object and their robust epsilon (n,), independent of its pose."""

    jaws: OpenJaws
    quality: NDArray[np.float64]


@dataclass(frozen=True)
class JawGrasps:
    """Samples and labels parallel-jaw grasps."""

    config: JawCropConfig
    release: Release = DEXNET_2

    def on_object(self, thing: GraspObject, seed: int) -> JawsOnObject:
        """Return antipodal pairs of an object and their robust epsilon."""
        config = self.config
        jaws = sample_antipodal(thing, config.candidates, config.gripper, config.friction, seed)
        samples = sample_jaw_perturbations(config.perturbations, config.seed, config.uncertainty)
        count = len(jaws.openings)
        quality = robust_epsilon(
            object_surfaces(thing.mesh),
            jaws,
            np.zeros(count, int),
            np.zeros((count, 3)),
            samples,
            config.gripper.pad_radius,
        )
        return JawsOnObject(jaws, quality)

    def at_rest(self, found: JawsOnObject, scene: Scene) -> PosedGrasps:
        """Return the grasps that can be approached from above, with a collision check.

        The rotation of a jaw about its closing axis is free. The approach is the direction
        perpendicular to the axis that is nearest to straight down (section III of the supplement
        of Dex-Net 2.0).
        """
        R, shift = scene.objects[0].T_world_object[:3, :3], scene.objects[0].T_world_object[:3, 3]
        axes = found.jaws.axes @ R.T
        level = np.abs(axes[:, 2]) < np.sin(self.config.steepest)
        axes = axes[level]
        grasps = PosedGrasps(
            found.jaws.middles[level] @ R.T + shift,
            unit(axes * axes[:, 2:] - _UP),
            axes,
            found.jaws.openings[level],
            found.quality[level],
            np.zeros(len(axes), bool),
        )
        return grasps._replace(free=self._free(grasps, scene))

    def in_view(self, grasps: PosedGrasps, view: RenderedView) -> NDArray[np.bool_]:
        """Return (n,) True for all grasps; their centres are inside the object, never visible."""
        del view
        return np.ones(len(grasps.widths), bool)

    def _free(self, grasps: PosedGrasps, scene: Scene) -> NDArray[np.bool_]:
        """Return (n,) True where the jaw is collision-free at one of five tilts about its axis."""
        free = grasps.free.copy()
        for tilt in _TILTS:
            waiting = np.flatnonzero(~free)
            poses = [self._pose(grasps, k, tilt) for k in waiting.tolist()]
            free[waiting] = is_approach_free(
                scene.surface.caster,
                np.reshape(poses, (-1, 4, 4)),
                grasps.widths[waiting],
                self.config.gripper,
            )
        return free

    def _pose(self, grasps: PosedGrasps, k: int, tilt: float) -> NDArray[np.float64]:
        """Return T_world_grasp (4, 4); the origin is midway between the fingertips."""
        x = grasps.axes[k]
        z = Rotation.from_rotvec(tilt * x).apply(grasps.approaches[k])
        tips = grasps.centres[k] + self.config.gripper.tip_reach * z
        return pose_matrix(tips, np.column_stack([x, np.cross(z, x), z]))
