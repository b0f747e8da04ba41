"""What is written in the formats of other programs, and what such a format is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from dexnet_core.geometry.approach_poses import PREGRASP, RETREAT
from dexnet_core.planning.grasp import Grasp, Gripper
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
import numpy as np
from numpy.typing import NDArray


class GraspList(NamedTuple):
    """Grasps with what formats tell beside them.

    Attributes:
        grasps: Best first, all in one frame, in metres; there may be none.
        frame: Name of that frame.
        gripper: The robot's; None where it is unknown.
        up: (3,) direction against gravity in the frame; None where it is unknown.
        pregrasp: Metres before a grasp where the robot waits.
        retreat: Metres that it withdraws afterwards, along up where that is known.
    """

    grasps: Sequence[Grasp]
    frame: str
    gripper: JawGripper | SuctionCup | None = None
    up: NDArray[np.float64] | None = None
    pregrasp: float = PREGRASP
    retreat: float = RETREAT


class GraspFormat(NamedTuple):
    """A format of another program.

    Attributes:
        files: Names of the files that are written.
        summary: What it is, in a few words.
        grippers: Kinds of gripper that it can tell of.
        write: Writes the files into a folder, each whole or not at all.
        has_way: Whether it tells pre-grasp and retreat.
    """

    files: tuple[str, ...]
    summary: str
    grippers: frozenset[Gripper]
    write: Callable[[Path, GraspList], None]
    has_way: bool = False


def x_approach(rotation: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return rotations (..., 3, 3) of the same grasps with x as approach and y as closing axis.

    Args:
        rotation: (..., 3, 3) with z as approach and x as closing axis, as in
            `dexnet_core.planning.grasp`.
    """
    return rotation[..., [2, 0, 1]]
