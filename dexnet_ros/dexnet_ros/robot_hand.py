"""A robot's hand as its motion planner knows it, and where it has to be for a grasp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dexnet_core.geometry.transform import invert
import numpy as np
from numpy.typing import NDArray

_WIDER = 1e-4
"""Metres by which a grasp's width may pass the hand's opening: messages have float32."""


class Finger(NamedTuple):
    """A joint of a finger, whose position follows the width between the fingers in a line.

    Attributes:
        joint: Its name.
        closed: Its position where the fingers touch, in metres or radians.
        opened: Its position at the hand's greatest opening.
    """

    joint: str
    closed: float
    opened: float


@dataclass(frozen=True, eq=False)
class RobotHand:
    """The end effector of a robot.

    Attributes:
        link: The link of the arm that the hand is mounted on: the end effector's parent link.
        T_tcp_link: (4, 4) pose of that link in the frame of a grasp, as Grasp.msg draws it.
        fingers: Joints of a jaw; none for a suction cup, or where another program moves them.
        max_opening: Greatest distance between the fingers in metres; 0 without fingers.
        max_force: Greatest force of contact in newtons; 0 = not limited.

    Raises:
        ValueError: There is no link, the pose is not rigid, or a number makes no sense.
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
        """(3,) direction of approach in the frame of the link, of length 1."""
        return self.T_tcp_link[2, :3]

    def link_pose(self, T_frame_grasp: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the (4, 4) pose of the link at a grasp, in the frame of the grasp's pose."""
        return T_frame_grasp @ self.T_tcp_link

    def positions(self, width: float) -> dict[str, float]:
        """Return the position of each finger's joint at a width in metres.

        Raises:
            ValueError: The fingers do not open as wide.
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
    """Raise ValueError unless it is a rotation and a translation."""
    if T.shape != (4, 4):
        raise ValueError(f'T_tcp_link has shape {T.shape}, expected (4, 4)')
    if not np.allclose(invert(T) @ T, np.eye(4), atol=1e-6) or np.linalg.det(T[:3, :3]) < 0:
        raise ValueError(f'T_tcp_link is {T.tolist()}, expected a rotation and a translation')
