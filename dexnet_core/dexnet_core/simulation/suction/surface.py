"""Suction quality on the surface of an object.

Seals are computed once per object. A scene looks them up and adds the effect of gravity.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from dexnet_core.simulation.objects.grasp_object import GraspObject
from dexnet_core.simulation.raycast import RayCaster
from dexnet_core.simulation.suction.cup_model import Perturbations, perturbed_contacts, SpringCup
from dexnet_core.simulation.suction.suction_contact import resists_gravity, seals
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
import trimesh

_NORMAL_WEIGHT = 0.01
"""Distance in metres that a right angle between two normals adds in the nearest-sample query."""


@dataclass(frozen=True)
class SealSamples:
    """Seal results of a cup on an object; they do not depend on the object's pose.

    Attributes:
        points: (P, 3) float32 uniform samples of the surface in metres, in the object's frame.
        normals: (P, 3) float32 outward unit normals.
        sealed: (P, J) bool, one column per perturbation.
    """

    points: NDArray[np.float32]
    normals: NDArray[np.float32]
    sealed: NDArray[np.bool_]

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(_features(self.points, self.normals))

    def nearest(
        self, points: NDArray[np.floating], normals: NDArray[np.floating]
    ) -> NDArray[np.int64]:
        """Return the index (n,) of the nearest sample in position and normal direction."""
        index: NDArray[np.int64] = self._tree.query(_features(points, normals))[1]
        return index


def _features(points: NDArray[np.floating], normals: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.hstack([points, _NORMAL_WEIGHT / np.sqrt(2) * np.asarray(normals)])


def sample_seals(
    thing: GraspObject, count: int, samples: Perturbations, cup: SpringCup, seed: int = 0
) -> SealSamples:
    """Compute the seal at `count` surface points; the approach is the inward normal."""
    points, faces = trimesh.sample.sample_surface(thing.mesh, count, seed=seed)
    normals = np.asarray(thing.mesh.face_normals[faces])
    positions, frames = perturbed_contacts(points, -normals, samples)
    caster = RayCaster(thing.mesh)
    sealed = seals(caster, positions.reshape(-1, 3), frames.reshape(-1, 3, 3), cup)
    return SealSamples(
        np.asarray(points, np.float32),
        normals.astype(np.float32),
        sealed.reshape(positions.shape[:2]),
    )


def pose_quality(
    seal: SealSamples,
    index: NDArray[np.int64],
    down: NDArray[np.floating],
    samples: Perturbations,
    cup: SpringCup,
) -> NDArray[np.float64]:
    """Return robust quality (n,) of samples of an object at rest.

    Args:
        seal: Seal results of the object, computed with the same perturbations.
        index: (n,) indices of the samples.
        down: (3,) unit direction of gravity in the object's frame.
        samples: The perturbations.
        cup: The cup.
    """
    wanted, inverse = np.unique(index, return_inverse=True)
    positions, frames = perturbed_contacts(seal.points[wanted], -seal.normals[wanted], samples)
    carried = resists_gravity(positions, frames, np.zeros(3), down, samples, cup)
    robust: NDArray[np.float64] = (seal.sealed[wanted] & carried).mean(axis=1)[inverse]
    return robust
