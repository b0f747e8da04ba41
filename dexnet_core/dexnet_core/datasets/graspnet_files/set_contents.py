"""Data types of the files of a set."""

from __future__ import annotations

from dataclasses import dataclass

from dexnet_core.datasets.graspnet_files.set_layout import GRASPS
from dexnet_core.geometry.camera import CameraIntrinsics
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SceneView:
    """A depth image with the instances and poses of its objects.

    Attributes:
        depth: (H, W) float32 depth in metres; 0 where there is no measurement.
        instances: (H, W) uint8 or uint16 object id + 1; 0 for no object.
        camera: Intrinsics.
        factor_depth: Units of the stored depth per metre; 1000 in the published set.
        object_ids: (n,) int64 ids from 0, in the order of the meta file.
        T_camera_object: (n, 4, 4) poses of these objects in metres.

    Raises:
        ValueError: The shapes of the arrays are inconsistent.
    """

    depth: NDArray[np.float32]
    instances: NDArray[np.unsignedinteger]
    camera: CameraIntrinsics
    factor_depth: float
    object_ids: NDArray[np.int64]
    T_camera_object: NDArray[np.float64]

    def __post_init__(self) -> None:
        self.camera.require_shape(self.depth.shape, 'depth')
        self.camera.require_shape(self.instances.shape, 'label')
        _require('poses', self.T_camera_object.shape, (len(self.object_ids), 4, 4))
        if not self.factor_depth > 0:
            raise ValueError(f'factor_depth is {self.factor_depth}, expected > 0')


@dataclass(frozen=True)
class ObjectLabels:
    """Grasps at P points of an object, with 300 views, 12 in-plane rotations and 4 depths each.

    View v is `approach_directions.grasp_views()[v]` in the object's frame. In-plane rotation a is
    a * pi / 12. Depth d is (d + 1) cm.

    Attributes:
        points: (P, 3) float32 surface points in metres in the object's frame.
        offsets: (P, 300, 12, 4, 3) float32 in-plane rotation in radians, depth and width in
            metres.
        collision: (P, 300, 12, 4) bool, True where the gripper collides with the object itself.
        scores: (P, 300, 12, 4) float32 minimum friction coefficient at which the grasp holds; -1
            if there is none.

    Raises:
        ValueError: The shapes of the arrays are inconsistent.
    """

    points: NDArray[np.float32]
    offsets: NDArray[np.float32]
    collision: NDArray[np.bool_]
    scores: NDArray[np.float32]

    def __post_init__(self) -> None:
        grasps = (len(self.points), *GRASPS)
        _require('points', self.points.shape, (len(self.points), 3))
        _require('offsets', self.offsets.shape, (*grasps, 3))
        _require('collision', self.collision.shape, grasps)
        _require('scores', self.scores.shape, grasps)


@dataclass(frozen=True)
class SceneCollisions:
    """Collisions of the labelled grasps of one scene with other objects or the table.

    Attributes:
        object_ids: Ids from 0, in the order of object_id_list.txt.
        collision: For each object, (P, 300, 12, 4) bool, True where the gripper collides.

    Raises:
        ValueError: The shapes of the arrays are inconsistent.
    """

    object_ids: tuple[int, ...]
    collision: tuple[NDArray[np.bool_], ...]

    def __post_init__(self) -> None:
        _require('collision labels', (len(self.collision),), (len(self.object_ids),))
        for number, array in zip(self.object_ids, self.collision, strict=True):
            _require(f'collision of object {number}', array.shape, (len(array), *GRASPS))


def _require(what: str, got: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if got != expected:
        raise ValueError(f'{what} have shape {got}, expected {expected}')
