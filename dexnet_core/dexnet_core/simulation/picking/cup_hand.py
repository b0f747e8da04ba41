"""Suction cup in MuJoCo: a weld to the object that breaks at a maximum force or moment."""

from __future__ import annotations

from dataclasses import dataclass

from dexnet_core.geometry.transform import invert, pose_matrix, quaternion_of
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.simulation.picking.outcome import Outcome, Reason
from dexnet_core.simulation.picking.seal import Contact, press
from dexnet_core.simulation.picking.slides import add_slides, drive, retract, stand
from dexnet_core.simulation.picking.world import DivergedError, World
from dexnet_core.simulation.scenes.scene import TABLE
import mujoco
import numpy as np
from numpy.typing import NDArray

_HAND_KG, _LIP_KG, _LIP_INERTIA = 0.3, 0.02, 1e-4
"""Masses in kg, inertia in kg m^2. The lip is heavier than a real one to keep the weld stiff."""
_LIP = 'lip'
_GRAVITY = 9.81
_RESERVE = 3.5
_SLICE_S = 0.002
_WELD = 11
"""Size of MuJoCo's weld data: anchor (3), relative pose (7), torque scale (1)."""
_DAMPING_S = 0.1
"""Ratio of damping to stiffness of the bellows, about their settling time."""
_SHAKES = 200
"""Number of time slices of the shake."""


@dataclass(frozen=True)
class CupMotion:
    """Motion and force parameters of a suction grasp.

    Attributes:
        reach: Maximum distance beyond the planned contact at which the cup seeks contact, in
            metres.
        safety: Safety factor by which the pull is less than vacuum times area.
        lean: Angle of the bellows in radians at the moment where the lip peels off.
        friction: Friction coefficient of the lip.
        arm_force: Maximum force of the arm in newtons.
        lift: Height of the lift in metres.
        lift_speed: Speed of the lift in metres per second.
        shake: Amplitude of the sideways shake in metres.
    """

    reach: float = 0.02
    safety: float = 2.0
    lean: float = 0.2
    friction: float = 0.5
    arm_force: float = 60.0
    lift: float = 0.10
    lift_speed: float = 0.25
    shake: float = 0.004


