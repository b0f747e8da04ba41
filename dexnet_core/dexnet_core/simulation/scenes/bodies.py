"""Bodies of a scene in MuJoCo: the floor, the walls of a bin, and objects."""

from __future__ import annotations

from dexnet_core.simulation.objects.grasp_object import GraspObject
from dexnet_core.simulation.scenes.scene import Bin, Scene
import mujoco
import numpy as np

_DENSITY = 500.0
_MASS_KG = (0.02, 0.5)
_HEAVIEST_KG = 1.0
_MOST_HULL_VERTICES = 64


def add_surroundings(spec: mujoco.MjSpec, bin_: Bin | None) -> None:
    """Add the floor, and the walls of a bin if there is one."""
    spec.worldbody.add_geom(
        name='floor', type=mujoco.mjtGeom.mjGEOM_PLANE, size=[2, 2, 0.1], condim=4
    )
    for number, (centre, size) in enumerate(bin_.walls() if bin_ else ()):
        spec.worldbody.add_geom(
            name=f'wall{number}', type=mujoco.mjtGeom.mjGEOM_BOX, pos=centre, size=size / 2
        )


def add_object(
    spec: mujoco.MjSpec, name: str, thing: GraspObject, friction: float, mass: float | None = None
) -> None:
    """Add a free body whose convex parts touch; mass and inertia are those of the exact mesh.

    Args:
        spec: Added to.
        name: Of the body.
        thing: The object; its mesh has the centre of mass in the origin.
        friction: Coefficient of its surface.
        mass: Kilograms; those of a light material without.
    """
    body = spec.worldbody.add_body(name=name)
    body.add_freejoint()
    mass = mass or mass_of(thing)
    inertia = thing.mesh.moment_inertia * (mass / thing.mesh.mass)
    body.explicitinertial = True
    body.mass = mass
    body.fullinertia = inertia[[0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]]
    for number, part in enumerate(thing.parts):
        mesh = spec.add_mesh(name=f'{name}_{number}', uservert=np.ravel(part.vertices))
        mesh.maxhullvert = _MOST_HULL_VERTICES
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_MESH,
            meshname=mesh.name,
            friction=[friction, 0.005, 0.0001],
            condim=4,
        )


def mass_of(thing: GraspObject) -> float:
    """Return kilograms: those of a light material, within what a small gripper lifts."""
    return float(np.clip(thing.mesh.volume * _DENSITY, *_MASS_KG))


def random_masses(
    scene: Scene,
    factor: tuple[float, float],
    rng: np.random.Generator,
    most: float = _HEAVIEST_KG,
) -> tuple[float, ...]:
    """Return kilograms of the objects of a scene, as many times those of a light material.

    Args:
        scene: The objects.
        factor: Least and greatest factor; evenly by its logarithm.
        rng: Draws one for each object.
        most: Kilograms of an object at most.
    """
    low, high = np.log(factor)
    factors = np.exp(rng.uniform(low, high, len(scene.objects)))
    return tuple(
        min(float(mass_of(item.object) * times), most)
        for item, times in zip(scene.objects, factors, strict=True)
    )
