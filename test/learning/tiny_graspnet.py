"""A set in the layout of GraspNet-1Billion: blocks on a table, seen from above."""

from dexnet_core.datasets.graspnet_files.set_contents import (
    ObjectLabels,
    SceneCollisions,
    SceneView,
)
from dexnet_core.datasets.graspnet_files.set_layout import DEPTHS, GRASPS, Layout, SetIndex
from dexnet_core.datasets.graspnet_files.set_writer import (
    write_collisions,
    write_index,
    write_labels,
    write_tolerance,
    write_view,
)
from dexnet_core.datasets.graspnet_files.tolerance import tolerances
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.graspnet.approach_directions import grasp_rotations, grasp_views
from dexnet_core.planning.graspnet.stages import ANGLES, Cylinders, GraspNetDesign, Level
import numpy as np

CAMERA = CameraIntrinsics(160, 120, 220.0, 220.0, 79.5, 59.5)
TABLE, HEIGHT, LENGTH, WIDTH = 0.5, 0.04, 0.08, 0.04
TINY = GraspNetDesign(
    levels=(
        Level(64, 0.03, 8, (8, 8, 16)),
        Level(32, 0.05, 8, (16, 16, 16)),
        Level(16, 0.1, 4, (16, 16, 16)),
        Level(8, 0.2, 4, (16, 16, 16)),
    ),
    propagated=(16, 16),
    cylinders=Cylinders(samples=8, channels=(8, 16, 16)),
    head=16,
    points=400,
)
SMALL = GraspNetDesign(
    levels=(
        Level(90, 0.1, 8, (4, 5, 6)),
        Level(70, 0.2, 8, (5, 6, 7)),
        Level(10, 0.4, 4, (5, 6, 7)),
        Level(5, 0.6, 4, (5, 6, 8)),
    ),
    propagated=(9, 10),
    cylinders=Cylinders(samples=6, channels=(6, 7, 11)),
    head=12,
)
"""Whose widths change from layer to layer."""


def write_tiny_set(root, scenes=(2, 1), views=2):
    """Write scenes 0, ... for training and the following ones for validation; object 3 in all."""
    layout = Layout(root, 'simulated')
    count = sum(scenes)
    index = {'train': tuple(range(scenes[0])), 'val': tuple(range(scenes[0], count))}
    write_index(root, SetIndex('simulated', index))
    labels = block_labels()
    write_labels(layout, 3, labels)
    write_tolerance(layout, 3, tolerances(labels.points, labels.scores))
    for scene in range(count):
        hits = np.zeros(labels.scores.shape, bool)
        hits[: scene % 2] = True  # in odd scenes the first point is out of reach
        write_collisions(layout, scene, SceneCollisions((3,), (hits,)))
        for view in range(views):
            write_view(layout, scene, view, block_view(0.3 * scene + 0.7 * view))
    return layout


def block_labels():
    """Return labels of a block: grasps from above that close across it, the steeper the better."""
    x, y = np.meshgrid(np.linspace(-0.03, 0.03, 5), np.linspace(-0.01, 0.01, 3))
    points = np.stack([x, y, np.full_like(x, HEIGHT / 2)], axis=-1).reshape(-1, 3)
    views = grasp_views().astype(float)
    turns = np.pi / ANGLES * np.arange(ANGLES)
    approaches = np.repeat(-views[:, None], ANGLES, axis=1)
    closing = grasp_rotations(approaches, np.tile(turns, (300, 1)))[..., 1]
    across = np.abs(closing[..., 1])  # (300, 12)
    best = across >= across.max(axis=1, keepdims=True) - 1e-9
    steep = views[:, 2]
    friction = np.where(steep > 0.9, 0.1, np.where(steep > 0.7, 0.5, -1.0))
    scores = np.where(best, friction[:, None], -1.0)
    shape = (len(points), *GRASPS)
    offsets = np.zeros((*shape, 3), np.float32)
    offsets[..., 0] = turns[:, None]
    offsets[..., 1] = 0.01 * np.arange(1, DEPTHS + 1)
    offsets[..., 2] = WIDTH + 0.01
    return ObjectLabels(
        points.astype(np.float32),
        offsets,
        np.zeros(shape, bool),
        np.broadcast_to(scores[None, ..., None], shape).astype(np.float32),
    )


def block_view(yaw):
    """Return what a camera that looks straight down sees of a block that is turned."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    T = np.eye(4)
    # The z axis of the block points up, to the camera.
    T[:3, :3] = [[cos, sin, 0], [sin, -cos, 0], [0, 0, -1]]
    T[2, 3] = TABLE - HEIGHT / 2
    top = TABLE - HEIGHT
    v, u = np.mgrid[: CAMERA.height, : CAMERA.width]
    at_top = np.stack([(u - CAMERA.cx) / CAMERA.fx, (v - CAMERA.cy) / CAMERA.fy], axis=-1) * top
    local = at_top @ T[:2, :2]
    on = (np.abs(local[..., 0]) < LENGTH / 2) & (np.abs(local[..., 1]) < WIDTH / 2)
    depth = np.where(on, top, TABLE).astype(np.float32)
    instances = np.where(on, 4, 0).astype(np.uint8)
    return SceneView(depth, instances, CAMERA, 10000.0, np.array([3]), T[None])
