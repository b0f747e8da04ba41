"""Marks at the places of refused candidates; shape and colour depend on the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import cv2
from dexnet_core.io.drawing.marks import Canvas
from dexnet_core.planning.grasp import RefusedPlaces
import numpy as np

_DOT = -1
"""A filled circle; the other shapes are markers of OpenCV."""
_SIZE = {_DOT: 7, cv2.MARKER_TILTED_CROSS: 9, cv2.MARKER_SQUARE: 8, cv2.MARKER_TRIANGLE_UP: 10}
"""Width of a shape in pixels."""
_SHADOW = (0, 0, 0)


class Mark(NamedTuple):
    """Colour (RGB) and shape (a marker type of OpenCV, or _DOT) of a reason."""

    colour: tuple[int, int, int]
    shape: int


_MARKS = {
    'near a better one': Mark((120, 215, 120), _DOT),
    'beyond max_grasps': Mark((50, 150, 140), _DOT),
    'not evaluated': Mark((185, 150, 255), _DOT),
    'low score': Mark((255, 225, 60), cv2.MARKER_TRIANGLE_UP),
    'off the object or not measured': Mark((235, 235, 235), cv2.MARKER_SQUARE),
    'not flat': Mark((60, 215, 255), cv2.MARKER_SQUARE),
    'steep': Mark((80, 150, 255), cv2.MARKER_TILTED_CROSS),
    'too wide': Mark((255, 110, 235), cv2.MARKER_TILTED_CROSS),
    'no room': Mark((255, 60, 50), cv2.MARKER_TILTED_CROSS),
    'failed before': Mark((190, 120, 60), cv2.MARKER_TILTED_CROSS),
}
"""Marks by reason, in the order of drawing."""
_OTHER = Mark((255, 150, 0), cv2.MARKER_SQUARE)
"""Mark of every other reason, such as those of user-defined planners."""


class Counted(NamedTuple):
    """A reason, the number of its stored places, and the number of all candidates it refused."""

    reason: str
    places: int
    candidates: int

    @property
    def text(self) -> str:
        """The reason with its number, such as `steep 12`, or `steep 5 of 12` with 5 places."""
        some = '' if self.places == self.candidates else f'{self.places} of '
        return f'{self.reason} {some}{self.candidates}'


def mark_of(reason: str) -> Mark:
    """Return the mark of a reason."""
    return _MARKS.get(reason, _OTHER)


def counted(places: RefusedPlaces, refused: Mapping[str, int]) -> list[Counted]:
    """Return the reasons that have places, in the order of drawing.

    Args:
        places: Places of refused candidates.
        refused: Total number of refused candidates by filter.
    """
    reasons, numbers = np.unique(places.reasons, return_counts=True)
    order = {reason: k for k, reason in enumerate(_MARKS)}
    found = [
        Counted(reason, number, refused.get(reason, number))
        for reason, number in zip(reasons.tolist(), numbers.tolist(), strict=True)
    ]
    return sorted(found, key=lambda one: order.get(one.reason, len(order)))


def draw_refused(canvas: Canvas, places: RefusedPlaces) -> None:
    """Draw a mark at each place that is in front of the camera."""
    for reason, _, _ in counted(places, {}):
        points = places.points[places.reasons == reason]
        for pixel in canvas.pixels(points[points[:, 2] > 0]).tolist():
            draw_mark(canvas.picture, mark_of(reason), pixel)


def draw_mark(picture: np.ndarray, mark: Mark, pixel: tuple[int, int]) -> None:
    """Draw a mark into a BGR picture."""
    size = _SIZE[mark.shape]
    for wide, ink in ((2, _SHADOW), (0, mark.colour[::-1])):
        if mark.shape == _DOT:
            radius = (size + wide) // 2
            cv2.circle(picture, pixel, radius, ink, cv2.FILLED, cv2.LINE_AA)
        else:
            cv2.drawMarker(picture, pixel, ink, mark.shape, size, 2 + wide, cv2.LINE_AA)