class CupHand:
    """Model of a suction cup that picks objects in a world.

    The seal is checked on the exact meshes of the scene at rest. Then the object is welded to the
    cup and lifted. The weld breaks if pull, shear or bending moment exceeds the limit of the
    vacuum.
    """

    def __init__(self, gripper: SuctionCup, motion: CupMotion | None = None) -> None:
        self.gripper = gripper
        self._motion = motion or CupMotion()

    @property
    def pull(self) -> float:
        """Maximum pull of the vacuum in newtons."""
        return self.gripper.vacuum * np.pi * self.gripper.radius**2 / self._motion.safety

    @property
    def moment(self) -> float:
        """Moment at which the lip peels off in newton metres: the pull at half the radius."""
        return self.pull * self.gripper.radius / 2

    @property
    def payload(self) -> float:
        """Maximum object mass in kilograms: the pull with a reserve factor of 3.5."""
        return self.pull / (_RESERVE * _GRAVITY)

    def add_to(self, spec: mujoco.MjSpec) -> None:
        """Add body, joints, actuators, sensors and an inactive weld to each object."""
        cup = self.gripper
        things = [body.name for body in spec.worldbody.bodies]
        hand = add_slides(spec, self._motion.arm_force, _HAND_KG)
        _add_cylinder(hand, 'body', cup.body_radius, cup.body_length, cup.travel, _HAND_KG)
        lip = hand.add_body(
            name=_LIP, gravcomp=1, explicitinertial=True, mass=_LIP_KG, inertia=[_LIP_INERTIA] * 3
        )
        stiffness = self.moment / self._motion.lean
        lip.add_joint(
            name=_LIP,
            type=mujoco.mjtJoint.mjJNT_BALL,
            stiffness=[stiffness, 0, 0],
            damping=[stiffness * _DAMPING_S, 0, 0],
        )
        _add_cylinder(lip, _LIP, cup.radius, cup.travel, 0.0, 0.0)
        lip.add_site(name=_LIP)
        for kind in (mujoco.mjtSensor.mjSENS_FORCE, mujoco.mjtSensor.mjSENS_TORQUE):
            spec.add_sensor(type=kind, objtype=mujoco.mjtObj.mjOBJ_SITE, objname=_LIP)
        for name in things:
            spec.add_equality(
                name=name,
                type=mujoco.mjtEq.mjEQ_WELD,
                objtype=mujoco.mjtObj.mjOBJ_BODY,
                name1=_LIP,
                name2=name,
                active=False,
                solref=[0.005, 1],
            )

    def pick(self, world: World, T_world_grasp: NDArray[np.float64]) -> Outcome:
        """Press the cup onto the object, lift and shake.

        The world keeps the final state; it is reset if the simulation diverges.

        Args:
            world: World that contains the cup; its objects are at rest.
            T_world_grasp: (4, 4) planned contact, z along the approach.

        Returns:
            The outcome.
        """
        scene = world.scene()
        contact = press(scene.surface, T_world_grasp, self.gripper, self._motion.reach)
        if contact.owner == TABLE:
            return Outcome(Reason.MISSED)
        if contact.blocked:
            return Outcome(Reason.BLOCKED)
        if not contact.sealed:
            return Outcome(Reason.LEAKED)
        try:
            return self._lifted(world, T_world_grasp, contact)
        except DivergedError:
            world.reset()
            return Outcome(Reason.DIVERGED)

    def retract(self, world: World) -> None:
        """Release the object and move the cup away."""
        world.data.eq_active[:] = 0
        retract(world)

    def _lifted(
        self, world: World, T_world_grasp: NDArray[np.float64], contact: Contact
    ) -> Outcome:
        T_world_cup = T_world_grasp @ pose_matrix([0, 0, contact.depth], np.eye(3))
        k = world.present[contact.owner]
        stand(world, T_world_cup)
        _bind(world, k, T_world_cup)
        before = world.pose(k)[2, 3]
        weight = T_world_cup[:3, :3].T @ [0, 0, _LIP_KG * _GRAVITY]
        for offset in self._path():
            x, y, z = T_world_cup[:3, :3].T @ offset
            drive(world, _SLICE_S, x=x, y=y, z=z)
            force, moment = np.split(world.data.sensordata, 2)
            reason = self._broken(force - weight, moment)
            if reason is not None:
                return Outcome(reason)
        rose = world.pose(k)[2, 3] - before > self._motion.lift / 2
        return Outcome(Reason.HELD if rose else Reason.DROPPED, k if rose else None)

    def _path(self) -> NDArray[np.float64]:
        """Return offsets (n, 3) of the hand in the world frame in metres, one per time slice."""
        motion = self._motion
        share = np.linspace(0, 1, round(motion.lift / motion.lift_speed / _SLICE_S) + 1)
        rise = share**2 * (3 - 2 * share)
        up = np.column_stack([0 * rise, 0 * rise, motion.lift * rise])
        aside = motion.shake * np.sin(np.linspace(0, 2 * np.pi, _SHAKES))
        swing = np.column_stack([aside, aside / 2, np.full(_SHAKES, motion.lift)])
        return np.vstack([up, swing])

    def _broken(self, force: NDArray[np.float64], moment: NDArray[np.float64]) -> Reason | None:
        """Return why the weld breaks under a load, or None if it holds.

        Args:
            force: (3,) load of the lip in newtons in the lip frame, z along the approach.
            moment: (3,) moment about the centre of the lip in newton metres.
        """
        pulled = max(-float(force[2]), 0.0)
        slides = np.hypot(*force[:2]) > self._motion.friction * max(2 * self.pull - pulled, 0)
        if pulled > self.pull or slides:
            return Reason.PULLED
        return Reason.PEELED if np.hypot(*moment[:2]) > self.moment else None


def _add_cylinder(
    body: mujoco.MjsBody, name: str, radius: float, length: float, back: float, mass: float
) -> None:
    """Add a cylinder without collisions to the cup, `back` metres behind the lip."""
    body.add_geom(
        name=name,
        type=mujoco.mjtGeom.mjGEOM_CYLINDER,
        pos=[0, 0, -back - length / 2],
        size=[radius, length / 2, 0],
        mass=mass,
        contype=0,
        conaffinity=0,
        rgba=[0.25, 0.3, 0.35, 1],
    )


def _bind(world: World, k: int, T_world_cup: NDArray[np.float64]) -> None:
    """Activate the weld between the lip and object k at their current relative pose."""
    T_cup_object = invert(T_world_cup) @ world.pose(k)
    x, y, z, w = quaternion_of(T_cup_object[:3, :3])
    bond = world.model.equality(world.name(k)).id
    world.model.eq_data[bond, :_WELD] = [0, 0, 0, *T_cup_object[:3, 3], w, x, y, z, 1]
    world.data.eq_active[bond] = 1
