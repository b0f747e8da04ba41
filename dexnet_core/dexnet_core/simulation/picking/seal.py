"""Seal check of the lip of a suction cup on the exact surfaces of a scene."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.geometry.transform import circle, transform_points
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.simulation.scenes.scene import SceneSurface, TABLE
import numpy as np
from numpy.typing import NDArray

_ANGLES = 48
_ACROSS_LIP = 3
_STEP = 0.0007
"""Maximum gap difference in metres between neighbouring lip points; a larger step leaks."""
_OPEN = 1.0
"""Gap in metres assigned where the lip meets nothing, or another object."""
_WAY = 0.10
"""Distance in metres before the planned contact where the approach starts."""


class Contact(NamedTuple):
    """Contact of a cup with a scene.

    Attributes:
        owner: Index of the object that the lip touches first; TABLE for floor and walls, or if
            nothing is touched.
        depth: Distance along the approach from the planned contact to the first contact of the
            lip, in metres.
        sealed: Whether the whole lip seals on that object.
        blocked: Whether the body of the cup collides before the lip touches.
    """

    owner: int
    depth: float
    sealed: bool
    blocked: bool


def press(
    surface: SceneSurface, T_world_grasp: NDArray[np.float64], cup: SuctionCup, reach: float
) -> Contact:
    """Move a cup along its approach to the first contact and press it on.

    The bellows compress by the travel of the cup. The lip seals if every part of it meets the
    same object within this travel, and the surface has no step along the lip.

    Args:
        surface: All surfaces in the world frame.
        T_world_grasp: (4, 4) planned contact, z along the approach.
        cup: The cup.
        reach: Maximum distance beyond the planned contact at which the robot seeks contact, in
            metres.
    """
    radii = np.linspace(cup.radius - cup.lip, cup.radius, _ACROSS_LIP)
    lip = (radii[:, None, None] * circle(_ANGLES)).reshape(-1, 2)
    met, owner = _met(surface, T_world_grasp, lip)
    first = int(np.argmin(met))
    if not np.isfinite(met[first]) or met[first] > reach:
        return Contact(TABLE, float(met[first]), sealed=False, blocked=False)
    gaps = np.where(owner == owner[first], met - met[first], _OPEN).reshape(_ACROSS_LIP, -1)
    around = np.minimum(gaps.min(axis=0), _OPEN)
    even = np.abs(np.diff(around, append=around[:1])) <= _STEP
    sealed = owner[first] != TABLE and (around <= cup.travel).all() and even.all()
    blocked = _is_blocked(surface, T_world_grasp, cup, float(met[first]))
    return Contact(int(owner[first]), float(met[first]), bool(sealed), blocked)


def _met(
    surface: SceneSurface, T_world_grasp: NDArray[np.float64], spots: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.integer]]:
    """Return distance (n,) from the contact plane in metres and owner (n,) of the first hits."""
    starts = np.column_stack([spots, np.full(len(spots), -_WAY)])
    origins = transform_points(T_world_grasp, starts)
    along = np.broadcast_to(T_world_grasp[:3, 2], origins.shape)
    hits = surface.caster.first_hits(origins, along)
    owner = np.where(hits.triangle >= 0, surface.owner[hits.triangle], TABLE)
    return hits.distance - _WAY, owner


def _is_blocked(
    surface: SceneSurface, T_world_grasp: NDArray[np.float64], cup: SuctionCup, depth: float
) -> bool:
    """Return whether the body of the cup collides before the lip touches."""
    rim = np.vstack([share * cup.body_radius * circle(16) for share in (1.0, 0.5)])
    met, _ = _met(surface, T_world_grasp, rim)
    ahead = met < depth - 2 * cup.travel
    outside = np.linalg.norm(rim, axis=1) > cup.radius
    return bool((ahead & outside).any())
