"""A box and a lying rod on a table, as a set that grasps can be evaluated on."""

from dexnet_core.datasets.graspnet_files.set_contents import SceneView
from dexnet_core.datasets.graspnet_files.set_layout import Layout, SetIndex
from dexnet_core.datasets.graspnet_files.set_writer import (
    write_cameras,
    write_index,
    write_model,
    write_view,
)
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.transform import invert, pose_matrix
from dexnet_core.simulation.objects.grasp_object import GraspObject
from dexnet_core.simulation.scenes.rendered_view import look_along, render
from dexnet_core.simulation.scenes.scene import Scene, SceneObject
import numpy as np
import trimesh

CAMERA = CameraIntrinsics(160, 120, 150.0, 150.0, 79.5, 59.5)
BOX = trimesh.creation.box((0.04, 0.2, 0.06))
ROD = trimesh.creation.cylinder(0.02, 0.15, sections=64)
LYING = pose_matrix(np.array([0.12, 0, 0.02]), np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]))
STANDING = pose_matrix(np.array([0, 0, 0.03]), np.eye(3))


def scene_of(*things):
    objects = (SceneObject(GraspObject(f'{k}', mesh, ()), T) for k, (mesh, T) in enumerate(things))
    return Scene(tuple(objects))


def seen(scene, position=(0.05, -0.1, 0.5)):
    """A view of a scene, and the pose of its camera on the table."""
    axis = np.array([0.05, 0, 0]) - np.array(position)
    rendered = render(scene, CAMERA, look_along(np.array(position), axis))
    T = rendered.T_world_camera
    poses = np.stack([invert(T) @ item.T_world_object for item in scene.objects])
    instances = (rendered.owner + 1).astype(np.uint8)
    view = SceneView(rendered.depth, instances, CAMERA, 10000.0, np.arange(len(poses)), poses)
    return view, T


def write_tiny_benchmark(root):
    """Write a set of two scenes to train on and one to evaluate on, two views each."""
    layout = Layout(root, 'own')
    write_index(root, SetIndex('own', {'train': (0, 1), 'val': (2,)}))
    scene = scene_of((BOX, STANDING), (ROD, LYING))
    for number, mesh in enumerate((BOX, ROD)):
        write_model(layout, number, mesh.vertices, mesh.faces)
    shots = [seen(scene), seen(scene, (0.1, 0.1, 0.6))]
    for number in range(3):
        write_cameras(layout, number, CAMERA, np.stack([T for _, T in shots]))
        for k, (view, _) in enumerate(shots):
            write_view(layout, number, k, view)
    return layout
