"""Picture of views of a set with their best labelled grasps."""

from __future__ import annotations

import cv2
from dexnet_core.datasets.graspnet_files.labelled_grasps import view_grasps
from dexnet_core.datasets.graspnet_files.set_contents import SceneView
from dexnet_core.datasets.graspnet_files.set_layout import Layout
from dexnet_core.datasets.graspnet_files.set_reader import read_view
from dexnet_core.geometry.camera import project
from dexnet_core.geometry.transform import transform_points
from dexnet_core.io.drawing.marks import Canvas, Colour
from dexnet_core.io.drawing.overlay import shaded_depth
from dexnet_core.planning.graspnet.grasp_set import GraspSet
from dexnet_core.planning.graspnet.selection import suppressed
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

_WIDTH = 960
_COLUMNS = 2
_PER_OBJECT = 2
_TRIED = 200
"""Number of random grasps of an object from which the best are drawn."""
_BEHIND, _STEM = 0.02, 0.04
"""Distance from the grasp point back to the palm, and from the palm to the wrist, in metres."""
_HIDDEN = 0.01
"""Maximum distance of a visible grasp point behind the depth image in metres."""
_BEST, _WORST = np.array([80, 220, 60.0]), np.array([60, 60, 230.0])
_BEST_SCORE, _RANGE = 1.0, 0.9
_INK, _FONT = (235, 235, 235), cv2.FONT_HERSHEY_SIMPLEX


def draw_views(layout: Layout, views: list[tuple[int, int]], seed: int) -> Picture:
    """Draw views in two columns, with a few grasps on each visible object.

    A gripper is green if the grasp needs little friction and red if it needs much.

    Args:
        layout: Layout of the set.
        views: At least one view as (scene, view).
        seed: Seed of the selection of grasps.

    Returns:
        (H, W, 3) uint8 BGR.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: A file is of another kind.
    """
    tiles = [_tile(layout, scene, view, seed) for scene, view in views]
    height = max(len(tile) for tile in tiles)
    tiles = [np.pad(tile, ((0, height - len(tile)), (0, 0), (0, 0))) for tile in tiles]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % _COLUMNS)
    lines = [np.hstack(tiles[k : k + _COLUMNS]) for k in range(0, len(tiles), _COLUMNS)]
    return np.vstack(lines)


def _tile(layout: Layout, scene: int, number: int, seed: int) -> Picture:
    view = read_view(layout, scene, number)
    factor = _WIDTH / view.camera.width
    shaded = shaded_depth(view.depth, view.camera)
    picture = cv2.resize(shaded, None, fx=factor, fy=factor).astype(np.uint8, copy=False)
    canvas = Canvas(picture, view.camera, factor)
    found = view_grasps(layout, scene, number)
    seen = _is_seen(found.grasps, view)
    rng = np.random.default_rng(seed)
    drawn = 0
    for thing in np.unique(found.object_ids):
        rows = rng.permutation(np.flatnonzero(seen & (found.object_ids == thing)))[:_TRIED]
        chosen = suppressed(found.grasps.take(rows))
        chosen = chosen.take(slice(_PER_OBJECT))
        drawn += len(chosen)
        for k in range(len(chosen)):
            _draw(canvas, chosen, k)
    text = f'scene {scene} view {number}: {drawn} of {len(seen)} grasps'
    cv2.putText(canvas.picture, text, (10, 25), _FONT, 0.7, _INK, 1, cv2.LINE_AA)
    return canvas.picture


def _is_seen(grasps: GraspSet, view: SceneView) -> NDArray[np.bool_]:
    """Return (n,) True for grasps whose grasp point is visible."""
    u, v = np.round(project(grasps.points, view.camera)).astype(int).T
    inside = (u >= 0) & (v >= 0) & (u < view.camera.width) & (v < view.camera.height)
    depth = view.depth[np.where(inside, v, 0), np.where(inside, u, 0)]
    seen: NDArray[np.bool_] = inside & (grasps.points[:, 2] < depth + _HIDDEN)
    return seen


def _draw(canvas: Canvas, grasps: GraspSet, k: int) -> None:
    """Draw wrist, palm and fingers as lines."""
    half, depth = grasps.widths[k] / 2, grasps.depths[k]
    corners = [[depth, -half], [-_BEHIND, -half], [-_BEHIND, half], [depth, half]]
    stem = [[-_BEHIND, 0], [-_BEHIND - _STEM, 0]]
    colour = _colour(float(grasps.scores[k]))
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = grasps.rotations[k], grasps.points[k]
    for line in (corners, stem):
        points = np.column_stack([np.array(line, float), np.zeros(len(line))])
        pixels = canvas.pixels(transform_points(pose, points))
        for thickness, ink in ((5, (0, 0, 0)), (2, colour)):
            cv2.polylines(canvas.picture, [pixels], False, ink, thickness, cv2.LINE_AA)


def _colour(score: float) -> Colour:
    share = np.clip((_BEST_SCORE - score) / _RANGE, 0, 1)
    blue, green, red = (int(value) for value in _BEST + share * (_WORST - _BEST))
    return blue, green, red
