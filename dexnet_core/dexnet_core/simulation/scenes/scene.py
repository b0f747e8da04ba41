"""A scene: objects at rest on a table or in a bin. World frame: z up, floor at z = 0."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

from dexnet_core.simulation.objects.grasp_object import GraspObject
from dexnet_core.simulation.raycast import RayCaster
import numpy as np
from numpy.typing import NDArray
import trimesh

TABLE = -1
"""Owner index of floor and walls, in place of an object index."""

_TABLE_SIDE = 3.0


@dataclass(frozen=True)
class Bin:
    """An open box on the floor, centred at the origin; inner dimensions in metres."""

    length: float
    width: float
    height: float
    wall: float = 0.008

    def walls(self) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Return (centre, size) of each of the four walls, (3,) each, in metres."""
        x, y, z, t = self.length, self.width, self.height, self.wall
        long_wall, short_wall = np.array([x + 2 * t, t, z]), np.array([t, y, z])
        return [(np.array([0, side * (y + t) / 2, z / 2]), long_wall) for side in (-1, 1)] + [
            (np.array([side * (x + t) / 2, 0, z / 2]), short_wall) for side in (-1, 1)
        ]


@dataclass(frozen=True)
class SceneObject:
    """An object and its pose at rest, T_world_object (4, 4)."""

    object: GraspObject
    T_world_object: NDArray[np.float64]


@dataclass(frozen=True)
class Scene:
    """Objects at rest and, optionally, the bin that contains them."""

    objects: tuple[SceneObject, ...]
    bin: Bin | None = None

    @cached_property
    def surface(self) -> SceneSurface:
        """All surfaces of the scene as one mesh in the world frame."""
        return SceneSurface(self)


class SceneSurface:
    """Ray caster and face attributes of all surfaces of a scene.

    Attributes:
        caster: Ray caster in the world frame.
        owner: (faces,) index of the object that the face belongs to, or TABLE.
        normals: (faces, 3) outward unit normals in the world frame.
    """

    def __init__(self, scene: Scene) -> None:
        floor = trimesh.creation.box((_TABLE_SIDE, _TABLE_SIDE, 0.02))
        fixed = [floor.apply_translation((0, 0, -0.01))]
        for centre, size in scene.bin.walls() if scene.bin else ():
            fixed.append(trimesh.creation.box(size).apply_translation(centre))
        placed = [o.object.mesh.copy().apply_transform(o.T_world_object) for o in scene.objects]
        meshes = [*fixed, *placed]
        owners = [TABLE] * len(fixed) + list(range(len(placed)))
        self.owner = np.repeat(owners, [len(mesh.faces) for mesh in meshes])
        mesh = cast('trimesh.Trimesh', trimesh.util.concatenate(meshes))
        self.normals = np.asarray(mesh.face_normals, np.float64)
        self.caster = RayCaster(mesh)
