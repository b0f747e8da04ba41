"""Picture of crops with their grasps and labels."""

from __future__ import annotations

import cv2
from dexnet_core.datasets.crops.crop_set import CropSet
from dexnet_core.datasets.crops.releases import Release
from dexnet_core.io.drawing.overlay import Picture
from dexnet_core.io.drawing.tiles import INK, tiled
from dexnet_core.planning.grasp import GripperKind
import numpy as np
from numpy.typing import NDArray

_TILE = 192
_FRAME = 5
_CAPTION = 20
_COLUMNS = 8
_LEGEND = 52
_CUT_SIDE = 96
"""Side of a crop in pixels of the original image, before resizing."""
_CUP_MM, _MM_PER_PIXEL = 7.5, 4.0
_GOOD, _BAD = (60, 200, 60), (60, 60, 230)
_AXIS, _INK = (0, 220, 255), (235, 235, 235)
_SHORTEST = 6
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_sheet(crops: CropSet, rows: NDArray[np.integer]) -> Picture:
    """Draw crops in eight columns.

    Args:
        crops: The data set.
        rows: (n,) crops to draw; at least one.

    Returns:
        (H, W, 3) uint8 BGR with a legend below.

    Raises:
        ValueError: The set has no poses.
    """
    poses = crops.require_poses('drawing of grasps requires it')
    parts = (crops.images.read(rows), poses.read(rows), crops.metric.read(rows))
    tiles = [_tile(crops.release, *part) for part in zip(*parts, strict=True)]
    sheet = tiled(tiles, _COLUMNS)
    return np.vstack([sheet, _legend(crops, sheet.shape[1])])


def _tile(
    release: Release, image: NDArray[np.float32], pose: NDArray[np.float32], metric: np.float32
) -> Picture:
    """Draw one crop with a coloured border, and below it metric, depth and approach angle."""
    grey = cv2.resize(_grey(image), (_TILE, _TILE), interpolation=cv2.INTER_NEAREST)
    picture: Picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR).astype(np.uint8, copy=False)
    if release.gripper is GripperKind.SUCTION:
        _draw_suction(picture, float(pose[release.pose_columns[1]]))
    else:
        _draw_jaw(picture, float(pose[release.width_column]))
    good = metric > release.threshold
    colour = _GOOD if good else _BAD
    framed = cv2.copyMakeBorder(
        picture, _FRAME, _FRAME, _FRAME, _FRAME, cv2.BORDER_CONSTANT, value=colour
    )
    depth, *angle = (float(pose[column]) for column in release.pose_columns)
    text = f'{metric:.4f}  {depth:.3f} m' + ''.join(f'  {np.degrees(a):.0f} deg' for a in angle)
    tile: Picture = np.vstack([framed, _strip(framed.shape[1], _CAPTION, [text])])
    return tile


def _grey(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a crop as grey levels: near is bright, missing pixels are black."""
    seen = image > 0
    if not seen.any():
        return np.zeros(image.shape, np.uint8)
    low, high = np.percentile(image[seen], (1, 99))
    near = np.clip((high - image) / max(high - low, 1e-3), 0, 1)
    return np.where(seen, 40 + 200 * near, 0).astype(np.uint8)


def _draw_suction(picture: Picture, approach: float) -> None:
    """Draw the cup and the projection of the approach on the middle column."""
    middle, reach = _TILE // 2, round(_TILE / 3 * np.sin(approach))
    radius = round(_CUP_MM / _MM_PER_PIXEL * _TILE / 32)
    cv2.circle(picture, (middle, middle), radius, _AXIS, 1, cv2.LINE_AA)
    cv2.circle(picture, (middle, middle), 2, _AXIS, cv2.FILLED, cv2.LINE_AA)
    if abs(reach) > _SHORTEST:
        start = (middle, middle - reach)
        cv2.arrowedLine(picture, start, (middle, middle), _AXIS, 2, cv2.LINE_AA, tipLength=0.2)


def _draw_jaw(picture: Picture, width: float) -> None:
    """Draw the closing axis along the middle row; the fingers are `width` image pixels apart."""
    middle, half = _TILE // 2, round(width / 2 * _TILE / _CUT_SIDE)
    cv2.line(picture, (middle - half, middle), (middle + half, middle), _AXIS, 1, cv2.LINE_AA)
    cv2.circle(picture, (middle, middle), 2, _AXIS, cv2.FILLED, cv2.LINE_AA)
    for x in (middle - half, middle + half):
        cv2.line(picture, (x, middle - 14), (x, middle + 14), _AXIS, 3, cv2.LINE_AA)


def _legend(crops: CropSet, width: int) -> Picture:
    release = crops.release
    axis = (
        'yellow: cup and approach direction'
        if release.gripper is GripperKind.SUCTION
        else 'yellow: closing axis and the open fingers'
    )
    return _strip(
        width,
        _LEGEND,
        [
            f'{release.name}: {release.metric_field}; green frame: > {release.threshold} (good), '
            'red frame: not',
            f'near is bright; below a crop: metric, depth of the gripper, approach angle; {axis}',
        ],
    )


def _strip(width: int, height: int, lines: list[str]) -> Picture:
    strip = np.full((height, width, 3), INK, np.uint8)
    for k, line in enumerate(lines):
        cv2.putText(strip, line, (8, 15 + 22 * k), _FONT, 0.45, _INK, 1, cv2.LINE_AA)
    return strip
