"""Carrier of a gripper with three slide joints: a compliant arm with limited force."""

from __future__ import annotations

from dexnet_core.geometry.transform import pose_matrix, quaternion_of
from dexnet_core.simulation.picking.world import World
import mujoco
import numpy as np
from numpy.typing import NDArray

AXES = ('x', 'y', 'z')
"""Names of the slide joints and their actuators, along the axes of the grasp frame."""
HAND = 'hand'
"""Name of the body on the slides."""

_STIFFNESS = 5000.0
_ABOVE = 3.0


def add_slides(spec: mujoco.MjSpec, force: float, mass: float) -> mujoco.MjsBody:
    """Add a body with three slide joints.

    Args:
        spec: Specification to which the body is added.
        force: Maximum force of each drive in newtons.
        mass: Mass for which the drives are tuned in kilograms.

    Returns:
        The body.
    """
    hand = spec.worldbody.add_body(name=HAND, gravcomp=1, pos=[0, 0, 3])
    for axis, direction in zip(AXES, np.eye(3), strict=True):
        hand.add_joint(name=axis, type=mujoco.mjtJoint.mjJNT_SLIDE, axis=direction)
        add_servo(spec, axis, force, mass)
    return hand


def add_servo(spec: mujoco.MjSpec, joint: str, force: float, mass: float) -> None:
    """Add a critically damped position servo with limited force to a joint."""
    damping = 2 * np.sqrt(_STIFFNESS * mass)
    spec.add_actuator(
        name=joint,
        target=joint,
        trntype=mujoco.mjtTrn.mjTRN_JOINT,
        gaintype=mujoco.mjtGain.mjGAIN_FIXED,
        biastype=mujoco.mjtBias.mjBIAS_AFFINE,
        gainprm=[_STIFFNESS, *[0] * 9],
        biasprm=[0, -_STIFFNESS, -damping, *[0] * 7],
        forcelimited=True,
        forcerange=[-force, force],
    )


def stand(world: World, T_world_hand: NDArray[np.float64], **joints: float) -> None:
    """Set the pose (4, 4) of the hand and its joint positions, at zero velocity."""
    model, data = world.model, world.data
    hand = model.body(HAND).id
    model.body_pos[hand] = T_world_hand[:3, 3]
    x, y, z, w = quaternion_of(T_world_hand[:3, :3])
    model.body_quat[hand] = [w, x, y, z]
    for name, value in {**dict.fromkeys(AXES, 0.0), **joints}.items():
        joint = model.joint(name)
        data.qpos[joint.qposadr[0]] = value
        data.qvel[joint.dofadr[0]] = 0
        data.ctrl[model.actuator(name).id] = value
    mujoco.mj_forward(model, data)


def retract(world: World, **joints: float) -> None:
    """Put the hand far above the scene and set its joint positions."""
    stand(world, pose_matrix([0.0, 0.0, _ABOVE], np.eye(3)), **joints)


def drive(world: World, seconds: float, **targets: float) -> None:
    """Set joint targets of the hand and step the physics."""
    for name, value in targets.items():
        world.data.ctrl[world.model.actuator(name).id] = value
    world.run(seconds)
