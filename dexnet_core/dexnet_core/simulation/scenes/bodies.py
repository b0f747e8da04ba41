"""MuJoCo bodies of a scene: floor, walls of a bin, and objects."""

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
    """Add the floor and, if there is a bin, its walls."""
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
    """Add an object as a free body; convex parts for collision, inertia from the exact mesh.

    Args:
        spec: Specification to which the body is added.
        name: Name of the body.
        thing: The object; the origin of its mesh is the centre of mass.
        friction: Friction coefficient of its surface.
        mass: Mass in kilograms; default is `mass_of(thing)`.
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
    """Return the mass in kilograms at a density of 500 kg/m^3, limited to 0.02 to 0.5 kg."""
    return float(np.clip(thing.mesh.volume * _DENSITY, *_MASS_KG))


def random_masses(
    scene: Scene,
    factor: tuple[float, float],
    rng: np.random.Generator,
    most: float = _HEAVIEST_KG,
) -> tuple[float, ...]:
    """Return random masses in kilograms: `mass_of` of each object times a random factor.

    Args:
        scene: Scene with the objects.
        factor: Minimum and maximum factor; the distribution is log-uniform.
        rng: Random generator; draws one factor per object.
        most: Maximum mass of an object in kilograms.
    """
    low, high = np.log(factor)
    factors = np.exp(rng.uniform(low, high, len(scene.objects)))
    return tuple(
        min(float(mass_of(item.object) * times), most)
        for item, times in zip(scene.objects, factors, strict=True)
    )
