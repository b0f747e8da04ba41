"""Contact sheet of a replay: frames with their plans, side by side."""

from __future__ import annotations

from contextlib import suppress

import cv2
from dexnet_core.io.bags.replaying import Replayed
from dexnet_core.io.drawing.cloud_picture import draw_seen
from dexnet_core.io.drawing.overlay import Picture
from dexnet_core.io.drawing.tiles import INK, tiled
import numpy as np

_COLUMNS, _TILES = 4, 12
_WIDTH, _EMPTY_HEIGHT, _STRIP = 480, 360, 26
_WHITE, _RED = (235, 235, 235), (80, 80, 240)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


class ContactSheet:
    """Draws up to 12 frames at equal intervals of time; other frames are not drawn."""

    def __init__(self, start_ns: int, duration_s: float) -> None:
        self._start_ns = start_ns
        self._apart_s = duration_s / _TILES
        self._tiles: list[Picture] = []

    def add(self, replayed: Replayed) -> None:
        """Draw the frame if the next interval has begun."""
        seconds = (replayed.frame.record.time_ns - self._start_ns) / 1e9
        if len(self._tiles) < _TILES and seconds >= len(self._tiles) * self._apart_s:
            self._tiles.append(_tile(replayed, seconds))

    def picture(self) -> Picture:
        """Return the sheet, (H, W, 3) uint8 BGR.

        Raises:
            ValueError: No frame was drawn.
        """
        if not self._tiles:
            raise ValueError('no frame was drawn')
        return tiled(self._tiles, min(_COLUMNS, len(self._tiles)))


def _tile(replayed: Replayed, seconds: float) -> Picture:
    """Draw one frame with its number, time and result below."""
    plan, picture = replayed.plan, _blank(_EMPTY_HEIGHT)
    if replayed.observation is not None:
        with suppress(ValueError):  # raised for clouds that planners refuse
            picture = draw_seen(replayed.observation, plan)
    size = (_WIDTH, max(1, round(picture.shape[0] * _WIDTH / picture.shape[1])))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    result = f'{len(plan.grasps)} grasps' if plan.grasps else f'{plan.status.name}: {plan.message}'
    strip = _blank(_STRIP)
    text = f'frame {replayed.frame.number}, {seconds:.2f} s: {result}'
    colour = _WHITE if plan.grasps else _RED
    cv2.putText(strip, text, (6, 17), _FONT, 0.42, colour, 1, cv2.LINE_AA)
    return np.vstack([small, strip])


def _blank(height: int) -> Picture:
    return np.full((height, _WIDTH, 3), INK, np.uint8)
