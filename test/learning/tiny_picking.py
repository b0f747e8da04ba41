"""Boxes on a table, and grasps on them straight from above."""

from dexnet_core.geometry.transform import pose_matrix
from dexnet_core.simulation.objects.grasp_object import grasp_object
from dexnet_core.simulation.scenes.scene import Scene, SceneObject
import numpy as np
import trimesh


def box(size, x=0.0) -> SceneObject:
    """A box that stands on the table, x metres beside the origin."""
    thing = grasp_object(f'box{x}', [trimesh.creation.box(size)])
    return SceneObject(thing, pose_matrix([x, 0, size[2] / 2], np.eye(3)))


def from_above(x=0.0, y=0.0, height=0.0, turn=0.0, tilt=0.0) -> np.ndarray:
    """The (4, 4) pose of a grasp that closes along x, turned about the vertical, then tilted."""
    about_z = trimesh.transformations.rotation_matrix(turn, [0, 0, 1])
    about_y = trimesh.transformations.rotation_matrix(tilt, [0, 1, 0])
    pose = about_z @ about_y @ np.diag([1.0, -1.0, -1.0, 1.0])
    pose[:3, 3] = x, y, height
    return pose


def scene_of(*items: SceneObject) -> Scene:
    return Scene(items)
