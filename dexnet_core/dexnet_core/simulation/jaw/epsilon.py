"""The Ferrari-Canny epsilon metric of two soft-finger contacts, many grasps at a time.

Dex-Net's wrench space (section 2.5 of its public code's `quality.py`): per contact the eight
edges of a friction cone at unit normal force and two torsions, torques about the centre of mass
times TORQUE_SCALE; epsilon is the distance from the origin to the nearest facet of their hull.

Writing a direction of wrench space as a force u and a torque w, an edge f at a contact p pushes
f . (u + w x p). As torques count far more than forces, the weakest direction turns about the line
through both contacts; what is left then is one force per contact across that line. Epsilon
follows from the extents of both cones across the line in closed form, without building a hull.
It agrees with the hull's to a few percent where both contacts close well within their cones; see
test_jaw.py.
"""

from __future__ import annotations

from dexnet_core.geometry.transform import circle, frames_along
import numpy as np
from numpy.typing import NDArray

TORQUE_SCALE = 1000.0**0.5
"""Newtons that count as much as one newton metre: the norm of a wrench is sqrt(|f|^2 + 1000 |t|^2)
(Dex-Net 2.1, supplement)."""

GOOD = 0.002
"""Robust epsilon over which a grasp counts as good (Dex-Net 2.0, section IV)."""

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
    """Return (n,) epsilon of grasps with two contacts; 0 without force closure.

    Args:
        points: (n, 2, 3) contacts in metres, relative to the centre of mass.
        inward: (n, 2, 3) unit surface normals into the object.
        closing: (n, 2, 3) unit directions in which the fingers press.
        friction: (n,) coefficients; a contact pressed from outside its cone does not hold.
        pad_radius: Metres of the soft contacts.
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
    """Return robust epsilon as a share, at most 1, of what an ideal grasp has.

    The ideal closes on parallel faces with the centre of mass between the pads, at the mean
    friction; its epsilon is the torsion that the pads carry.
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
    weight = np.stack([share[:, 1], -share[:, 0]], axis=1)  # of each contact at the mass centre
    lever = np.einsum('nab,na->nb', frame[..., :2], np.cross(line, points[:, 0]))
    start = -TORQUE_SCALE * lever / turn[:, None]
    reach = weight[..., None, None] * (circle(_DIRECTIONS) / np.maximum(extent, _LEAST)[..., None])
    pushed = start[:, None, None] + reach[:, 0, :, None] + reach[:, 1, None]
    far = np.einsum('nstb,nstb->nst', pushed, pushed).max(axis=(1, 2))
    return np.where(closes, 1 / np.sqrt(1 / turn**2 + far), 0.0)


def _extents(inward: Array, pressed: Array, friction: Array, frame: Array) -> Array:
    """Return (n, 2, T) how far each cone's edges reach in T directions across the contact line."""
    tangents = frames_along(inward)[..., :2]  # (n, 2, 3, 2)
    rim = np.einsum('ncab,kb->ncka', tangents, circle(_EDGES))
    edges = inward[:, :, None] + friction[:, None, None, None] * rim
    sideways = np.einsum('ncka,nab->nckb', edges * pressed[..., None, None], frame[..., :2])
    extents: Array = np.einsum('nckb,tb->nckt', sideways, circle(_DIRECTIONS)).max(axis=2)
    return extents
