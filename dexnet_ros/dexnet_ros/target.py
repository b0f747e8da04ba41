"""Target frame of the grasps, and the transform of the input's frame to it."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.planning.grasp import GraspPlan
from dexnet_core.planning.planners.request import move_plan
from dexnet_ros.frames import FrameLookup
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Header


class Target(NamedTuple):
    """The target frame of the grasps.

    Attributes:
        header: Header with the name of the target frame and the stamp of the input.
        T_target_input: (4, 4) pose of the input's frame in it; None if they are the same.
    """

    header: Header
    T_target_input: NDArray[np.float64] | None = None

    def moved(self, plan: GraspPlan) -> GraspPlan:
        """Transform a plan from the frame of the input to the target frame."""
        return plan if self.T_target_input is None else move_plan(plan, self.T_target_input)


def target_of(lookup: FrameLookup, frame: str, header: Header) -> Target:
    """Return the target frame with its transform at the stamp of the input.

    Args:
        lookup: Returns the transform; not called if the frames are the same.
        frame: Name of the target frame; empty = frame of the input.
        header: Header of the input.

    Raises:
        ValueError: The transform is unknown; the message has the reason.
    """
    if frame in ('', header.frame_id):
        return Target(header)
    T_target_input = lookup(frame, header.frame_id, header.stamp)
    return Target(Header(stamp=header.stamp, frame_id=frame), T_target_input)
