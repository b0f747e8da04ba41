"""Picture of a plan: shaded depth image, heat map, grippers and a legend."""

from __future__ import annotations

import cv2
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.io.drawing.marks import Canvas, draw_grasp, is_tilted, USUAL_JAW
from dexnet_core.io.drawing.refused import Counted, counted, draw_mark, draw_refused, mark_of
from dexnet_core.planning.grasp import GraspPlan, GripperKind, no_places
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

_WIDTH = 1280
_BEST = (255, 255, 255)
_OTHER = (200, 195, 90)
_LAST = (130, 125, 60)
_UNSEEN = (40, 24, 24)
_INK = (28, 28, 28)
_LABELLED = 5
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_MARGIN = 44
_LABEL = (70, 20)
"""Width and height of a label in pixels."""
_REFUSED_FROM, _INDENT, _LINE = 128, 14, 24
"""Pixels: left edge of the reasons, offset from a mark to its text, and row height."""
_FORKS = 'dots: fingertips; boxes: fingers from behind; stem: where the gripper comes from'


def draw_plan(
    depth: NDArray[np.float32], camera: CameraIntrinsics, plan: GraspPlan, refused: bool = False
) -> Picture:
    """Draw shaded depth, heat map and grippers.

    Args:
        depth: (H, W) metres; 0 = no measurement (drawn dark).
        camera: Intrinsics of the image.
        plan: Plan on the image.
        refused: Whether to mark the refused candidates that the plan stores.

    Returns:
        (H', 1280, 3) uint8 BGR, with a legend below.
    """
    factor = min(_WIDTH / camera.width, _WIDTH / camera.height)
    size = (max(1, round(camera.width * factor)), max(1, round(camera.height * factor)))
    shaded = cv2.resize(shaded_depth(depth, camera), size, interpolation=cv2.INTER_LINEAR)
    picture = with_heat(shaded.astype(np.uint8, copy=False), plan.heatmap)
    canvas = Canvas(picture, camera, factor, plan.jaw or USUAL_JAW)
    places = plan.refused_places if refused else no_places()
    draw_refused(canvas, places)
    _draw_grasps(canvas, plan)
    beside = ((0, 0), (0, _WIDTH - picture.shape[1]), (0, 0))
    reasons = _refused_legend(counted(places, plan.refused))
    return np.vstack([np.pad(picture, beside), _legend(plan), reasons])


def shaded_depth(depth: NDArray[np.float32], camera: CameraIntrinsics) -> Picture:
    """Return a relief shading (H, W, 3) uint8 BGR of a depth image, lit from the upper left."""
    seen = depth > 0
    filled = np.where(seen, depth, cv2.medianBlur(np.ascontiguousarray(depth), 5))
    smooth = cv2.bilateralFilter(filled, 5, 0.01, 2)
    metres = np.maximum(smooth, 0.05) / camera.fx
    slope = (cv2.Sobel(smooth, -1, 1, 0) + cv2.Sobel(smooth, -1, 0, 1)) / 8 / metres
    low, high = np.percentile(depth[seen], (1, 99)) if seen.any() else (0.0, 1.0)
    near = np.clip((high - depth) / max(high - low, 1e-3), 0, 1)
    grey = np.clip(70 + 90 * near - 45 * np.tanh(slope), 0, 255).astype(np.uint8)
    picture: Picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    picture[~seen] = _UNSEEN
    return picture


def with_heat(picture: Picture, heatmap: NDArray[np.float32]) -> Picture:
    """Return a picture (H', W', 3) BGR with a heat map blended in; unchanged without a heat map.

    Args:
        picture: (H', W', 3) BGR picture of the depth image, at any scale.
        heatmap: (H, W) predicted quality; higher values are more opaque. NaN = no prediction.
            May be empty.
    """
    if not heatmap.size:
        return picture
    size = picture.shape[1::-1]
    heat = cv2.resize(np.nan_to_num(heatmap), size, interpolation=cv2.INTER_LINEAR)
    level = np.clip(heat / _heat_top(heatmap), 0, 1)
    colour = cv2.applyColorMap((255 * level).astype(np.uint8), cv2.COLORMAP_INFERNO)
    alpha = (0.75 * np.clip(level * 1.5, 0, 1))[..., None]
    mixed: Picture = (picture * (1 - alpha) + colour * alpha).astype(np.uint8)
    return mixed


