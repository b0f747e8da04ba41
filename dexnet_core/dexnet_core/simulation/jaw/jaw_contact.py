"""Contacts of two closing fingers with a scene, and the robust epsilon metric of the grasp."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.simulation.jaw.epsilon import epsilon
from dexnet_core.simulation.jaw.jaw_uncertainty import JawPerturbations
from dexnet_core.simulation.raycast import RayCaster
from dexnet_core.simulation.scenes.scene import SceneSurface
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class OpenJaws(NamedTuple):
    """n open jaws in a common frame.

    Attributes:
        middles: (n, 3) points midway between the pads in metres.
        axes: (n, 3) unit closing directions.
        openings: (n,) distance between the pads in metres.
    """

    middles: Array
    axes: Array
    openings: Array


class JawContacts(NamedTuple):
    """First contacts of the two pads of n jaws. Index 0 is the finger at -x.

    Attributes:
        points: (n, 2, 3) contacts in metres; NaN where a finger touches nothing within the
            opening.
        triangles: (n, 2) face indices; -1 where a finger touches nothing.
    """

    points: Array
    triangles: NDArray[np.int64]


def close_jaws(caster: RayCaster, jaws: OpenJaws) -> JawContacts:
    """Move both pads along the closing axis until each one touches a surface."""
    inwards = _inwards(jaws.axes)
    starts = jaws.middles[:, None] - inwards * (jaws.openings / 2)[:, None, None]
    hits = caster.first_hits(starts.reshape(-1, 3), inwards.reshape(-1, 3))
    distance = hits.distance.reshape(-1, 2)
    touched = distance < jaws.openings[:, None]
    reach = np.where(touched, distance, np.nan)
    return JawContacts(
        starts + inwards * reach[..., None],
        np.where(touched, hits.triangle.reshape(-1, 2), -1),
    )


def _inwards(axes: Array) -> Array:
    """Return (n, 2, 3) closing directions of the two fingers."""
    return np.stack([axes, -axes], axis=1)


def perturbed(jaws: OpenJaws, samples: JawPerturbations) -> OpenJaws:
    """Return n * J perturbed jaws, grouped by jaw."""
    count = len(samples.friction)
    middles = jaws.middles[:, None] + samples.offset
    axes = np.einsum('jab,nb->nja', samples.turn, jaws.axes)
    return OpenJaws(middles.reshape(-1, 3), axes.reshape(-1, 3), np.repeat(jaws.openings, count))


class Surfaces(NamedTuple):
    """Surfaces for contact queries, in one frame; it has the attributes of `SceneSurface`.

    Attributes:
        caster: Ray caster of the surfaces.
        owner: (faces,) index of the object that a face belongs to; negative for none.
        normals: (faces, 3) outward unit normals.
    """

    caster: RayCaster
    owner: NDArray[np.integer]
    normals: NDArray[np.floating]


def needed_friction(surfaces: Surfaces | SceneSurface, jaws: OpenJaws) -> Array:
    """Return the minimum friction coefficient (n,) at which each jaw has force closure.

    Two contacts have force closure if the line between them is within both friction cones
    (Nguyen, Constructing force-closure grasps, IJRR 1988).

    Args:
        surfaces: Surfaces that the fingers can touch.
        jaws: Open jaws in the frame of the surfaces.

    Returns:
        The tangent of the larger contact angle; infinite where a finger touches nothing or the
        inside of a surface.
    """
    triangles = close_jaws(surfaces.caster, jaws).triangles
    pressed = -np.einsum('nca,nca->nc', surfaces.normals[triangles], _inwards(jaws.axes))
    cosine = np.where(triangles >= 0, pressed, 0).min(axis=1).clip(0, 1)
    with np.errstate(divide='ignore'):
        friction: Array = np.sqrt(1 - cosine**2) / cosine
        return friction


def robust_epsilon(
    surfaces: Surfaces | SceneSurface,
    jaws: OpenJaws,
    owners: NDArray[np.integer],
    centres: Array,
    samples: JawPerturbations,
    pad_radius: float,
) -> Array:
    """Return epsilon (n,), averaged over the perturbations.

    A sample has epsilon 0 if a finger touches nothing, or a surface other than the target object.

    Args:
        surfaces: Surfaces of a scene or of a single object.
        jaws: Planned jaws in the frame of the surfaces.
        owners: (n,) index of the target object of each jaw.
        centres: (n, 3) centre of mass of the target object in metres.
        samples: Perturbations.
        pad_radius: Radius of the soft contacts in metres.
    """
    count = len(samples.friction)
    samples_of_jaws = perturbed(jaws, samples)
    points, triangles = close_jaws(surfaces.caster, samples_of_jaws)
    on_target = surfaces.owner[triangles] == np.repeat(owners, count)[:, None]
    valid = np.flatnonzero((on_target & (triangles >= 0)).all(axis=1))
    quality = np.zeros(len(samples_of_jaws.openings))
    quality[valid] = epsilon(
        points[valid] - np.repeat(centres, count, axis=0)[valid, None],
        -surfaces.normals[triangles[valid]],
        _inwards(samples_of_jaws.axes[valid]),
        np.tile(samples.friction, len(jaws.openings))[valid],
        pad_radius,
    )
    robust: Array = quality.reshape(-1, count).mean(axis=1)
    return robust
