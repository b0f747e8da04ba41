"""Parallel jaw in MuJoCo: two actuated fingers with limited force."""

from __future__ import annotations

from dataclasses import dataclass

from dexnet_core.geometry.transform import pose_matrix
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.planners.jaw_placement import reached_pose
from dexnet_core.simulation.picking.outcome import Outcome, Reason
from dexnet_core.simulation.picking.slides import (
    add_servo,
    add_slides,
    drive,
    HAND,
    retract,
    stand,
)
from dexnet_core.simulation.picking.world import DivergedError, World
import mujoco
import numpy as np
from numpy.typing import NDArray

_HAND_KG, _FINGER_KG = 0.8, 0.06
_SLICE_S = 0.01
"""Time between two contact checks of the hand."""


@dataclass(frozen=True)
class JawMotion:
    """Motion and force parameters of a jaw grasp; metres, seconds, newtons.

    Attributes:
        start: Distance before the grasp where the straight approach starts.
        approach_speed: Speed of the approach.
        closing_speed: Speed of each finger.
        grip_force: Force of each finger.
        arm_force: Maximum force of the arm.
        stop_force: Contact force above which the approach stops and the grasp fails.
        lift: Height of the lift.
        lift_speed: Speed of the lift.
        shake: Amplitude of the sideways shake.
    """

    start: float = 0.06
    approach_speed: float = 0.3
    closing_speed: float = 0.12
    grip_force: float = 30.0
    arm_force: float = 60.0
    stop_force: float = 30.0
    lift: float = 0.10
    lift_speed: float = 0.4
    shake: float = 0.02


class JawHand:
    """Model of a parallel jaw that picks objects in a world.

    Three slide joints along the axes of the grasp carry the hand. They model a compliant arm with
    limited force.
    """

    def __init__(
        self, gripper: JawGripper, motion: JawMotion | None = None, friction: float = 0.7
    ) -> None:
        """Initialise the hand.

        Args:
            gripper: Geometry of the jaw.
            motion: Motion and force parameters.
            friction: Friction coefficient of the pads.
        """
        self.gripper = gripper
        self._motion = motion or JawMotion()
        self._friction = friction

    def add_to(self, spec: mujoco.MjSpec) -> None:
        """Add bodies, joints and actuators."""
        jaw, motion = self.gripper, self._motion
        hand = add_slides(spec, motion.arm_force, _HAND_KG)
        back = jaw.finger_length + jaw.palm_length / 2
        sides = np.array([jaw.palm_width, jaw.palm_thickness, jaw.palm_length]) / 2
        _add_box(hand, 'palm', (0, 0, -back), sides, _HAND_KG, 0.3)
        sides = np.array([jaw.finger_thickness, jaw.finger_width, jaw.finger_length]) / 2
        for name, side in (('left', -1.0), ('right', 1.0)):
            finger = hand.add_body(name=name, gravcomp=1)
            finger.add_joint(
                name=name,
                type=mujoco.mjtJoint.mjJNT_SLIDE,
                axis=[side, 0, 0],
                range=[0, jaw.max_opening / 2],
                limited=True,
            )
            middle = (side * sides[0], 0, -sides[2])
            _add_box(finger, name, middle, sides, _FINGER_KG, self._friction)
            add_servo(spec, name, motion.grip_force, _FINGER_KG)
        spec.add_equality(
            type=mujoco.mjtEq.mjEQ_JOINT,
            name1='left',
            name2='right',
            data=[0, 1, *[0] * (mujoco.mjNEQDATA - 2)],
            objtype=mujoco.mjtObj.mjOBJ_JOINT,
        )

    def pick(self, world: World, T_world_grasp: NDArray[np.float64], opening: float) -> Outcome:
        """Approach, close, lift and shake.

        The world keeps the final state; it is reset if the simulation diverges.

        Args:
            world: World that contains the hand; its objects are at rest.
            T_world_grasp: (4, 4) commanded pose midway between the fingertips, x closing, z
                approach. The reached pose is `reached_pose` of the jaw.
            opening: Distance between the fingers during the approach in metres.

        Returns:
            The outcome.
        """
        reached = reached_pose(T_world_grasp, self.gripper)
        try:
            return _Attempt(world, self, self._motion, reached).run(opening)
        except DivergedError:
            world.reset()
            return Outcome(Reason.DIVERGED)

    def retract(self, world: World) -> None:
        """Open the hand and move it away."""
        half = self.gripper.max_opening / 2
        retract(world, left=half, right=half)


def _add_box(
    body: mujoco.MjsBody,
    name: str,
    middle: tuple[float, ...],
    sides: NDArray[np.float64],
    mass: float,
    friction: float,
) -> None:
    """Add a box to the hand; parts of the hand do not collide with each other."""
    body.add_geom(
        name=name,
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=middle,
        size=sides,
        mass=mass,
        contype=2,
        conaffinity=1,
        condim=4,
        priority=1,
        friction=[friction, 0.005, 0.0001],
        solref=[0.006, 1],
        rgba=[0.25, 0.3, 0.35, 1],
    )