def _heat_top(heatmap: NDArray[np.float32]) -> float:
    """Return the quality that has the brightest colour."""
    finite = heatmap[np.isfinite(heatmap)]
    return max(float(finite.max()), 0.1) if len(finite) else 1.0


def _draw_grasps(canvas: Canvas, plan: GraspPlan) -> None:
    """Draw grasps in reverse order, so that the best is on top, and then the labels."""
    labels = []
    for rank, grasp in reversed(list(enumerate(plan.grasps, start=1))):
        colour = (_BEST if rank == 1 else _OTHER) if rank <= _LABELLED else _LAST
        u, v = draw_grasp(canvas, grasp, colour, 2 if rank <= _LABELLED else 1)
        if rank <= _LABELLED:
            labels.append((f'{rank}: {grasp.score:.2f}', (u + 5, v + 5), colour))
    written: list[tuple[int, int]] = []
    for text, (u, v), colour in reversed(labels):
        while any(abs(u - x) < _LABEL[0] and abs(v - y) < _LABEL[1] for x, y in written):
            v += _LABEL[1]
        written.append((u, v))
        _write(canvas.picture, text, (u, v), colour)


def _legend(plan: GraspPlan) -> Picture:
    forks = any(g.gripper is GripperKind.PARALLEL_JAW and is_tilted(g) for g in plan.grasps)
    height = _MARGIN + (_LABEL[1] if forks else 0)
    strip = np.full((height, _WIDTH, 3), _INK, np.uint8)
    has_heat = bool(np.isfinite(plan.heatmap).any())
    if has_heat:
        ramp = np.tile(np.linspace(0, 255, 160).astype(np.uint8), (14, 1))
        strip[15:29, 60:220] = cv2.applyColorMap(ramp, cv2.COLORMAP_INFERNO)
        _write(strip, '0', (40, 28), _BEST)
        _write(strip, f'{_heat_top(plan.heatmap):.2f} quality', (228, 28), _BEST)
    text = f'{len(plan.grasps)} grasps, {plan.times.total_ms:.0f} ms, {plan.model}'
    _write(strip, plan.message or text, (400 if has_heat else 40, 28), _BEST)
    if forks:
        _write(strip, _FORKS, (40, _MARGIN + 5), _OTHER)
    return strip


def _refused_legend(reasons: list[Counted]) -> Picture:
    """Return a strip with the marks and their reasons; its height is 0 without reasons."""
    places, x, row = [], _REFUSED_FROM, 0
    for one in reasons:
        width = _INDENT + cv2.getTextSize(one.text, _FONT, 0.55, 1)[0][0] + 2 * _INDENT
        if x + width > _WIDTH:
            x, row = _REFUSED_FROM, row + 1
        places.append((x, 18 + row * _LINE))
        x += width
    strip = np.full(((row + 1) * _LINE + 6 if reasons else 0, _WIDTH, 3), _INK, np.uint8)
    for one, (x, y) in zip(reasons, places, strict=True):
        draw_mark(strip, mark_of(one.reason), (x, y - 5))
        _write(strip, one.text, (x + _INDENT, y), _BEST)
    if reasons:
        _write(strip, 'refused', (40, 18), _OTHER)
    return strip


def _write(picture: Picture, text: str, place: tuple[int, int], colour: tuple[int, ...]) -> None:
    (width, height), below = cv2.getTextSize(text, _FONT, 0.55, 1)
    x, y = place
    cv2.rectangle(picture, (x - 2, y - height - 2), (x + width + 2, y + below), _INK, cv2.FILLED)
    cv2.putText(picture, text, place, _FONT, 0.55, colour, 1, cv2.LINE_AA)
