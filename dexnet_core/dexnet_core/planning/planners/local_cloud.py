"""A cloud in the frame of a camera that looks forward, whatever frame it was given in."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.geometry.transform import invert, transform_points
from dexnet_core.planning.graspnet.cloud import near_objects, Nearby
from dexnet_core.planning.planners.approach_views import camera_frame
from dexnet_core.planning.planners.observed_scene import SeenScene
import numpy as np
from numpy.typing import NDArray


class LocalCloud(NamedTuple):
    """A scene in the frame of a camera that looks forward, as the network wants it.

    Attributes:
        nearby: Its points.
        T_frame_camera: (4, 4) pose of that frame in the observation's.
        direction: (3,) main direction of grasps.
        down: (3,) direction of gravity.
        avoid: (k, 3) metres, places of failed grasps; None for none.
    """

    nearby: Nearby
    T_frame_camera: NDArray[np.float64]
    direction: NDArray[np.float64]
    down: NDArray[np.float64]
    avoid: NDArray[np.float64] | None


def local_cloud(scene: SeenScene, direction: NDArray[np.float64]) -> LocalCloud:
    """Return a scene, in which there is an object, before a camera that looks forward.

    Args:
        scene: What was seen.
        direction: (3,) main direction of grasps, in the observation's frame.
    """
    T_frame_camera = camera_frame(scene, direction)
    T_camera_frame = invert(T_frame_camera)
    cloud = scene.cloud
    points = transform_points(T_camera_frame, cloud.points).astype(np.float32)
    nearby = near_objects(points, cloud.objects, cloud.inside)
    turn = T_camera_frame[:3, :3]
    down = direction if scene.up is None else -scene.up
    avoid = scene.observation.avoid
    if avoid is not None:
        avoid = transform_points(T_camera_frame, avoid)
    return LocalCloud(nearby, T_frame_camera, turn @ direction, turn @ down, avoid)
