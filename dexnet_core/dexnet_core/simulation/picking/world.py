"""MuJoCo world of a scene and one gripper, for a sequence of grasps."""

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
"""Distance in metres from the scene at which removed objects are kept."""


@dataclass(frozen=True)
class PhysicsSettings:
    """Physical parameters of a scene.

    Attributes:
        friction: Friction coefficient between objects.
        mass: Mass of each object in kilograms, in order; empty: `mass_of` each object.
    """

    friction: float = 0.6
    mass: tuple[float, ...] = ()


class DivergedError(RuntimeError):
    """The simulation became unstable; `World.reset` makes it usable again."""


class World:
    """MuJoCo simulation of the objects of a scene and a gripper.

    Attributes:
        model: MuJoCo model.
        data: MuJoCo state.
        watch: If set, called with the world after each time slice.
    """

    def __init__(
        self,
        scene: Scene,
        add_gripper: Callable[[mujoco.MjSpec], None],
        settings: PhysicsSettings | None = None,
    ) -> None:
        """Build the model; the physics is not stepped.

        Args:
            scene: Objects at rest.
            add_gripper: Function that adds the bodies and actuators of the gripper.
            settings: Physical parameters.
        """
        settings = settings or PhysicsSettings()
        self.watch: Callable[[World], None] | None = None
        self._scene = scene
        spec = mujoco.MjSpec()
        spec.option.timestep = _TIMESTEP_S
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
        spec.option.impratio = 10
        # By default MuJoCo replaces an unstable state by the initial one without an error.
        spec.option.disableflags |= mujoco.mjtDisableBit.mjDSBL_AUTORESET
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
        """Indices of the scene's objects that have not been removed, in order."""
        return tuple(self._present)

    @property
    def bin(self) -> Bin | None:
        """The bin of the scene, or None."""
        return self._scene.bin

    def scene(self) -> Scene:
        """Return the present objects at their current poses."""
        items = tuple(
            SceneObject(self._scene.objects[k].object, self.pose(k)) for k in self._present
        )
        return Scene(items, self._scene.bin)

    def pose(self, k: int) -> NDArray[np.float64]:
        """Return T_world_object (4, 4) of object k of the scene."""
        at = self.model.jnt_qposadr[self._free[k]]
        x, y, z, qw, qx, qy, qz = self.data.qpos[at : at + 7]
        return pose_matrix([x, y, z], rotation_of(np.array([qx, qy, qz, qw])))

    def name(self, k: int) -> str:
        """Return the name of the body of object k."""
        return _name(k)

    def body(self, k: int) -> int:
        """Return MuJoCo's body id of object k."""
        return int(self._bodies[k])

    def object_of(self, body: int) -> int | None:
        """Return the object index of a body id, or None for gripper, floor and walls."""
        at = np.flatnonzero(self._bodies == body)
        return int(at[0]) if len(at) else None

    def reset(self) -> None:
        """Reset all objects to their poses after the last `settle`."""
        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[:] = self._rest
        mujoco.mj_forward(self.model, self.data)

    def settle(self, seconds: float = 0.5) -> None:
        """Let the objects come to rest, and store their poses for `reset`.

        If the simulation diverges, the objects get the poses that were stored before.
        """
        self.data.qvel[:] = 0
        try:
            self.run(seconds)
        except DivergedError:
            self.reset()
        self._rest = self._state()

    def remove(self, k: int) -> None:
        """Remove object k from the scene."""
        self._present.remove(k)
        self._put(k, pose_matrix([_FAR + k, _FAR, 0.5], np.eye(3)))
        at = self.model.jnt_qposadr[self._free[k]]
        self._rest[at : at + 7] = self.data.qpos[at : at + 7]

    def lost(self) -> list[int]:
        """Return present objects that are more than 1 m from the origin or have no finite pose."""
        return [k for k in self._present if not self._is_near(k)]

    def run(self, seconds: float) -> None:
        """Step the physics.

        Raises:
            DivergedError: A position or velocity is not finite.
        """
        mujoco.mj_step(self.model, self.data, round(seconds / _TIMESTEP_S))
        if not (np.isfinite(self.data.qpos).all() and np.isfinite(self.data.qvel).all()):
            raise DivergedError('a position or velocity is not finite')
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
