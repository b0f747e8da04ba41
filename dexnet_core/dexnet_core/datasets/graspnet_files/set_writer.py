"""Writer of the files of a set; each file is written atomically."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from dexnet_core.datasets.graspnet_files.set_contents import (
    ObjectLabels,
    SceneCollisions,
    SceneView,
)
from dexnet_core.datasets.graspnet_files.set_layout import (
    index_path,
    LABEL_FIELDS,
    Layout,
    SetIndex,
)
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.transform import invert, quaternion_of
from dexnet_core.io.configuration import config_to_json
from dexnet_core.io.files.atomic import atomic_path, write_array, write_arrays, write_text
from dexnet_core.io.files.image_files import write_picture
from dexnet_core.io.files.ply import write_mesh
import numpy as np
from numpy.typing import NDArray
from scipy.io import savemat

_GREY = 150
_DEEPEST = np.iinfo(np.uint16).max


def write_index(root: Path, index: SetIndex) -> None:
    """Write the index of a generated set."""
    write_text(index_path(root), config_to_json(index))


def write_model(
    layout: Layout, number: int, corners: NDArray[np.floating], faces: NDArray[np.integer]
) -> None:
    """Write the mesh of an object: vertices (n, 3) in metres and triangle indices (m, 3)."""
    write_mesh(layout.model(number), corners, np.full((len(corners), 3), _GREY, np.uint8), faces)


def write_labels(layout: Layout, number: int, labels: ObjectLabels) -> None:
    """Write the grasp labels of an object."""
    arrays = {name: getattr(labels, name) for name in LABEL_FIELDS}
    write_arrays(layout.grasp_labels(number), **arrays)


def write_tolerance(layout: Layout, number: int, tolerance: NDArray[np.float32]) -> None:
    """Write the tolerances (P, 300, 12, 4) of the grasps of an object in metres."""
    write_array(layout.tolerance(number), tolerance)


def write_collisions(layout: Layout, scene: int, collisions: SceneCollisions) -> None:
    """Write the object list and the collision labels of a scene."""
    lines = ''.join(f'{number}\n' for number in collisions.object_ids)
    write_text(layout.object_list(scene), lines)
    arrays = {f'arr_{k}': array for k, array in enumerate(collisions.collision)}
    write_arrays(layout.collisions(scene), **arrays)


def write_cameras(
    layout: Layout, scene: int, camera: CameraIntrinsics, T_table_camera: NDArray[np.floating]
) -> None:
    """Write the camera intrinsics and the view poses (views, 4, 4) of a scene."""
    write_array(layout.intrinsics(scene), _matrix(camera))
    write_array(layout.table_pose(scene), T_table_camera[0])
    write_array(layout.camera_poses(scene), invert(T_table_camera[0]) @ T_table_camera)


def write_view(layout: Layout, scene: int, number: int, view: SceneView) -> None:
    """Write depth, instances, poses and annotations of a view.

    Raises:
        ValueError: The depth times `factor_depth` does not fit into 16 bits.
        OSError: An image cannot be written.
    """
    units = np.round(view.depth * view.factor_depth)
    if not (np.isfinite(units).all() and units.min() >= 0 and units.max() <= _DEEPEST):
        raise ValueError(
            f'depth of scene {scene} is from {view.depth.min():.4g} to {view.depth.max():.4g} m, '
            f'expected 0 to {_DEEPEST / view.factor_depth:.4g} m'
        )
    write_picture(layout.depth(scene, number), units.astype(np.uint16))
    write_picture(layout.instances(scene, number), view.instances)
    values = {
        'cls_indexes': view.object_ids[None] + 1,
        'poses': np.moveaxis(view.T_camera_object[:, :3], 0, 2),
        'intrinsic_matrix': _matrix(view.camera),
        'factor_depth': np.array([[view.factor_depth]]),
    }
    with atomic_path(layout.meta(scene, number)) as scratch:
        savemat(scratch, values)
    write_text(layout.annotations(scene, number), _annotations(view))


def _matrix(camera: CameraIntrinsics) -> NDArray[np.float64]:
    return np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1.0]])


def _annotations(view: SceneView) -> str:
    """Return the poses in the published XML format; its world frame is the camera frame."""
    root = ElementTree.Element('scene')
    for number, pose in zip(view.object_ids, view.T_camera_object, strict=True):
        x, y, z, w = quaternion_of(pose[:3, :3])
        values = {
            'obj_id': str(number),
            'obj_name': f'{number:03d}',
            'obj_path': f'models/{number:03d}/nontextured.ply',
            'pos_in_world': ' '.join(f'{value:.6f}' for value in pose[:3, 3]),
            'ori_in_world': ' '.join(f'{value:.6f}' for value in (w, x, y, z)),
        }
        entry = ElementTree.SubElement(root, 'obj')
        for name, value in values.items():
            ElementTree.SubElement(entry, name).text = value
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding='unicode') + '\n'
