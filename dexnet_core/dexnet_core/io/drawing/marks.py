"""Drawing of grippers, projected into a camera image."""

from __future__ import annotations

from typing import NamedTuple

import cv2
from dexnet_core.geometry.camera import CameraIntrinsics, project
from dexnet_core.geometry.transform import circle, transform_points
from dexnet_core.planning.grasp import Grasp, GripperKind
from dexnet_core.planning.grippers.jaw import JawGripper
import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]

_ARROW = 0.06
_STEM = 0.03
_STRAIGHT = 0.999
"""Cosine of the largest tilt at which a jaw is seen from behind and drawn as two fingertips."""
_NEAREST = 0.01
_CORNERS = 32
_STEM_END = 3
"""Index of the end of the stem in the line of a fork."""
_SHADOW = (0, 0, 0)
USUAL_JAW = JawGripper()


class Canvas(NamedTuple):
    """A camera image, possibly enlarged, to draw into.

    Attributes:
        picture: (H', W', 3) uint8 BGR; it is drawn into in place.
        camera: Intrinsics of the image.
        factor: Pixels of the picture per pixel of the image.
        jaw: Finger dimensions; a grasp holds only the opening.
    """

    picture: NDArray[np.uint8]
    camera: CameraIntrinsics
    factor: float
    jaw: JawGripper = USUAL_JAW

    def pixels(self, points: NDArray[np.floating]) -> NDArray[np.int32]:
        """Project (n, 3) points in the optical frame to (n, 2) pixels u, v of the picture."""
        seen = (project(points, self.camera) + 0.5) * self.factor - 0.5
        return np.round(seen).astype(np.int32)


def is_tilted(grasp: Grasp) -> bool:
    """Return whether the approach of a grasp is not along the optical axis."""
    return bool(grasp.approach[2] < _STRAIGHT)


def draw_grasp(
    canvas: Canvas, grasp: Grasp, colour: Colour, thickness: int = 2
) -> tuple[int, int]:
    """Draw a cup with its approach arrow, or the fingertips, closing line and contacts of a jaw.

    A jaw whose approach is not along the optical axis is drawn as a fork: fingers, palm and stem.

    Args:
        canvas: Canvas to draw into.
        grasp: Grasp to draw.
        colour: BGR.
        thickness: Line thickness in pixels.

    Returns:
        (u, v) of the picture for a label: at the lower right of the cup, the right fingertip or
        the stem.
    """
    draw = _draw_cup
    if grasp.gripper is GripperKind.PARALLEL_JAW:
        draw = _draw_fork if is_tilted(grasp) else _draw_jaw
    right, bottom = draw(canvas, grasp, colour, thickness).max(axis=0)
    return int(right), int(bottom)


def _draw_cup(canvas: Canvas, grasp: Grasp, colour: Colour, thickness: int) -> NDArray[np.int32]:
    """Draw rim and approach arrow; return the pixels of the rim."""
    pixels = canvas.pixels(gripper_line(grasp))
    (start, contact), rim = pixels[:2].tolist(), pixels[2:]
    for wide, ink in ((thickness + 2, _SHADOW), (thickness, colour)):
        cv2.polylines(canvas.picture, [rim], True, ink, wide, cv2.LINE_AA)
        cv2.arrowedLine(canvas.picture, start, contact, ink, wide, cv2.LINE_AA, tipLength=0.2)
    return rim


def _draw_jaw(canvas: Canvas, grasp: Grasp, colour: Colour, thickness: int) -> NDArray[np.int32]:
    """Draw fingertips, closing line and contacts; return the pixels of the right fingertip."""
    tips = [canvas.pixels(finger_tip(grasp, side, canvas.jaw)) for side in (-1, 1)]
    half = grasp.width / 2
    ends = np.array([[-half, 0, 0], [half, 0, 0]])
    line = canvas.pixels(transform_points(grasp.T_camera_grasp, ends))
    for wide, ink in ((thickness + 2, _SHADOW), (thickness, colour)):
        cv2.polylines(canvas.picture, [line], False, ink, wide, cv2.LINE_AA)
    for tip in tips:
        cv2.fillConvexPoly(canvas.picture, tip, colour, cv2.LINE_AA)
        cv2.polylines(canvas.picture, [tip], True, _SHADOW, 2, cv2.LINE_AA)
    for contact in canvas.pixels(grasp.contacts).tolist():
        for radius, ink in ((5, _SHADOW), (3, colour)):
            cv2.circle(canvas.picture, contact, radius, ink, cv2.FILLED, cv2.LINE_AA)
    return max(tips, key=lambda tip: tip[:, 0].sum())


def _draw_fork(canvas: Canvas, grasp: Grasp, colour: Colour, thickness: int) -> NDArray[np.int32]:
    """Draw fingers with dots as tips, palm and stem; return the pixel of the stem's end."""
    points = gripper_line(grasp, canvas.jaw)
    points[:, 2] = np.maximum(points[:, 2], _NEAREST)
    pixels = canvas.pixels(points)
    for wide, ink in ((2 * thickness + 3, _SHADOW), (2 * thickness, colour)):
        cv2.polylines(canvas.picture, [pixels], False, ink, wide, cv2.LINE_AA)
        for tip in (pixels[0], pixels[-1]):
            cv2.circle(canvas.picture, tip.tolist(), wide, ink, cv2.FILLED, cv2.LINE_AA)
    return pixels[_STEM_END : _STEM_END + 1]


def gripper_line(grasp: Grasp, jaw: JawGripper = USUAL_JAW) -> NDArray[np.float64]:
    """Return the (n, 3) corners of a polyline of the gripper, metres in the frame of the pose.

    For a jaw it is a fork: from the tip of the finger at -x to the palm, to the end of the stem
    and back, and to the tip of the finger at +x. For a cup it is the approach line, which ends at
    the contact, followed by the rim.

    Args:
        grasp: Grasp to draw.
        jaw: Finger dimensions; a grasp holds only the opening.
    """
    if grasp.gripper is GripperKind.SUCTION:
        around = circle(_CORNERS)[[*range(_CORNERS), 0]] * grasp.cup_radius
        rim = np.column_stack([around, np.zeros(len(around))])
        return transform_points(grasp.T_camera_grasp, np.vstack([[0, 0, -_ARROW], [0, 0, 0], rim]))
    half, back = grasp.width / 2, -jaw.finger_length
    left, right = ([[side, 0, 0], [side, 0, back]] for side in (-half, half))
    stem = [[0, 0, back], [0, 0, back - _STEM], [0, 0, back]]
    return transform_points(grasp.T_camera_grasp, np.array([*left, *stem, *right[::-1]]))


def finger_tip(grasp: Grasp, side: int, jaw: JawGripper = USUAL_JAW) -> NDArray[np.float64]:
    """Return the (4, 3) corners of a fingertip in the optical frame, in metres.

    Args:
        grasp: Grasp of a jaw.
        side: -1 for the finger at -x, 1 for the finger at +x.
        jaw: Finger dimensions.
    """
    inner, outer = grasp.width / 2, grasp.width / 2 + jaw.finger_thickness
    across = jaw.finger_width / 2
    x = side * np.array([inner, outer, outer, inner])
    y = np.array([-across, -across, across, across])
    return transform_points(grasp.T_camera_grasp, np.column_stack([x, y, np.zeros(4)]))
