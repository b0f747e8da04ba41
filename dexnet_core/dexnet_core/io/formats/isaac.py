"""Isaac grasp file, format 1.0, for Isaac Sim, Isaac ROS and GraspGen.

Each grasp is the pose of a gripper frame in an object frame, with z as approach and x as closing
direction. The object frame is the frame of the plan. The gripper frame is the robot's flange if
the gripper file has a `flange_distance`. Otherwise it is the grasp frame of
`dexnet_core.planning.grasp`, between the fingertips or at the centre of the cup's rim.

`cspace_position` and `pregrasp_cspace_position` are left out, as in GraspGen: they are joint
positions, and the joint names and zero positions are only known from the robot's description.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dexnet_core.geometry.approach_poses import pose_before
from dexnet_core.geometry.transform import quaternion_of
from dexnet_core.io.files.atomic import write_text
from dexnet_core.io.formats.grasp_format import GraspFormat, GraspList
from dexnet_core.planning.grasp import Grasp, GripperKind
import numpy as np
import yaml

_FILE = 'isaac_grasp.yaml'


def isaac_text(listed: GraspList) -> str:
    """Return the text of an Isaac grasp file; the confidence is the score clipped to [0, 1]."""
    back = listed.gripper.flange_distance if listed.gripper else 0.0
    values = {
        'format': 'isaac_grasp',
        'format_version': 1.0,
        'object_frame': listed.frame,
        'gripper_frame': 'flange' if back else 'tool_centre_point',
        'grasps': {
            f'grasp_{rank}': _values(grasp, back) for rank, grasp in enumerate(listed.grasps)
        },
    }
    text: str = yaml.safe_dump(values, sort_keys=False)
    return text


def _values(grasp: Grasp, back: float) -> dict[str, Any]:
    T = pose_before(grasp.T_camera_grasp, back)
    *xyz, w = quaternion_of(T[:3, :3]).tolist()
    return {
        'confidence': float(np.clip(grasp.score, 0, 1)),
        'position': T[:3, 3].tolist(),
        'orientation': {'w': w, 'xyz': xyz},
    }


def _write(folder: Path, listed: GraspList) -> None:
    write_text(folder / _FILE, isaac_text(listed))


FORMAT = GraspFormat(
    files=(_FILE,),
    summary='grasp file 1.0 of Isaac Sim and GraspGen, approach along z',
    grippers=frozenset(GripperKind),
    write=_write,
)
