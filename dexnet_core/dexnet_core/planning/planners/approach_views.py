"""Views of a scene along approach directions, for planners that work along an optical axis."""

from __future__ import annotations

import math
from typing import NamedTuple

from dexnet_core.geometry.camera import project
from dexnet_core.geometry.transform import frames_along, invert, pose_matrix, transform_points
from dexnet_core.planning.perception.segment import SegmentedImage
from dexnet_core.planning.perception.virtual_view import virtual_view, VirtualCamera
from dexnet_core.planning.planners.segmented_scene import SegmentedScene
import numpy as np
from numpy.typing import NDArray

ALIGNED = np.cos(np.radians(8))
"""Cosine of the angle up to which the camera's image is used as the view along a direction."""
_AXIS = np.array([0.0, 0.0, 1.0])
_FORWARD = 1 - 1e-9
"""Minimum cosine between an axis and z for the two to be equal."""
_DISTANCE = 0.6
"""Metres between the objects and the assumed camera of a cloud with unknown viewpoint."""


class View(NamedTuple):
    """A depth image along an approach direction.

    Attributes:
        segmented: The segmented depth image.
        T_frame_view: (4, 4) pose of its optical frame in the observation's frame.
        up: (3,) unit vector against gravity in the optical frame; None if unknown.
        is_image: Whether this is the depth image of the observation.
        avoid: (k, 3) metres, places of failed grasps in the optical frame; None for none.
        main_direction: (3,) unit main approach direction in the optical frame; default is its
            axis.
    """

    segmented: SegmentedImage
    T_frame_view: NDArray[np.float64]
    up: NDArray[np.float64] | None
    is_image: bool
    avoid: NDArray[np.float64] | None = None
    main_direction: NDArray[np.float64] = _AXIS

    @property
    def down(self) -> NDArray[np.float64]:
        """(3,) unit direction of gravity in the optical frame; its axis where up is unknown."""
        return _AXIS if self.up is None else -self.up

    def about(self, direction: NDArray[np.float64]) -> View:
        """Return the view with a main direction (3,), given in the observation's frame."""
        return self._replace(main_direction=direction @ self.T_frame_view[:3, :3])


def view_along(
    scene: SegmentedScene, direction: NDArray[np.floating], taken: VirtualCamera | None = None
) -> View:
    """Return a view of a scene with at least one object along a direction (3,).

    It is the camera's image if its axis is nearly along the direction, else a virtual view.
    """
    axis = scene.observation.axis
    if scene.segmented is not None and axis is not None and axis @ direction >= ALIGNED:
        return View(scene.segmented, np.eye(4), scene.up, True, scene.observation.avoid)
    cloud = scene.cloud
    view = virtual_view(
        cloud.points, cloud.objects, direction, taken or VirtualCamera(), scene.spacing
    )
    segmented = SegmentedImage(view.depth, view.objects, view.camera)
    up = None if scene.up is None else view.T_frame_view[:3, :3].T @ scene.up
    avoid = scene.observation.avoid
    if avoid is not None:
        avoid = transform_points(invert(view.T_frame_view), avoid)
    return View(segmented, view.T_frame_view, up, False, avoid)


def camera_frame(scene: SegmentedScene, direction: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the pose (4, 4) of an optical frame whose z axis points at the objects.

    It is the frame of the camera if known, else one in front of the objects along a direction
    (3,).
    """
    axis, viewpoint = scene.observation.axis, scene.observation.viewpoint
    middle: NDArray[np.float64] = scene.object_points.mean(axis=0, dtype=float)
    if viewpoint is None:
        axis = np.asarray(direction, float)
        viewpoint = middle - _DISTANCE * axis
    if axis is None:
        axis = middle - viewpoint
    if axis @ [0, 0, 1] > _FORWARD and not viewpoint.any():
        return np.eye(4)
    return pose_matrix(viewpoint, frames_along(axis))


def image_of(
    scene: SegmentedScene, view: View, heatmap: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return a view's heat map (H', W') at the pixels (H, W) of the observation's depth image.

    Returns:
        (H, W) quality; NaN off the objects and where they are not in the view.
    """
    if not view.is_image:
        heatmap = _resampled(scene, view, heatmap)
    height, width = scene.observation.shape
    small = scene.image.depth.shape
    step = max(math.ceil(height / small[0]), math.ceil(width / small[1]))
    if step == 1:
        return heatmap
    large = np.repeat(np.repeat(heatmap, step, axis=0), step, axis=1)
    return np.ascontiguousarray(large[:height, :width])


def _resampled(
    scene: SegmentedScene, view: View, heatmap: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return a view's heat map at the pixels of the segmented depth image."""
    segmented, camera = scene.image, view.segmented.camera
    local = transform_points(invert(view.T_frame_view), scene.object_points)
    column, row = np.round(project(local, camera)).astype(int).T
    inside = (column >= 0) & (column < camera.width) & (row >= 0) & (row < camera.height)
    values = np.full(len(local), np.nan, np.float32)
    values[inside] = heatmap[row[inside], column[inside]]
    image = np.full(segmented.depth.shape, np.nan, np.float32)
    image[segmented.objects] = values
    return image
