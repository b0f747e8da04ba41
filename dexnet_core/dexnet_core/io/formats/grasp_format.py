"""Interface of an export format, and the data that it writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from dexnet_core.geometry.approach_poses import PREGRASP, RETREAT
from dexnet_core.planning.grasp import Grasp, GripperKind
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
import numpy as np
from numpy.typing import NDArray


class GraspList(NamedTuple):
    """Grasps and the other values that export formats write.

    Attributes:
        grasps: Grasps, best first, all in one frame, in metres; may be empty.
        frame: Name of the frame.
        gripper: Gripper of the robot; None if unknown.
        up: (3,) direction against gravity in the frame; None if unknown.
        pregrasp: Metres from the pre-grasp pose to the grasp, along the approach.
        retreat: Metres of the retreat after the grasp, along `up` if it is known.
    """

    grasps: Sequence[Grasp]
    frame: str
    gripper: JawGripper | SuctionCup | None = None
    up: NDArray[np.float64] | None = None
    pregrasp: float = PREGRASP
    retreat: float = RETREAT


class GraspFormat(NamedTuple):
    """An export format.

    Attributes:
        files: Names of the files that it writes.
        summary: One-line description.
        grippers: Supported gripper types.
        write: Writes the files into a folder, each of them atomically.
        has_pregrasp: Whether it contains pre-grasp and retreat.
    """

    files: tuple[str, ...]
    summary: str
    grippers: frozenset[GripperKind]
    write: Callable[[Path, GraspList], None]
    has_pregrasp: bool = False


def x_approach(rotation: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return rotations (..., 3, 3) of the same grasps, with x as approach and y as closing axis.

    Args:
        rotation: (..., 3, 3), with z as approach and x as closing axis, as in
            `dexnet_core.planning.grasp`.
    """
    return rotation[..., [2, 0, 1]]
