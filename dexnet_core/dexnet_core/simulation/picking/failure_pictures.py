"""Pictures of failed grasps: depth image of the planner, grasp and outcome."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
from dexnet_core.geometry.camera import project
from dexnet_core.io.drawing.marks import Canvas, draw_grasp
from dexnet_core.io.drawing.overlay import Picture, shaded_depth
from dexnet_core.io.drawing.tiles import INK, tiled
from dexnet_core.io.files.image_files import write_picture
from dexnet_core.simulation.picking.round_records import AttemptRecord
import numpy as np
from numpy.typing import NDArray

_AROUND = 0.11
"""Half the side of the shown area around the grasp in metres."""
_TILE = 300
_STRIP = 40
_WHITE = (255, 255, 255)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_COLUMNS = 5
_MOST = 30


class FailurePictures:
    """Writes a picture of each failed grasp of one planner."""

    def __init__(self, folder: Path, planner: str) -> None:
        self._folder, self._planner = folder, planner

    def __call__(self, record: AttemptRecord) -> None:
        """Write a picture if the attempt failed."""
        if record.planner != self._planner or record.outcome.success:
            return
        name = f'{record.kind}_{record.number:04d}_{record.attempt:02d}.png'
        write_picture(self._folder / name, _tile(record))


def write_failure_sheet(path: Path, folder: Path) -> int:
    """Write up to 30 pictures of a folder as one sheet; return the number of pictures.

    No file is written if the folder has no pictures.
    """
    files = sorted(folder.glob('*.png'))
    shown = files[:: max(1, -(-len(files) // _MOST))]
    if tiles := [_read(file) for file in shown]:
        write_picture(path, tiled(tiles, _COLUMNS))
    return len(files)


def _read(path: Path) -> Picture:
    picture = cv2.imread(str(path))
    if picture is None:
        raise ValueError(f'{path} cannot be read as an image: delete it, or run the picks again')
    return picture.astype(np.uint8, copy=False)


def _tile(record: AttemptRecord) -> Picture:
    grasp = record.plan.grasps[0]
    camera = record.camera
    middle = grasp.contacts.mean(axis=0)
    reach = max(8, round(_AROUND * camera.fx / max(float(middle[2]), 0.1)))
    u, v = np.round(project(middle[None], camera)[0]).astype(int)
    part = _square(record.depth, u, v, reach)
    shown = replace(camera, cx=camera.cx - u + reach, cy=camera.cy - v + reach)
    shown = replace(shown, width=2 * reach, height=2 * reach)
    shaded = cv2.resize(shaded_depth(part, shown), (_TILE, _TILE))
    picture = shaded.astype(np.uint8, copy=False)
    draw_grasp(Canvas(picture, shown, _TILE / (2 * reach)), grasp, _WHITE)
    strip = np.full((_STRIP, _TILE, 3), INK, np.uint8)
    title = f'{record.kind} {record.number}, attempt {record.attempt}'
    lines = (f'{title}: score {grasp.score:.2f}', record.outcome.reason.value)
    for row, line in enumerate(lines):
        cv2.putText(strip, line, (6, 16 + 17 * row), _FONT, 0.45, _WHITE, 1, cv2.LINE_AA)
    framed = cv2.copyMakeBorder(np.vstack([picture, strip]), 2, 2, 2, 2, cv2.BORDER_CONSTANT)
    return framed.astype(np.uint8, copy=False)


def _square(depth: NDArray[np.float32], u: int, v: int, reach: int) -> NDArray[np.float32]:
    """Return the (2 reach, 2 reach) crop around a pixel; 0 outside the image."""
    padded = np.pad(depth, reach)
    v, u = np.clip([v, u], 0, np.array(depth.shape) - 1)
    return padded[v : v + 2 * reach, u : u + 2 * reach]
