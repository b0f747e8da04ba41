"""A scene in MuJoCo with one gripper, which carries out one grasp after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dexnet_core.geometry.transform import pose_matrix, quaternion_of, rotation_of
from dexnet_core.simulation.scenes.bodies import add_object, add_surroundings
from dexnet_core.simulation.scenes.scene import Bin, Scene, SceneObject
import mujoco
import numpy as np
from numpy.typing import NDArray

_TIMESTEP_S = 0.002
_FAR = 5.0
"""Metres beside the scene where removed objects and an idle gripper are kept."""


@dataclass(frozen=True)
class PhysicsSettings:
    """What the same grasp may meet; one value of each for a whole scene.

    Attributes:
        friction: Coefficient between objects.
        mass: Kilograms of the objects, in order; those of a light material where there are none.
    """

    friction: float = 0.6
    mass: tuple[float, ...] = ()


class World:
    """The objects of a scene as bodies that move, and the gripper that picks them.

    Attributes:
        model: Of MuJoCo.
        data: Its state.
        watch: Called with the world after each slice of time, if set.
    """

    def __init__(
        self,
        scene: Scene,
        add_gripper: Callable[[mujoco.MjSpec], None],
        settings: PhysicsSettings | None = None,
    ) -> None:
        """Build the bodies; nothing has moved yet.

        Args:
            scene: Objects at rest.
            add_gripper: Adds the gripper's bodies and actuators.
            settings: Of the physics.
        """
        settings = settings or PhysicsSettings()
        self.watch: Callable[[World], None] | None = None
        self._scene = scene
        spec = mujoco.MjSpec()
        spec.option.timestep = _TIMESTEP_S
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
        spec.option.impratio = 10
        add_surroundings(spec, scene.bin)
        for k, item in enumerate(scene.objects):
            mass = settings.mass[k] if settings.mass else None
            add_object(spec, _name(k), item.object, settings.friction, mass)
        add_gripper(spec)
        self.model = spec.compile()
        self.data = mujoco.MjData(self.model)
        self._free = [int(self.model.body(_name(k)).jntadr[0]) for k in range(len(scene.objects))]
        self._bodies = np.array([self.model.body(_name(k)).id for k in range(len(scene.objects))])
        self._present = list(range(len(scene.objects)))
        for k, item in enumerate(scene.objects):
            self._put(k, item.T_world_object)
        self._rest = self._state()

    @property
    def present(self) -> tuple[int, ...]:
        """Indices of the scene's objects that were not removed, in order."""
        return tuple(self._present)

    @property
    def bin(self) -> Bin | None:
        """The bin that the objects lie in, if any."""
        return self._scene.bin

    def scene(self) -> Scene:
        """Return the objects that are present, where they are now."""
        items = tuple(
            SceneObject(self._scene.objects[k].object, self.pose(k)) for k in self._present
        )
        return Scene(items, self._scene.bin)

    def pose(self, k: int) -> NDArray[np.float64]:
        """Return (4, 4) T_world_object of object k of the scene."""
        at = self.model.jnt_qposadr[self._free[k]]
        x, y, z, qw, qx, qy, qz = self.data.qpos[at : at + 7]
        return pose_matrix([x, y, z], rotation_of(np.array([qx, qy, qz, qw])))

    def name(self, k: int) -> str:
        """Return the name of the body of object k."""
        return _name(k)

    def body(self, k: int) -> int:
        """Return MuJoCo's number of the body of object k."""
        return int(self._bodies[k])

    def object_of(self, body: int) -> int | None:
        """Return the object that a body is, or None for gripper, floor and walls."""
        at = np.flatnonzero(self._bodies == body)
        return int(at[0]) if len(at) else None

    def reset(self) -> None:
        """Put every present object back to where it rested last."""
        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[:] = self._rest
        mujoco.mj_forward(self.model, self.data)

    def settle(self, seconds: float = 0.5) -> None:
        """Let the objects come to rest; this is where `reset` puts them from now on."""
        self.data.qvel[:] = 0
        self.run(seconds)
        self._rest = self._state()

    def remove(self, k: int) -> None:
        """Take object k out of the scene."""
        self._present.remove(k)
        self._put(k, pose_matrix([_FAR + k, _FAR, 0.5], np.eye(3)))

    def lost(self) -> list[int]:
        """Return the present objects that fell below the floor, left the scene or are nowhere."""
        return [k for k in self._present if not self._is_near(k)]

    def run(self, seconds: float) -> None:
        """Step the physics."""
        mujoco.mj_step(self.model, self.data, round(seconds / _TIMESTEP_S))
        if self.watch:
            self.watch(self)

    def _is_near(self, k: int) -> bool:
        position = self.pose(k)[:3, 3]
        return bool(np.isfinite(position).all() and (np.abs(position) < 1.0).all())

    def _put(self, k: int, T_world_object: NDArray[np.float64]) -> None:
        joint = self._free[k]
        at, speed = self.model.jnt_qposadr[joint], self.model.jnt_dofadr[joint]
        x, y, z, w = quaternion_of(T_world_object[:3, :3])
        self.data.qpos[at : at + 7] = [*T_world_object[:3, 3], w, x, y, z]
        self.data.qvel[speed : speed + 6] = 0

    def _state(self) -> NDArray[np.float64]:
        state: NDArray[np.float64] = self.data.qpos.copy()
        return state


def _name(k: int) -> str:
    return f'object{k}'
