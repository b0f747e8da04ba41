"""The frame that grasps are wanted in, and where the input's is in it."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.planning.grasp import GraspPlan
from dexnet_core.planning.planners.request import move_plan
from dexnet_ros.frames import FrameLookup
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Header


class Target(NamedTuple):
    """The frame that grasps are wanted in.

    Attributes:
        header: With the name of that frame and the stamp of the input.
        T_target_input: (4, 4) pose of the input's frame in it; None where they are the same.
    """

    header: Header
    T_target_input: NDArray[np.float64] | None = None

    def moved(self, plan: GraspPlan) -> GraspPlan:
        """Return a plan that is in the frame of the input in this one."""
        return plan if self.T_target_input is None else move_plan(plan, self.T_target_input)


def target_of(lookup: FrameLookup, frame: str, header: Header) -> Target:
    """Return where an input's frame is in another one, at the stamp of the input.

    Args:
        lookup: Is asked unless the frames are the same.
        frame: That is wanted; empty = that of the input.
        header: Of the input.

    Raises:
        ValueError: It is not known; the message says why.
    """
    if frame in ('', header.frame_id):
        return Target(header)
    T_target_input = lookup(frame, header.frame_id, header.stamp)
    return Target(Header(stamp=header.stamp, frame_id=frame), T_target_input)
