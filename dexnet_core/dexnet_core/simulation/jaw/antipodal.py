"""Antipodal grasp sampling on a mesh, for a parallel jaw."""

from __future__ import annotations

from dexnet_core.geometry.array_records import rows
from dexnet_core.geometry.transform import frames_along
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.simulation.jaw.jaw_contact import close_jaws, OpenJaws, Surfaces
from dexnet_core.simulation.objects.grasp_object import GraspObject
from dexnet_core.simulation.raycast import RayCaster
import numpy as np
from numpy.typing import NDArray
import trimesh

_TRIES = 12
_MARGIN = 0.01


def object_surfaces(mesh: trimesh.Trimesh) -> Surfaces:
    """Return the surface of a single object in its mesh frame; every face has owner 0."""
    owner = np.zeros(len(mesh.faces), int)
    return Surfaces(RayCaster(mesh), owner, np.asarray(mesh.face_normals, float))


def sample_antipodal(
    thing: GraspObject, count: int, gripper: JawGripper, friction: float, seed: int
) -> OpenJaws:
    """Sample jaws that close on antipodal contacts of an object (Dex-Net 2.0, section IV-B).

    The first contact is a random surface point. The closing direction is drawn from the friction
    cone at that point. The second contact is where a ray along this direction leaves the object.
    A pair is accepted if it is narrower than the jaw's opening and the second contact is within
    its friction cone too.

    Args:
        thing: The object.
        count: Maximum number of jaws; fewer are returned if the object is hard to grasp.
        gripper: The jaw.
        friction: Friction coefficient of both contacts.
        seed: Seed of the random generator.

    Returns:
        Jaws in the object frame. The opening is the distance of the contacts plus a margin,
        limited to the maximum opening of the jaw.
    """
    rng = np.random.default_rng(seed)
    surfaces = object_surfaces(thing.mesh)
    points, faces = trimesh.sample.sample_surface(thing.mesh, _TRIES * count, seed=seed)
    axes = _within_cones(-surfaces.normals[faces], friction, rng)
    through = surfaces.caster.first_hits(points + 1e-5 * axes, axes)
    width = through.distance + 1e-5
    axes, width = axes[width < gripper.max_opening], width[width < gripper.max_opening]
    points = points[through.distance + 1e-5 < gripper.max_opening]
    jaws = OpenJaws(
        points + axes * width[:, None] / 2,
        axes,
        np.minimum(width + 2 * _MARGIN, gripper.max_opening),
    )
    accepted = np.flatnonzero(_antipodal(surfaces, jaws, friction))[:count]
    return rows(jaws, accepted)


def _within_cones(
    inward: NDArray[np.floating], friction: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return (n, 3) unit directions, drawn uniformly over the cross-section of each cone."""
    radius = friction * np.sqrt(rng.uniform(size=len(inward)))
    turn = rng.uniform(0, 2 * np.pi, len(inward))
    local = np.column_stack([radius * np.cos(turn), radius * np.sin(turn), np.ones(len(inward))])
    local /= np.linalg.norm(local, axis=1, keepdims=True)
    directions: NDArray[np.float64] = np.einsum('nab,nb->na', frames_along(inward), local)
    return directions


def _antipodal(surfaces: Surfaces, jaws: OpenJaws, friction: float) -> NDArray[np.bool_]:
    """Return (n,) True where both closing directions are within the friction cones."""
    triangles = close_jaws(surfaces.caster, jaws).triangles
    inwards = np.stack([jaws.axes, -jaws.axes], axis=1)
    pressed = -np.einsum('nca,nca->nc', surfaces.normals[triangles], inwards)
    holds: NDArray[np.bool_] = ((triangles >= 0) & (pressed > 1 / np.hypot(1, friction))).all(
        axis=1
    )
    return holds