class _Attempt:
    """Execution of one grasp."""

    def __init__(
        self, world: World, hand: JawHand, motion: JawMotion, T_world_grasp: NDArray[np.float64]
    ) -> None:
        self._world, self._hand, self._motion = world, hand, motion
        self._R = T_world_grasp[:3, :3]
        self._origin = T_world_grasp[:3, 3]
        model = world.model
        self._fingers = [model.body(name).id for name in ('left', 'right')]
        self._parts = [model.body(HAND).id, *self._fingers]
        self._force = 0.0

    def run(self, opening: float) -> Outcome:
        before = {k: self._world.pose(k)[:3, 3] for k in self._world.present}
        self._stand(opening)
        if not self._approach():
            return self._outcome(Reason.BLOCKED, before)
        pushed = self._pushed(before)
        self._close(opening)
        between = self._between()
        if between is None:
            return self._outcome(Reason.MISSED, before)
        for reason, move in ((Reason.SLIPPED, self._lift), (Reason.DROPPED, self._shake)):
            move()
            if self._between() != between or self._is_down(between, before):
                return Outcome(reason, None, pushed, self._force)
        return Outcome(Reason.HELD, between, pushed, self._force)

    def _outcome(self, reason: Reason, before: dict[int, NDArray[np.float64]]) -> Outcome:
        return Outcome(reason, None, self._pushed(before), self._force)

    def _stand(self, opening: float) -> None:
        """Put the open hand at the start of the approach."""
        half = min(opening, self._hand.gripper.max_opening) / 2
        pose = pose_matrix(self._origin, self._R)
        stand(self._world, pose, z=-self._motion.start, left=half, right=half)

    def _approach(self) -> bool:
        """Approach; return whether the contact force stayed within the stop force."""
        steps = round(self._motion.start / self._motion.approach_speed / _SLICE_S)
        for share in np.linspace(1, 0, steps + 1):
            self._drive(z=-self._motion.start * share)
            self._force = max(self._force, self._pressing())
            if self._force > self._motion.stop_force:
                return False
        self._drive(z=0.0, seconds=0.1)
        self._force = max(self._force, self._pressing())
        return self._force <= self._motion.stop_force

    def _close(self, opening: float) -> None:
        """Close the fingers until they press with the grip force."""
        steps = round(opening / 2 / self._motion.closing_speed / _SLICE_S)
        for share in np.linspace(1, 0, steps + 1):
            self._drive(left=share * opening / 2, right=share * opening / 2)
        # The targets are past the middle, so that the fingers press on thin objects too.
        self._drive(left=-0.02, right=-0.02, seconds=0.15)

    def _lift(self) -> None:
        """Lift along z of the world frame."""
        steps = round(self._motion.lift / self._motion.lift_speed / _SLICE_S)
        for height in np.linspace(0, self._motion.lift, steps + 1):
            self._move(np.array([0, 0, height]))
        self._move(np.array([0, 0, self._motion.lift]), seconds=0.1)

    def _shake(self) -> None:
        """Swing the hand along x and y of the world frame."""
        for phase in np.linspace(0, 2 * np.pi, 30):
            aside = self._motion.shake * np.sin(phase)
            self._move(np.array([aside, aside / 2, self._motion.lift]))

    def _move(self, offset: NDArray[np.float64], seconds: float = _SLICE_S) -> None:
        """Move the hand to an offset (3,) from the grasp in the world frame."""
        x, y, z = self._R.T @ offset
        self._drive(x=x, y=y, z=z, seconds=seconds)

    def _drive(self, seconds: float = _SLICE_S, **targets: float) -> None:
        drive(self._world, seconds, **targets)

    def _pressing(self) -> float:
        """Return the sum of the normal contact forces on the hand in newtons."""
        model, data = self._world.model, self._world.data
        total, force = 0.0, np.zeros(6)
        for number in range(data.ncon):
            if not set(model.geom_bodyid[data.contact[number].geom]).isdisjoint(self._parts):
                mujoco.mj_contactForce(model, data, number, force)
                total += float(force[0])
        return total

    def _between(self) -> int | None:
        """Return the object that both fingers touch, or None."""
        model, data = self._world.model, self._world.data
        touched: list[set[int]] = [set(), set()]
        for contact in data.contact:
            one, other = model.geom_bodyid[contact.geom]
            for finger, body in ((one, other), (other, one)):
                if finger in self._fingers and (k := self._world.object_of(body)) is not None:
                    touched[self._fingers.index(finger)].add(k)
        return min(touched[0] & touched[1], default=None)

    def _is_down(self, k: int, before: dict[int, NDArray[np.float64]]) -> bool:
        """Return whether an object rose by less than half the lift."""
        return bool(self._world.pose(k)[2, 3] < before[k][2] + self._motion.lift / 2)

    def _pushed(self, before: dict[int, NDArray[np.float64]]) -> float:
        moved = [np.linalg.norm(self._world.pose(k)[:3, 3] - at) for k, at in before.items()]
        return float(max(moved, default=0.0))
