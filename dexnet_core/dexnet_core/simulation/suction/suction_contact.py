"""Seal formation and wrench resistance of a suction cup (Mahler et al., Dex-Net 3.0).

The origin of the contact frame is on the surface. Its z axis is the approach direction, into the
object.
"""

from __future__ import annotations

from dexnet_core.geometry.transform import circle
from dexnet_core.simulation.raycast import RayCaster
from dexnet_core.simulation.suction.cup_model import Perturbations, perturbed_contacts, SpringCup
import numpy as np
from numpy.typing import NDArray

GRAVITY = 9.81
_STEPS_PER_SPRING = 2
_INNER_RADII = (0.0, 0.35, 0.7)
_CHUNK = 20_000


def seals(
    caster: RayCaster,
    positions: NDArray[np.floating],
    frames: NDArray[np.floating],
    cup: SpringCup,
) -> NDArray[np.bool_]:
    """Return (N,) True where a contact seals, for positions (N, 3) and frames (N, 3, 3).

    The rim is projected onto the mesh along the approach (section III-A of the paper). A seal
    forms if and only if the whole rim meets the surface, every spring's change of length is
    within the limit of the cup, and the surface inside the rim stays below the cone and has no
    hole.
    """
    parts = range(0, len(positions), _CHUNK)
    found = [_seals(caster, positions[k : k + _CHUNK], frames[k : k + _CHUNK], cup) for k in parts]
    return np.concatenate([np.zeros(0, bool), *found])


def _seals(
    caster: RayCaster,
    positions: NDArray[np.floating],
    frames: NDArray[np.floating],
    cup: SpringCup,
) -> NDArray[np.bool_]:
    rim = cup.radius * circle(cup.vertices * _STEPS_PER_SPRING)
    inside = [
        cup.radius * radius * circle(cup.vertices if radius else 1) for radius in _INNER_RADII
    ]
    pattern = np.concatenate([rim, *inside])
    sunk = _depths_below(caster, positions, frames, pattern, cup.height)
    on_rim, within = sunk[:, : len(rim)], sunk[:, len(rim) :]
    landed = np.isfinite(on_rim).all(axis=1)
    sealed = np.zeros(len(positions), bool)
    sealed[landed] = _springs_hold(on_rim[landed], rim, cup)
    radii = np.linalg.norm(pattern[len(rim) :], axis=1)
    return sealed & _inside_is_closed(on_rim, within, radii, cup)


def _depths_below(
    caster: RayCaster,
    positions: NDArray[np.floating],
    frames: NDArray[np.floating],
    pattern: NDArray[np.float64],
    standoff: float,
) -> NDArray[np.float64]:
    """Return metres (N, P) from the contact plane down to the surface; inf beyond standoff."""
    spots = np.column_stack([pattern, np.full(len(pattern), -standoff)])
    origins = positions[:, None] + np.einsum('nab,pb->npa', frames, spots)
    directions = np.broadcast_to(frames[:, None, :, 2], origins.shape)
    hits = caster.first_hits(origins.reshape(-1, 3), directions.reshape(-1, 3))
    sunk = hits.distance.reshape(origins.shape[:2]) - standoff
    return np.where(sunk > standoff, np.inf, sunk)


def _springs_hold(
    on_rim: NDArray[np.float64], rim: NDArray[np.float64], cup: SpringCup
) -> NDArray[np.bool_]:
    """Return (N,) True where the projected rim (N, P) keeps every spring within the limit."""
    step = _STEPS_PER_SPRING
    corners, flat = on_rim[:, ::step], rim[::step]
    pieces = _lengths(on_rim, rim, 1)
    perimeter = sum(pieces[:, k::step] for k in range(step))
    flexion = _lengths(corners, flat, 2)
    apex = np.minimum(corners.mean(axis=1, keepdims=True) - cup.height, 0)
    cone = np.hypot(cup.radius, corners - apex)
    rest = (
        step * np.linalg.norm(rim[1] - rim[0]),
        np.linalg.norm(flat[2] - flat[0]),
        np.hypot(cup.radius, cup.height),
    )
    holds = [
        (np.abs(length / least - 1) <= cup.stretch).all(axis=1)
        for length, least in zip((perimeter, flexion, cone), rest, strict=True)
    ]
    every: NDArray[np.bool_] = np.logical_and.reduce(holds)
    return every


