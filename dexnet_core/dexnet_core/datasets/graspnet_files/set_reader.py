"""Reader of the files of a set, with checks of their contents."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from dexnet_core.datasets.graspnet_files.set_contents import (
    ObjectLabels,
    SceneCollisions,
    SceneView,
)
from dexnet_core.datasets.graspnet_files.set_layout import (
    GRASPS,
    index_path,
    LABEL_FIELDS,
    Layout,
    META_FIELDS,
    PUBLISHED_CAMERAS,
    PUBLISHED_SPLITS,
    SetIndex,
)
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.io.configuration import read_stored
from dexnet_core.io.files.atomic import read_array, read_arrays
from dexnet_core.io.files.image_files import read_image
import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat


class ViewFacts(NamedTuple):
    """Contents of the meta file of a view.

    Attributes:
        object_ids: (n,) ids from 0.
        T_camera_object: (n, 4, 4) poses in metres.
        intrinsics: (3, 3) camera matrix, not checked.
        factor_depth: Units of the stored depth per metre.
    """

    object_ids: NDArray[np.int64]
    T_camera_object: NDArray[np.float64]
    intrinsics: NDArray[np.generic]
    factor_depth: float


def read_index(root: Path, camera: str | None = None) -> SetIndex:
    """Return camera and splits of a set, from its index or else as published.

    Args:
        root: Folder of the set.
        camera: Folder name of the views; None: that of the index, or the first published camera
            in the first scene.

    Raises:
        FileNotFoundError: There is no scene.
        ValueError: The index is invalid.
    """
    path = index_path(root)
    if path.exists():
        index = read_stored(SetIndex, path)
        return SetIndex(camera or index.camera, index.splits)
    here = _scenes(root)
    if not here:
        raise FileNotFoundError(f'{root} has neither {path.name} nor scenes/scene_0000')
    splits = {name: tuple(sorted(here & set(all_))) for name, all_ in PUBLISHED_SPLITS.items()}
    first = root / 'scenes' / f'scene_{min(here):04d}'
    known = [name for name in PUBLISHED_CAMERAS if (first / name).is_dir()]
    return SetIndex(camera or (known or PUBLISHED_CAMERAS)[0], splits)


def read_views(layout: Layout, scene: int, most: int | None = None) -> tuple[int, ...]:
    """Return the numbers of the views of a scene that have a depth image, ascending.

    Args:
        layout: Layout of the set.
        scene: Number of the scene.
        most: Maximum number of views, evenly spaced; 0 or None for all.

    Raises:
        FileNotFoundError: There is no depth image.
    """
    folder = layout.depth(scene, 0).parent
    numbers = sorted(int(path.stem) for path in folder.glob('[0-9]*.png'))
    if not numbers:
        raise FileNotFoundError(f'{folder} has no depth images')
    count = min(most or len(numbers), len(numbers))
    return tuple(numbers[k * len(numbers) // count] for k in range(count))


def read_object_list(layout: Layout, scene: int) -> tuple[int, ...]:
    """Return the object ids of a scene, from 0, in the order of its collision labels.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: A line is not a number.
    """
    path = layout.object_list(scene)
    try:
        return tuple(int(line) for line in path.read_text().split())
    except ValueError as error:
        raise ValueError(f'{path} is not a list of object ids: {error}') from error


def read_view(layout: Layout, scene: int, view: int) -> SceneView:
    """Read one view.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: A file is of another kind, or the files are inconsistent.
    """
    depth, instances = (
        read_image(path) for path in (layout.depth(scene, view), layout.instances(scene, view))
    )
    facts = read_view_facts(layout, scene, view)
    try:
        return SceneView(
            depth=depth.astype(np.float32) / np.float32(facts.factor_depth),
            instances=instances.astype(np.uint16),
            camera=_camera(facts.intrinsics, depth.shape),
            factor_depth=facts.factor_depth,
            object_ids=facts.object_ids,
            T_camera_object=facts.T_camera_object,
        )
    except ValueError as error:
        raise ValueError(f'{layout.meta(scene, view)} and its images: {error}') from error


def read_view_facts(layout: Layout, scene: int, view: int) -> ViewFacts:
    """Read the meta file of a view.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is of another kind, or lacks a field.
    """
    path = layout.meta(scene, view)
    ids, poses, intrinsics, factor = _meta(path)
    try:
        return ViewFacts(ids.astype(np.int64) - 1, _poses(poses, len(ids)), intrinsics, factor)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


def read_labels(layout: Layout, number: int) -> ObjectLabels:
    """Read the grasp labels of an object; hundreds of megabytes in the published set.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: A field is missing or has another shape.
    """
    path = layout.grasp_labels(number)
    try:
        points, offsets, collision, scores = read_arrays(path, *LABEL_FIELDS)
        return ObjectLabels(
            points.astype(np.float32, copy=False),
            offsets.astype(np.float32, copy=False),
            collision.astype(bool, copy=False),
            scores.astype(np.float32, copy=False),
        )
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


def read_tolerance(layout: Layout, number: int, points: int) -> NDArray[np.float32]:
    """Read the tolerated displacements (P, 300, 12, 4) of the grasps of an object in metres.

    Args:
        layout: Layout of the set.
        number: Object id.
        points: P, the number of labelled points.

    Raises:
        FileNotFoundError: The file does not exist; see `tolerance_path`.
        ValueError: The file is not an array, or has another shape.
    """
    path = tolerance_path(layout, number)
    return read_array(path, (points, *GRASPS)).astype(np.float32, copy=False)


def tolerance_path(layout: Layout, number: int) -> Path:
    """Return the path of the tolerances of an object; the published set does not contain them.

    Raises:
        FileNotFoundError: The file does not exist; the message contains the command that
            creates it.
    """
    path = layout.tolerance(number)
    if not path.is_file():
        hint = f'dexnet generate tolerances --out {layout.root}'
        raise FileNotFoundError(f'{path} does not exist: create it with {hint}')
    return path


def read_collisions(layout: Layout, scene: int) -> SceneCollisions:
    """Read the collision labels of all objects of a scene.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: An array of an object is missing, or has another shape.
    """
    numbers = read_object_list(layout, scene)
    path = layout.collisions(scene)
    arrays = read_arrays(path, *(f'arr_{i}' for i in range(len(numbers))))
    try:
        return SceneCollisions(numbers, tuple(array.astype(bool, copy=False) for array in arrays))
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


def read_table_poses(layout: Layout, scene: int) -> NDArray[np.float64]:
    """Read T_table_camera (views, 4, 4) of all views of a scene.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: An array has another shape.
    """
    T_table_first = read_array(layout.table_pose(scene), (4, 4)).astype(float)
    T_first_camera = read_array(layout.camera_poses(scene), (None, 4, 4)).astype(float)
    return np.asarray(T_table_first @ T_first_camera)


def _scenes(root: Path) -> set[int]:
    names = (path.name.removeprefix('scene_') for path in (root / 'scenes').glob('scene_[0-9]*'))
    return {int(name) for name in names if name.isdecimal()}  # skips archives beside the folders


def _meta(path: Path) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], float]:
    """Return ids (n,), poses, intrinsics and factor_depth of a meta file."""
    try:
        with path.open('rb') as file:
            values = loadmat(file, variable_names=META_FIELDS)
    except FileNotFoundError:
        raise
    except Exception as error:  # SciPy raises many exception types
        raise ValueError(f'{path} is not a MATLAB file: {error}') from error
    missing = [name for name in META_FIELDS if name not in values]
    if missing:
        raise ValueError(f'{path} lacks {", ".join(missing)}, expected {", ".join(META_FIELDS)}')
    ids, poses, intrinsics, factor = (values[name] for name in META_FIELDS)
    return ids.ravel(), poses, intrinsics, float(factor.ravel()[0])


def _camera(matrix: NDArray[np.generic], shape: tuple[int, ...]) -> CameraIntrinsics:
    if matrix.shape != (3, 3) or len(shape) != 2:
        got = f'{matrix.shape} and {shape}'
        raise ValueError(f'intrinsics and depth have shapes {got}, expected (3, 3) and (H, W)')
    height, width = shape
    fx, fy, cx, cy = (float(matrix[place]) for place in ((0, 0), (1, 1), (0, 2), (1, 2)))
    return CameraIntrinsics(width, height, fx, fy, cx, cy)


def _poses(poses: NDArray[np.generic], count: int) -> NDArray[np.float64]:
    """Convert the stored poses (3, 4, n) to (n, 4, 4)."""
    stored = poses[..., None] if poses.ndim == 2 else poses  # MATLAB drops a last axis of size 1
    if stored.shape != (3, 4, count):
        raise ValueError(f'poses have shape {stored.shape}, expected (3, 4, {count})')
    if not np.isfinite(stored).all():
        raise ValueError('poses have NaN or infinite values, expected finite ones')
    T = np.tile(np.eye(4), (count, 1, 1))
    T[:, :3] = np.moveaxis(stored, 2, 0)
    return T
