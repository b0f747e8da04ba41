"""Drops objects onto a table or into a bin and simulates until they rest (MuJoCo)."""

from __future__ import annotations

from collections.abc import Sequence

from dexnet_core.geometry.transform import pose_matrix, quaternion_of, rotation_of
from dexnet_core.simulation.objects.grasp_object import GraspObject
from dexnet_core.simulation.scenes.bodies import add_object, add_surroundings
from dexnet_core.simulation.scenes.scene import Bin, Scene, SceneObject
import mujoco
import numpy as np
from numpy.typing import NDArray

_TIMESTEP_S = 0.002
_DROP_GAP_S = 0.25
_REST_S = 1.5
_FRICTION = 0.6
_DROP_HEIGHT = 0.12


def settle(
    objects: Sequence[GraspObject], rng: np.random.Generator, bin_: Bin | None = None
) -> Scene:
    """Drop objects one after another from random poses and let them come to rest.

    An object that ends below the floor or outside the bin is not part of the scene.

    Args:
        objects: Objects to drop, in order.
        rng: Random generator for poses; equal states give equal scenes.
        bin_: Bin to drop into; None: the table near the origin.
    """
    model = _world(objects, bin_)
    data = mujoco.MjData(model)
    for k in range(len(objects)):
        _place(data, k, rng, bin_, z=5.0 + 0.5 * k)
    for k in range(len(objects)):
        _place(data, k, rng, bin_, z=_drop_height(data, k, bin_))
        _run(model, data, _DROP_GAP_S, held=range(k + 1, len(objects)))
    _run(model, data, _REST_S)
    return Scene(tuple(_resting(objects, data, bin_)), bin_)


def settled(items: Sequence[SceneObject]) -> Scene:
    """Let objects come to rest on a table from their initial poses.

    Args:
        items: Objects that do not overlap. An object that falls off is not part of the scene.
    """
    objects = [item.object for item in items]
    model = _world(objects, None)
    data = mujoco.MjData(model)
    for k, item in enumerate(items):
        x, y, z, w = quaternion_of(item.T_world_object[:3, :3])
        data.qpos[7 * k : 7 * k + 7] = [*item.T_world_object[:3, 3], w, x, y, z]
    _run(model, data, _REST_S)
    return Scene(tuple(_resting(objects, data, None)))


def _world(objects: Sequence[GraspObject], bin_: Bin | None) -> mujoco.MjModel:
    spec = mujoco.MjSpec()
    spec.option.timestep = _TIMESTEP_S
    add_surroundings(spec, bin_)
    for k, thing in enumerate(objects):
        add_object(spec, f'object{k}', thing, _FRICTION)
    return spec.compile()


def _place(
    data: mujoco.MjData, k: int, rng: np.random.Generator, bin_: Bin | None, z: float
) -> None:
    """Put object k above a random spot with a random orientation, at zero velocity."""
    reach = np.array([bin_.length, bin_.width]) if bin_ else np.array([0.1, 0.1])
    x, y = rng.uniform(-0.25, 0.25, 2) * reach
    attitude = rng.normal(size=4)
    data.qpos[7 * k : 7 * k + 7] = [x, y, z, *attitude / np.linalg.norm(attitude)]
    data.qvel[6 * k : 6 * k + 6] = 0


def _drop_height(data: mujoco.MjData, k: int, bin_: Bin | None) -> float:
    """Return a height in metres above all objects dropped before object k."""
    heights = data.qpos[2 : 7 * k : 7]
    top = float(heights.max()) if len(heights) else 0.0
    return max(top, bin_.height if bin_ else 0.0) + _DROP_HEIGHT


def _run(
    model: mujoco.MjModel, data: mujoco.MjData, seconds: float, held: Sequence[int] = ()
) -> None:
    """Step the physics; the poses of held objects stay fixed."""
    first = held[0] if len(held) else model.nbody
    waiting = data.qpos[7 * first :].copy()
    for _ in range(round(seconds / _TIMESTEP_S)):
        mujoco.mj_step(model, data)
        if len(held):
            data.qpos[7 * first :] = waiting
            data.qvel[6 * first :] = 0


def _resting(
    objects: Sequence[GraspObject], data: mujoco.MjData, bin_: Bin | None
) -> list[SceneObject]:
    """Return the objects that came to rest inside the bin or on the table, with their poses."""
    reach = np.array([bin_.length, bin_.width]) / 2 if bin_ else np.array([0.4, 0.4])
    resting = []
    for k, thing in enumerate(objects):
        position: NDArray[np.float64] = data.qpos[7 * k : 7 * k + 3]
        w, x, y, z = data.qpos[7 * k + 3 : 7 * k + 7]
        if (
            np.isfinite(position).all()
            and (np.abs(position[:2]) < reach).all()
            and position[2] > 0
        ):
            pose = pose_matrix(position, rotation_of(np.array([x, y, z, w])))
            resting.append(SceneObject(thing, pose))
    return resting
