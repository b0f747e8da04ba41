"""Ferrari-Canny epsilon metric of two soft-finger contacts, vectorised over grasps.

The wrench space is that of Dex-Net (section 2.5 of its public code's `quality.py`). Each contact
contributes the eight edges of its friction cone at unit normal force and two torsional wrenches.
Torques are taken about the centre of mass and multiplied by TORQUE_SCALE. Epsilon is the distance
from the origin to the nearest facet of the convex hull of these wrenches.

This module computes epsilon in closed form, without building the hull. Let a direction of wrench
space be a force u and a torque w. A cone edge f at a contact p then contributes f . (u + w x p).
Torques weigh much more than forces, so the weakest direction is a rotation about the line through
both contacts. What remains is one force per contact perpendicular to that line, and epsilon
follows from the extents of both cones perpendicular to the line. The result agrees with that of
the hull to a few percent if both closing directions are well within their cones; see test_jaw.py.
"""

from __future__ import annotations

from dexnet_core.geometry.transform import circle, frames_along
import numpy as np
from numpy.typing import NDArray

TORQUE_SCALE = 1000.0**0.5
"""Newtons that weigh as much as one newton metre: the norm of a wrench is
sqrt(|f|^2 + 1000 |t|^2) (Dex-Net 2.1, supplement)."""

GOOD = 0.002
"""Robust epsilon above which a grasp counts as good (Dex-Net 2.0, section IV)."""

_IDEAL_FRICTION = 0.5
_EDGES = 8
_DIRECTIONS = 16
_LEAST = 1e-9
_CHUNK = 4096

Array = NDArray[np.float64]


def epsilon(
    points: NDArray[np.floating],
    inward: NDArray[np.floating],
    closing: NDArray[np.floating],
    friction: NDArray[np.floating],
    pad_radius: float,
) -> Array:
    """Return epsilon (n,) of grasps with two contacts; 0 without force closure.

    Args:
        points: (n, 2, 3) contacts in metres, relative to the centre of mass.
        inward: (n, 2, 3) unit surface normals into the object.
        closing: (n, 2, 3) unit directions of the finger forces.
        friction: (n,) friction coefficients. A closing direction outside the friction cone has
            no force closure.
        pad_radius: Radius of the soft contacts in metres.
    """
    pressed = np.einsum('nca,nca->nc', inward, closing)
    across = np.linalg.norm(points[:, 1] - points[:, 0], axis=1)
    holds = (pressed > 1 / np.hypot(1, friction)[:, None]).all(axis=1) & (across > 1e-4)
    quality = np.zeros(len(points))
    for part in np.array_split(np.flatnonzero(holds), holds.sum() // _CHUNK + 1):
        torsion = np.pi * pad_radius**2 * friction[part] * TORQUE_SCALE
        at, towards, hard, rough, turning = (
            np.asarray(each, float)
            for each in (points[part], inward[part], pressed[part], friction[part], torsion)
        )
        quality[part] = _closed_form(at, towards, hard, rough, turning)
    return quality


def quality_of(robust: NDArray[np.floating] | float, pad_radius: float) -> NDArray[np.float64]:
    """Return robust epsilon divided by the epsilon of an ideal grasp, at most 1.

    The ideal grasp closes on parallel faces at the mean friction, with the centre of mass between
    the pads. Its epsilon equals the torsion that the pads can carry.
    """
    ideal = np.pi * pad_radius**2 * _IDEAL_FRICTION * TORQUE_SCALE
    return np.minimum(np.asarray(robust) / ideal, 1.0)


def _closed_form(
    points: Array, inward: Array, pressed: Array, friction: Array, torsion: Array
) -> Array:
    frame = frames_along(points[:, 1] - points[:, 0])
    line = frame[..., 2]
    extent = _extents(inward, pressed, friction, frame)  # (n, 2, T)
    closes = extent.min(axis=(1, 2)) > _LEAST
    turn = torsion * (pressed * np.abs(np.einsum('nca,na->nc', inward, line))).max(axis=1)
    length = np.linalg.norm(points[:, 1] - points[:, 0], axis=1)
    share = np.einsum('nca,na->nc', points, line) / length[:, None]
    weight = np.stack([share[:, 1], -share[:, 0]], axis=1)  # per contact, at the centre of mass
    lever = np.einsum('nab,na->nb', frame[..., :2], np.cross(line, points[:, 0]))
    start = -TORQUE_SCALE * lever / turn[:, None]
    reach = weight[..., None, None] * (circle(_DIRECTIONS) / np.maximum(extent, _LEAST)[..., None])
    pushed = start[:, None, None] + reach[:, 0, :, None] + reach[:, 1, None]
    far = np.einsum('nstb,nstb->nst', pushed, pushed).max(axis=(1, 2))
    return np.where(closes, 1 / np.sqrt(1 / turn**2 + far), 0.0)


def _extents(inward: Array, pressed: Array, friction: Array, frame: Array) -> Array:
    """Return extents (n, 2, T) of each cone in T directions perpendicular to the contact line."""
    tangents = frames_along(inward)[..., :2]  # (n, 2, 3, 2)
    rim = np.einsum('ncab,kb->ncka', tangents, circle(_EDGES))
    edges = inward[:, :, None] + friction[:, None, None, None] * rim
    sideways = np.einsum('ncka,nab->nckb', edges * pressed[..., None, None], frame[..., :2])
    extents: Array = np.einsum('nckb,tb->nckt', sideways, circle(_DIRECTIONS)).max(axis=2)
    return extents
