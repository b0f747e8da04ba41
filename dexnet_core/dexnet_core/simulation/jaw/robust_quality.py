"""What placed jaws are worth in a scene: they come down, close, and hold or do not."""

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
    """Return (n,) robust epsilon of the object that both fingers touch, as a share of an ideal.

    It is 0 where fingers or palm collide on their way, or do not close on one object.

    Args:
        scene: Exact meshes.
        T_world_grasps: (n, 4, 4), the origins midway between the fingertips.
        openings: (n,) metres between the fingers.
        gripper: The jaw.
        samples: Perturbations that the metric is averaged over.
    """
    surface = scene.surface
    poses, widths = np.asarray(T_world_grasps, float), np.asarray(openings, float)
    closing, down = poses[:, :3, 0], poses[:, :3, 2]
    middles = poses[:, :3, 3] - gripper.tip_reach * down
    owners = surface.owner[
        close_jaws(surface.caster, OpenJaws(middles, closing, widths)).triangles
    ]
    holds = is_approach_free(surface.caster, T_world_grasps, openings, gripper)
    on = np.flatnonzero(holds & (owners[:, 0] >= 0) & (owners[:, 0] == owners[:, 1]))
    worth = np.zeros(len(openings))
    if len(on):
        jaws = OpenJaws(middles[on], closing[on], widths[on])
        owner = owners[on, 0]
        centres = np.array([scene.objects[k].T_world_object[:3, 3] for k in owner])
        robust = robust_epsilon(surface, jaws, owner, centres, samples, gripper.pad_radius)
        worth[on] = quality_of(robust, gripper.pad_radius)
    return worth
