"""Transformation of a cloud in any frame into an optical frame."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.geometry.transform import invert, transform_points
from dexnet_core.planning.graspnet.cloud import near_objects, Nearby
from dexnet_core.planning.planners.approach_views import camera_frame
from dexnet_core.planning.planners.segmented_scene import SegmentedScene
import numpy as np
from numpy.typing import NDArray


class LocalCloud(NamedTuple):
    """A scene in an optical frame, for the input of the network.

    Attributes:
        nearby: Points near objects.
        T_frame_camera: (4, 4) pose of that frame in the observation's.
        direction: (3,) main approach direction of grasps.
        avoid: (k, 3) metres, places of failed grasps; None for none.
    """

    nearby: Nearby
    T_frame_camera: NDArray[np.float64]
    direction: NDArray[np.float64]
    avoid: NDArray[np.float64] | None


def local_cloud(scene: SegmentedScene, direction: NDArray[np.float64]) -> LocalCloud:
    """Return a scene with at least one object in an optical frame.

    Args:
        scene: The segmented scene.
        direction: (3,) main approach direction of grasps, in the observation's frame.
    """
    T_frame_camera = camera_frame(scene, direction)
    T_camera_frame = invert(T_frame_camera)
    cloud = scene.cloud
    points = transform_points(T_camera_frame, cloud.points).astype(np.float32)
    nearby = near_objects(points, cloud.objects, cloud.inside)
    turn = T_camera_frame[:3, :3]
    avoid = scene.observation.avoid
    if avoid is not None:
        avoid = transform_points(T_camera_frame, avoid)
    return LocalCloud(nearby, T_frame_camera, turn @ direction, avoid)
