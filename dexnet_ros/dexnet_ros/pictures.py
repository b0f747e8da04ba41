"""Pictures of plans, and their messages."""

from __future__ import annotations

from dexnet_core.io.drawing.overlay import draw_plan
from dexnet_core.io.drawing.solids import seen_cloud
from dexnet_core.planning.grasp import GraspPlan
from dexnet_core.planning.observation import Observation
from dexnet_ros.image_conversions import image_to_msg
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image
from std_msgs.msg import Header


def draw_observation(observation: Observation, plan: GraspPlan) -> NDArray[np.uint8]:
    """Return the (H, W, 3) uint8 BGR picture of a plan, see `draw_plan`.

    Args:
        observation: A depth image, or a cloud, which is rendered from its origin along z.
        plan: Plan in the frame of the observation.
    """
    if observation.is_image:
        return draw_plan(*observation.image, plan)
    seen = seen_cloud(observation.cloud.astype(np.float32, copy=False))
    return draw_plan(seen.depth, seen.camera, plan)


def picture_to_msg(picture: NDArray[np.uint8], header: Header) -> Image:
    """Return the bgr8 Image message of an (H, W, 3) picture."""
    height, width, _ = picture.shape
    msg = image_to_msg(picture.reshape(height, -1), 'bgr8', header)
    msg.width = width
    return msg
