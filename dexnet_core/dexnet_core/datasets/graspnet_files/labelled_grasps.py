"""The labelled grasps of a view, in the format of a planner's result."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.datasets.graspnet_files.set_contents import ObjectLabels
from dexnet_core.datasets.graspnet_files.set_layout import Layout
from dexnet_core.datasets.graspnet_files.set_reader import read_collisions, read_labels, read_view
from dexnet_core.geometry.transform import transform_points
from dexnet_core.planning.graspnet.approach_directions import grasp_rotations, grasp_views
from dexnet_core.planning.graspnet.grasp_set import concatenated, GraspSet
from dexnet_core.planning.graspnet.stages import ANGLES
import numpy as np
from numpy.typing import NDArray

_TOP = 1.1
"""Score = _TOP - friction coefficient, as in the API of GraspNet-1Billion."""

_MOST_FRICTION = 0.4 + 1e-6  # as stored, in float32


class ViewGrasps(NamedTuple):
    """Grasps on the objects of a view.

    Attributes:
        grasps: Grasps in the optical frame; the score is 1.1 minus the friction coefficient.
        object_ids: (n,) id of the grasped object.
    """

    grasps: GraspSet
    object_ids: NDArray[np.int64]


def view_grasps(layout: Layout, scene: int, view: int) -> ViewGrasps:
    """Return all collision-free labelled grasps of a view that hold at a friction of 0.4.

    Args:
        layout: Layout of the set.
        scene: Number of the scene.
        view: Number of the view.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: A file is of another kind, or the files are inconsistent.
    """
    poses = read_view(layout, scene, view)
    T_camera_object = dict(zip(poses.object_ids.tolist(), poses.T_camera_object, strict=True))
    collisions = read_collisions(layout, scene)
    sets = []
    for number, hit in zip(collisions.object_ids, collisions.collision, strict=True):
        if number not in T_camera_object:
            raise ValueError(f'{layout.meta(scene, view)} has no pose of object {number}')
        labels = read_labels(layout, number)
        if hit.shape != labels.scores.shape:
            raise ValueError(
                f'{layout.collisions(scene)} has {len(hit)} points of object {number}, '
                f'its labels have {len(labels.points)}'
            )
        good = (labels.scores > 0) & (labels.scores <= _MOST_FRICTION) & ~labels.collision & ~hit
        sets.append(_moved(_chosen(labels, good), T_camera_object[number]))
    ids = np.repeat(np.array(collisions.object_ids, np.int64), [len(grasps) for grasps in sets])
    return ViewGrasps(concatenated(sets), ids)


def _chosen(labels: ObjectLabels, which: NDArray[np.bool_]) -> GraspSet:
    """Return the grasps of a mask, in the object's frame."""
    point, view, turn, depth = np.nonzero(which)
    _, depths, widths = labels.offsets[point, view, turn, depth].T
    return GraspSet(
        scores=_TOP - labels.scores[point, view, turn, depth],
        widths=widths,
        depths=depths,
        rotations=grasp_rotations(-grasp_views()[view], turn * (np.pi / ANGLES)),
        points=labels.points[point],
    )


def _moved(grasps: GraspSet, T: NDArray[np.float64]) -> GraspSet:
    return GraspSet(
        grasps.scores,
        grasps.widths,
        grasps.depths,
        T[:3, :3] @ grasps.rotations,
        transform_points(T, grasps.points),
    )
