"""Collision check of the straight approach of a parallel jaw against the exact meshes."""

from __future__ import annotations

from dexnet_core.geometry.transform import transform_points
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.simulation.raycast import RayCaster
import numpy as np
from numpy.typing import NDArray

_SPACING = 0.002
_PALM_SPACING = 0.005
_FROM = 0.3


def is_approach_free(
    caster: RayCaster,
    poses: NDArray[np.floating],
    openings: NDArray[np.floating],
    gripper: JawGripper,
) -> NDArray[np.bool_]:
    """Return (n,) True where fingers and palm do not collide on the approach.

    The open jaw moves along +z of the grasp frame and starts 0.3 m before the grasp.

    Args:
        caster: Ray caster of all surfaces, in the world frame.
        poses: (n, 4, 4) T_world_grasp; the origin is midway between the fingertips.
        openings: (n,) distance between the fingers in metres.
        gripper: The jaw.
    """
    free = [
        _is_free(caster, pose, opening, gripper)
        for pose, opening in zip(poses, openings, strict=True)
    ]
    return np.array(free, bool)


def _is_free(
    caster: RayCaster, T_world_grasp: NDArray[np.floating], opening: float, gripper: JawGripper
) -> bool:
    thickness, width = gripper.finger_thickness, gripper.finger_width
    finger = _plate(thickness, width, _SPACING)
    aside = [(opening + thickness) / 2, 0.0]
    palm = _plate(gripper.max_opening + 2 * thickness, width, _PALM_SPACING)
    spots = np.vstack([finger + aside, finger - aside, palm])
    ends = np.repeat([0.0, -gripper.finger_length], [2 * len(finger), len(palm)])
    origins = transform_points(
        T_world_grasp, np.column_stack([spots, np.full(len(spots), -_FROM)])
    )
    down = np.broadcast_to(T_world_grasp[:3, 2], origins.shape)
    return bool((caster.first_hits(origins, down).distance > _FROM + ends).all())


def _plate(length: float, width: float, spacing: float) -> NDArray[np.float64]:
    """Return a grid (n, 2) of points on a rectangle centred at the origin, border included."""
    x, y = (
        np.linspace(-side / 2, side / 2, int(np.ceil(side / spacing)) + 1)
        for side in (length, width)
    )
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
