"""Grasp poses as a CSV table and as JSON, with z or x as approach axis.

`poses` has the axes of `dexnet_core.planning.grasp`: z is the approach and x the closing axis, as
in the tool frames of most robots. `poses_x` has x as approach and y as closing axis, as in GPD,
GraspNet and GQ-CNN. The position is the same in both: between the fingertips, or at the centre of
the cup's rim. (GPD uses the base of the fingers instead.) Pre-grasp and retreat have the
orientation of the grasp, so only their positions are stored. Lengths are in metres, quaternions
are x y z w.
"""

from __future__ import annotations

import csv
from functools import partial
import io
import json
from pathlib import Path
from typing import Any

from dexnet_core.geometry.approach_poses import pose_before, retreat_pose
from dexnet_core.geometry.transform import quaternion_of
from dexnet_core.io.files.atomic import write_text
from dexnet_core.io.formats.grasp_format import GraspFormat, GraspList, x_approach
from dexnet_core.planning.grasp import Grasp, GripperKind

_AXES = {'poses': ('z', 'x'), 'poses_x': ('x', 'y')}
"""Approach axis and closing axis, by the stem of the file name."""
_VECTORS = {
    'position': ('x', 'y', 'z'),
    'quaternion': ('qx', 'qy', 'qz', 'qw'),
    'pregrasp': ('pregrasp_x', 'pregrasp_y', 'pregrasp_z'),
    'retreat': ('retreat_x', 'retreat_y', 'retreat_z'),
}
"""Columns of the table for each vector in the JSON."""


def _values(grasp: Grasp, listed: GraspList, approach: str) -> dict[str, Any]:
    """Return a grasp as JSON values."""
    T = grasp.T_camera_grasp
    rotation = T[:3, :3] if approach == 'z' else x_approach(T[:3, :3])
    return {
        'gripper': grasp.gripper.value,
        'score': float(grasp.score),
        'position': grasp.position.tolist(),
        'quaternion': quaternion_of(rotation).tolist(),
        'width': grasp.width,
        'depth': grasp.depth,
        'cup_radius': grasp.cup_radius,
        'object_id': grasp.object_id,
        'pregrasp': pose_before(T, listed.pregrasp)[:3, 3].tolist(),
        'retreat': retreat_pose(T, listed.retreat, listed.up)[:3, 3].tolist(),
    }


def _write(stem: str, folder: Path, listed: GraspList) -> None:
    approach, closing = _AXES[stem]
    grasps = [_values(grasp, listed, approach) for grasp in listed.grasps]
    values = {
        'frame': listed.frame,
        'approach_axis': approach,
        'closing_axis': closing,
        'grasps': grasps,
    }
    write_text(folder / f'{stem}.json', json.dumps(values, indent=2) + '\n')
    write_text(folder / f'{stem}.csv', _table(grasps, listed.frame))


def _table(grasps: list[dict[str, Any]], frame: str) -> str:
    """Return the CSV text: a header row, and one row per grasp."""
    scalars = ('gripper', 'score', 'width', 'depth', 'cup_radius', 'object_id')
    text = io.StringIO()
    rows = csv.writer(text, lineterminator='\n')
    names = [name for columns in _VECTORS.values() for name in columns]
    rows.writerow(['rank', 'frame', *scalars, *names])
    for rank, grasp in enumerate(grasps, start=1):
        numbers = [number for name in _VECTORS for number in grasp[name]]
        rows.writerow([rank, frame, *(grasp[name] for name in scalars), *numbers])
    return text.getvalue()


def _format(stem: str, what: str) -> GraspFormat:
    return GraspFormat(
        files=(f'{stem}.csv', f'{stem}.json'),
        summary=f'a table (.csv) and .json of poses with pre-grasp and retreat, {what}',
        grippers=frozenset(GripperKind),
        write=partial(_write, stem),
        has_pregrasp=True,
    )


FORMAT = _format('poses', 'approach along z')
FORMAT_X = _format('poses_x', 'approach along x, as for GPD')
