"""Where two closing fingers touch a scene, and how well they then hold."""

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
    """n jaws about to close, in one frame.

    Attributes:
        middles: (n, 3) metres, midway between the pads.
        axes: (n, 3) unit closing directions.
        openings: (n,) metres between the pads.
    """

    middles: Array
    axes: Array
    openings: Array


class JawContacts(NamedTuple):
    """What the pads of n jaws touch first, the finger at -x first.

    Attributes:
        points: (n, 2, 3) metres; NaN where a finger touches nothing before the middle of the
            other finger's way.
        triangles: (n, 2) faces; -1 where nothing is touched.
    """

    points: Array
    triangles: NDArray[np.int64]


def close_jaws(caster: RayCaster, jaws: OpenJaws) -> JawContacts:
    """Move both pads along the closing axis until each touches something."""
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
    """Return (n, 2, 3) the directions in which the two fingers move."""
    return np.stack([axes, -axes], axis=1)


def perturbed(jaws: OpenJaws, samples: JawPerturbations) -> OpenJaws:
    """Return the n * J perturbed jaws, the J of the first jaw first."""
    count = len(samples.friction)
    middles = jaws.middles[:, None] + samples.offset
    axes = np.einsum('jab,nb->nja', samples.turn, jaws.axes)
    return OpenJaws(middles.reshape(-1, 3), axes.reshape(-1, 3), np.repeat(jaws.openings, count))


class Surfaces(NamedTuple):
    """The surfaces that fingers may touch, in one frame; those of a scene have the same names.

    Attributes:
        caster: Casts rays onto them.
        owner: (faces,) which object a face belongs to; negative for none.
        normals: (faces, 3) outward unit normals.
    """

    caster: RayCaster
    owner: NDArray[np.integer]
    normals: NDArray[np.floating]


def needed_friction(surfaces: Surfaces | SceneSurface, jaws: OpenJaws) -> Array:
    """Return (n,) the least friction coefficient with which each jaw holds what it closes on.

    Two contacts hold each other where both normals are within the friction cone about the line
    between them (Nguyen, Constructing force-closure grasps, IJRR 1988).

    Args:
        surfaces: What the fingers touch.
        jaws: In the frame of the surfaces.

    Returns:
        The tangent of the steeper contact; infinite where a finger touches nothing, or the
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
    """Return (n,) epsilon averaged over the perturbations.

    A sample counts 0 where a finger touches nothing, or anything but the object to be grasped.

    Args:
        surfaces: Of the scene, or of a single object.
        jaws: Planned, in the frame of the surfaces.
        owners: (n,) the object that each jaw is to grasp.
        centres: (n, 3) its centre of mass, in metres.
        samples: Perturbations.
        pad_radius: Metres of the soft contacts.
    """
    count = len(samples.friction)
    tried = perturbed(jaws, samples)
    points, triangles = close_jaws(surfaces.caster, tried)
    own = surfaces.owner[triangles] == np.repeat(owners, count)[:, None]
    good = np.flatnonzero((own & (triangles >= 0)).all(axis=1))
    quality = np.zeros(len(tried.openings))
    quality[good] = epsilon(
        points[good] - np.repeat(centres, count, axis=0)[good, None],
        -surfaces.normals[triangles[good]],
        _inwards(tried.axes[good]),
        np.tile(samples.friction, len(jaws.openings))[good],
        pad_radius,
    )
    robust: Array = quality.reshape(-1, count).mean(axis=1)
    return robust
