"""Analytic quality of parallel-jaw grasps in a scene: collision check and robust epsilon."""

from __future__ import annotations

from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.simulation.jaw.approach_collision import is_approach_free
from dexnet_core.simulation.jaw.epsilon import quality_of
from dexnet_core.simulation.jaw.jaw_contact import close_jaws, OpenJaws, robust_epsilon
from dexnet_core.simulation.jaw.jaw_uncertainty import JawPerturbations
from dexnet_core.simulation.scenes.scene import Scene
import numpy as np
from numpy.typing import NDArray


def robust_quality_of_jaws(
    scene: Scene,
    T_world_grasps: NDArray[np.floating],
    openings: NDArray[np.floating],
    gripper: JawGripper,
    samples: JawPerturbations,
) -> NDArray[np.float64]:
    """Return quality (n,): robust epsilon relative to an ideal grasp, see `quality_of`.

    The target is the object that both fingers touch. The quality is 0 where fingers or palm
    collide on the approach, and where the fingers do not close on the same object.

    Args:
        scene: Scene with exact meshes.
        T_world_grasps: (n, 4, 4) grasp poses; the origin is midway between the fingertips.
        openings: (n,) distance between the fingers in metres.
        gripper: The jaw.
        samples: Perturbations over which the metric is averaged.
    """
    surface = scene.surface
    poses, widths = np.asarray(T_world_grasps, float), np.asarray(openings, float)
    closing, down = poses[:, :3, 0], poses[:, :3, 2]
    middles = poses[:, :3, 3] - gripper.tip_reach * down
    owners = surface.owner[
        close_jaws(surface.caster, OpenJaws(middles, closing, widths)).triangles
    ]
    free = is_approach_free(surface.caster, T_world_grasps, openings, gripper)
    valid = np.flatnonzero(free & (owners[:, 0] >= 0) & (owners[:, 0] == owners[:, 1]))
    quality = np.zeros(len(openings))
    if len(valid):
        jaws = OpenJaws(middles[valid], closing[valid], widths[valid])
        owner = owners[valid, 0]
        centres = np.array([scene.objects[k].T_world_object[:3, 3] for k in owner])
        robust = robust_epsilon(surface, jaws, owner, centres, samples, gripper.pad_radius)
        quality[valid] = quality_of(robust, gripper.pad_radius)
    return quality
