"""Hand of a robot for motion planning, and its pose at a grasp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dexnet_core.geometry.transform import invert
import numpy as np
from numpy.typing import NDArray

_WIDER = 1e-4
"""Tolerance in metres of a width above the opening, because messages have float32."""


class Finger(NamedTuple):
    """A finger joint, whose position is a linear function of the width between the fingers.

    Attributes:
        joint: Name of the joint.
        closed: Position when the fingers touch, in metres or radians.
        opened: Position at the largest opening of the hand.
    """

    joint: str
    closed: float
    opened: float


@dataclass(frozen=True, eq=False)
class RobotHand:
    """The end effector of a robot.

    Attributes:
        link: Link of the arm that the hand is mounted on: the end effector's parent link.
        T_tcp_link: (4, 4) pose of that link in the grasp frame, see Grasp.msg.
        fingers: Finger joints of a jaw; empty for a suction cup, or if another program moves them.
        max_opening: Largest distance between the fingers in metres; 0 without fingers.
        max_force: Largest contact force in newtons; 0 = not limited.

    Raises:
        ValueError: The link is empty, the pose is not rigid, or a number is invalid.
    """

    link: str
    T_tcp_link: NDArray[np.float64]
    fingers: tuple[Finger, ...] = ()
    max_opening: float = 0.0
    max_force: float = 0.0

    def __post_init__(self) -> None:
        if not self.link:
            raise ValueError("link is '', expected the name of the end effector's parent link")
        _check_rigid(self.T_tcp_link)
        if bool(self.fingers) != (self.max_opening > 0):
            got, count = self.max_opening, len(self.fingers)
            raise ValueError(
                f'max_opening is {got} with {count} fingers, expected > 0 m with fingers and 0'
                ' without'
            )
        if not self.max_force >= 0:
            raise ValueError(f'max_force is {self.max_force}, expected newtons, at least 0')

    @property
    def approach(self) -> NDArray[np.float64]:
        """(3,) unit vector of the approach direction in the frame of the link."""
        return self.T_tcp_link[2, :3]

    def link_pose(self, T_frame_grasp: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the (4, 4) pose of the link at a grasp, in the same frame as the grasp."""
        return T_frame_grasp @ self.T_tcp_link

    def positions(self, width: float) -> dict[str, float]:
        """Return the positions of the finger joints at a width in metres.

        Raises:
            ValueError: The width is larger than the opening of the hand.
        """
        if self.fingers and not 0 <= width <= self.max_opening + _WIDER:
            raise ValueError(
                f'width is {width:.4f} m, expected 0 to max_opening {self.max_opening:.4f} m:'
                " plan with this hand's own gripper file"
            )
        share = width / self.max_opening if self.fingers else 0.0
        return {
            finger.joint: finger.closed + share * (finger.opened - finger.closed)
            for finger in self.fingers
        }


def _check_rigid(T: NDArray[np.float64]) -> None:
    """Raise ValueError unless T is a rigid transform."""
    if T.shape != (4, 4):
        raise ValueError(f'T_tcp_link has shape {T.shape}, expected (4, 4)')
    if not np.allclose(invert(T) @ T, np.eye(4), atol=1e-6) or np.linalg.det(T[:3, :3]) < 0:
        raise ValueError(f'T_tcp_link is {T.tolist()}, expected a rotation and a translation')