def _lengths(
    sunk: NDArray[np.float64], flat: NDArray[np.float64], apart: int
) -> NDArray[np.float64]:
    """Return distances (N, P) from each rim point to the point `apart` indices further on."""
    across = np.linalg.norm(np.roll(flat, -apart, axis=0) - flat, axis=1)
    lengths: NDArray[np.float64] = np.hypot(across, np.roll(sunk, -apart, axis=1) - sunk)
    return lengths


def _inside_is_closed(
    on_rim: NDArray[np.float64],
    within: NDArray[np.float64],
    radii: NDArray[np.float64],
    cup: SpringCup,
) -> NDArray[np.bool_]:
    """Return (N,) True where the surface inside the rim has no hole and stays below the cone."""
    roof = on_rim.mean(axis=1, keepdims=True) - cup.height * (1 - radii / cup.radius)
    is_closed: NDArray[np.bool_] = np.isfinite(within).all(axis=1) & (within > roof).all(axis=1)
    return is_closed


def resists_gravity(
    positions: NDArray[np.floating],
    frames: NDArray[np.floating],
    centre_of_mass: NDArray[np.floating],
    down: NDArray[np.floating],
    samples: Perturbations,
    cup: SpringCup,
) -> NDArray[np.bool_]:
    """Return (N, J) True where the contact resists the object's weight (section III-B).

    The wrench basis of the contact is the identity in the contact frame. The only solution of the
    quadratic programme in the paper is therefore the weight itself, and this function checks the
    bounds directly.

    Args:
        positions: (N, J, 3) contacts in the object's frame.
        frames: (N, J, 3, 3) contact frames in the object's frame.
        centre_of_mass: (3,) in the object's frame.
        down: (3,) unit direction of gravity in the object's frame.
        samples: The J perturbations of the contacts.
        cup: Force limits and load.
    """
    weight = cup.mass * GRAVITY * samples.gravity_turn @ down + samples.force  # (J, 3)
    lever = centre_of_mass + samples.centre_of_mass - positions  # (N, J, 3)
    to_contact = np.swapaxes(frames, -1, -2)
    force = -np.einsum('njab,jb->nja', to_contact, weight)
    torque = -np.einsum('njab,njb->nja', to_contact, np.cross(lever, weight))
    normal = force[..., 2] + cup.vacuum_force
    grip = samples.friction * normal
    sideways = np.abs(force[..., :2]).max(axis=-1)
    bending = np.abs(torque[..., :2]).max(axis=-1)
    holds: NDArray[np.bool_] = (
        (normal >= 0)
        & (np.sqrt(3) * sideways <= grip)
        & (np.sqrt(3) * np.abs(torque[..., 2]) <= cup.radius * grip)
        & (np.sqrt(2) * bending <= cup.torque_limit)
    )
    return holds


def robust_quality(
    caster: RayCaster,
    points: NDArray[np.floating],
    approaches: NDArray[np.floating],
    down: NDArray[np.floating],
    samples: Perturbations,
    cup: SpringCup,
) -> NDArray[np.float64]:
    """Return robust wrench resistance (N,) in [0, 1] of planned contacts on an object.

    Args:
        caster: Ray caster of the object's mesh; the frame origin is the centre of mass.
        points: (N, 3) planned contacts in the object's frame.
        approaches: (N, 3) unit directions into the object.
        down: (3,) unit direction of gravity in the object's frame.
        samples: Perturbations over which the result is averaged.
        cup: The cup.
    """
    positions, frames = perturbed_contacts(points, approaches, samples)
    sealed = seals(caster, positions.reshape(-1, 3), frames.reshape(-1, 3, 3), cup)
    carried = resists_gravity(positions, frames, np.zeros(3), down, samples, cup)
    robust: NDArray[np.float64] = (sealed.reshape(carried.shape) & carried).mean(axis=1)
    return robust
