"""Coloured meshes of clouds and grippers, and rendering of clouds to depth images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
from dexnet_core.geometry.camera import CameraIntrinsics, project
from dexnet_core.geometry.transform import transform_points
from dexnet_core.io.drawing.marks import USUAL_JAW
from dexnet_core.planning.grasp import Grasp
from dexnet_core.planning.grippers.jaw import JawGripper
import numpy as np
from numpy.typing import NDArray

_GREY = (150, 150, 150)
_BEST, _WORST = np.array([40, 200, 80]), np.array([220, 60, 40])
_CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
_FACES = np.array(
    [
        *([0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1]),
        *([2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]),
    ]
)
_STEM = 0.04
_VIEW = (640, 480)
_COVERED = 7
_SHOWN = (2, 98)
"""Percentiles of the viewing rays that a virtual camera covers."""


class Solid(NamedTuple):
    """Vertices (n, 3) in metres with colours (n, 3) uint8 RGB, and triangles (m, 3) of indices."""

    corners: NDArray[np.floating]
    colours: NDArray[np.uint8]
    faces: NDArray[np.integer]


class SeenCloud(NamedTuple):
    """Depth image (H, W) of a cloud, metres with 0 = no point, and its virtual camera."""

    depth: NDArray[np.float32]
    camera: CameraIntrinsics


def scene_solid(
    points: NDArray[np.floating], grasps: Sequence[Grasp], jaw: JawGripper = USUAL_JAW
) -> Solid:
    """Return a cloud (n, 3) as grey points and jaws as boxes, from green (best) to red."""
    boxes = [box for grasp in grasps for box in _jaw_boxes(grasp, jaw)]
    corners = np.concatenate([points, *boxes])
    colours = np.full((len(corners), 3), _GREY, np.uint8)
    share = np.repeat(np.linspace(0, 1, max(len(grasps), 1)), len(boxes) // max(len(grasps), 1))
    mixed = _BEST + share[:, None] * (_WORST - _BEST)
    if boxes:
        colours[len(points) :] = np.repeat(mixed, len(_CORNERS), axis=0)
    starts = len(points) + len(_CORNERS) * np.arange(len(boxes))
    return Solid(corners, colours, (starts[:, None, None] + _FACES).reshape(-1, 3))


def _jaw_boxes(grasp: Grasp, jaw: JawGripper) -> list[NDArray[np.float64]]:
    """Return the (8, 3) corners of fingers, palm and stem, at the opening of the grasp."""
    half, thick, back = grasp.width / 2, jaw.finger_thickness, -jaw.finger_length
    across = jaw.finger_width / 2
    spans = (
        ((-half - thick, -across, back), (-half, across, 0)),
        ((half, -across, back), (half + thick, across, 0)),
        ((-half - thick, -across, back - thick), (half + thick, across, back)),
        ((-thick / 2, -thick / 2, back - thick - _STEM), (thick / 2, thick / 2, back - thick)),
    )
    return [
        transform_points(grasp.T_camera_grasp, low + _CORNERS * (np.array(high) - low))
        for low, high in spans
    ]


def seen_cloud(points: NDArray[np.floating]) -> SeenCloud:
    """Render a cloud to the depth image of a virtual camera at the origin that looks along z.

    Focal length and principal point are chosen so that nearly all points are in the image.

    Args:
        points: (n, 3) or (H, W, 3) metres. Points that are not finite or not in front of the
            camera are ignored. Without valid points, the image is all 0.
    """
    points = points.reshape(-1, 3)
    points = points[np.isfinite(points).all(axis=1) & (points[:, 2] > 0)]
    if not len(points):
        width, height = _VIEW
        camera = CameraIntrinsics(width, height, width, width, width / 2, height / 2)
        return SeenCloud(np.zeros(camera.shape, np.float32), camera)
    rays = points[:, :2] / points[:, 2:]
    low, high = np.percentile(rays, _SHOWN, axis=0)
    focal = float(0.8 / np.max((high - low) / _VIEW, initial=1e-3))
    centre = np.array(_VIEW) / 2 - focal * (low + high) / 2
    camera = CameraIntrinsics(*_VIEW, focal, focal, *centre.tolist())
    column, row = np.round(project(points, camera)).astype(int).T
    inside = (column >= 0) & (column < _VIEW[0]) & (row >= 0) & (row < _VIEW[1])
    nothing = float(points[:, 2].max()) + 1
    depth = np.full(camera.shape, nothing, np.float32)
    np.minimum.at(depth, (row[inside], column[inside]), points[inside, 2])
    # The cloud is sparser than the pixels, so each point also fills its neighbours.
    wide = cv2.erode(depth, np.ones((_COVERED, _COVERED), np.uint8), borderValue=nothing)
    return SeenCloud(np.where(wide < nothing, wide, 0).astype(np.float32), camera)
