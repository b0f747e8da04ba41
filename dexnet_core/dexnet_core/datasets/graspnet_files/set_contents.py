"""What the files of a set hold."""

from __future__ import annotations

from dataclasses import dataclass

from dexnet_core.datasets.graspnet_files.set_layout import GRASPS
from dexnet_core.geometry.camera import CameraIntrinsics
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SceneView:
    """One depth image and what it shows.

    Attributes:
        depth: (H, W) float32 metres along the optical axis; 0 where nothing was seen.
        instances: (H, W) uint8 or uint16 object id + 1; 0 on no object.
        camera: Intrinsics.
        factor_depth: Units of the stored depth to the metre; 1000 in the published set.
        object_ids: (n,) int64 ids from 0, in the order of the meta file.
        T_camera_object: (n, 4, 4) poses of these objects; metres.

    Raises:
        ValueError: The arrays do not belong together.
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
    """Grasps at P points of an object, each from 300 views, with 12 turns and to 4 depths.

    The view v of a grasp is `graspnet.views.grasp_views()[v]` in the object's frame, its turn a
    is a * pi / 12, its depth d is (d + 1) cm.

    Attributes:
        points: (P, 3) float32 metres in the object's frame, on the surface.
        offsets: (P, 300, 12, 4, 3) float32 turn in radians, depth in metres, width in metres.
        collision: (P, 300, 12, 4) bool, True where the gripper hits the object itself.
        scores: (P, 300, 12, 4) float32 least friction coefficient that holds; -1 where none does.

    Raises:
        ValueError: The arrays do not belong together.
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
    """Which labelled grasps hit something in one scene: other objects or the table.

    Attributes:
        object_ids: Ids from 0, in the order of object_id_list.txt.
        collision: For each object, (P, 300, 12, 4) bool, True where the gripper hits something.

    Raises:
        ValueError: The arrays do not belong together.
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
