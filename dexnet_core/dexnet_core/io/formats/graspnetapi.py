"""GraspGroup of graspnetAPI, the format of the GraspNet-1Billion tools and of AnyGrasp.

An .npy file of (n, 17) float64, lengths in metres:

    0      score
    1      width, opening of the jaw
    2      height of the fingers, across approach and closing direction
    3      depth, from the translation along the approach to the fingertips
    4-12   rotation (3, 3), row by row; columns: x approach, y closing direction, z across
    13-15  translation, the grasp point on the surface
    16     object_id, -1 if unknown
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from dexnet_core.io.files.atomic import read_array, write_array
from dexnet_core.io.formats.grasp_format import GraspFormat, GraspList, x_approach
from dexnet_core.planning.grasp import GripperKind
from dexnet_core.planning.graspnet.constants import FINGER_HEIGHT
from dexnet_core.planning.graspnet.grasp_set import GraspSet
from dexnet_core.planning.grippers.jaw import JawGripper
import numpy as np
from numpy.typing import NDArray

_COLUMNS = 17
_FILE = 'graspnetapi.npy'
_UNKNOWN = -1
_SKEWED = 1e-3
"""Tolerance of R R^T - I, per entry; some tools store float32."""


class GraspGroup(NamedTuple):
    """Content of a GraspGroup file.

    Attributes:
        grasps: n grasps in the order of the file.
        object_ids: (n,) object of each grasp, -1 = unknown.
    """

    grasps: GraspSet
    object_ids: NDArray[np.int64]


def group_rows(listed: GraspList) -> NDArray[np.float64]:
    """Return the rows (n, 17) of jaw grasps, in the same order.

    The object_id of a grasp is kept; 0 (no object) becomes -1.
    """
    jaw = listed.gripper
    height = jaw.finger_width if isinstance(jaw, JawGripper) else FINGER_HEIGHT
    rows = [
        np.concatenate(
            [
                (grasp.score, grasp.width, height, grasp.depth),
                x_approach(grasp.T_camera_grasp[:3, :3]).ravel(),
                grasp.position - grasp.depth * grasp.approach,
                (grasp.object_id or _UNKNOWN,),
            ]
        )
        for grasp in listed.grasps
    ]
    return np.array(rows, float).reshape(-1, _COLUMNS)


def read_group(path: Path) -> GraspGroup:
    """Read a GraspGroup; the height of the fingers is ignored.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not a plain .npy of (n, 17) finite numbers, or columns 4 to 12 of
            a row are not a rotation.
    """
    stored = read_array(path, (None, _COLUMNS))
    if not (np.issubdtype(stored.dtype, np.number) and np.isfinite(stored).all()):
        raise ValueError(f'{path} holds {stored.dtype}, not all finite: expected finite numbers')
    rows = stored.astype(float)
    rotations = rows[:, 4:13].reshape(-1, 3, 3)
    apart = np.abs(rotations @ rotations.swapaxes(1, 2) - np.eye(3)).max(axis=(1, 2))
    wrong = (apart > _SKEWED) | (np.linalg.det(rotations) < 0)
    if wrong.any():
        raise ValueError(f'{path} has no rotation in columns 4 to 12 of row {wrong.argmax()}')
    grasps = GraspSet(
        scores=rows[:, 0],
        widths=rows[:, 1],
        depths=rows[:, 3],
        rotations=rotations,
        points=rows[:, 13:16],
    )
    return GraspGroup(grasps, rows[:, 16].astype(np.int64))


def _write(folder: Path, listed: GraspList) -> None:
    write_array(folder / _FILE, group_rows(listed))


FORMAT = GraspFormat(
    files=(_FILE,),
    summary='GraspGroup of graspnetAPI and AnyGrasp, approach along x',
    grippers=frozenset({GripperKind.PARALLEL_JAW}),
    write=_write,
)
