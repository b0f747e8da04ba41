"""Files of a plan: grasps.json and heatmap.npy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dexnet_core.geometry.transform import pose_matrix, quaternion_of, rotation_of
from dexnet_core.io.files.atomic import write_array
from dexnet_core.planning.grasp import Grasp, GraspPlan, GripperKind
import numpy as np
from numpy.typing import NDArray


def plan_text(plan: GraspPlan, frame: str) -> str:
    """Return the text of a `grasps.json`; `frame` is the name of the frame of the poses."""
    return json.dumps(plan_to_json(plan, frame), indent=2) + '\n'


def write_heatmap(path: Path, plan: GraspPlan) -> None:
    """Write the heat map of a plan as (H, W) float32 .npy."""
    write_array(path, plan.heatmap)


def plan_to_json(plan: GraspPlan, frame: str) -> dict[str, Any]:
    """Return a plan as JSON values; lengths in metres, quaternion x y z w, pixel u v."""
    return {
        'frame': frame,
        'model': plan.model,
        'status': plan.status.name,
        'message': plan.message,
        'approach': plan.approach,
        'planning_ms': round(plan.times.total_ms, 3),
        'stages_ms': {name: round(ms, 3) for name, ms in plan.times.items()},
        'refused': dict(plan.refused),
        'grasps': [_grasp_to_json(grasp) for grasp in plan.grasps],
    }


def read_grasps(path: Path) -> tuple[Grasp, ...]:
    """Read the grasps of a `grasps.json`, best first as written.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not JSON, or not a plan.
    """
    try:
        values = json.loads(path.read_text())
        return tuple(_grasp_of(grasp) for grasp in values['grasps'])
    except (ValueError, KeyError, TypeError) as error:
        reason = f'no key {error}' if isinstance(error, KeyError) else error
        raise ValueError(f'{path} is not a plan of grasps: {reason}') from error


def _grasp_of(values: dict[str, Any]) -> Grasp:
    rotation = rotation_of(_numbers(values['quaternion'], (4,)))
    pixel = _numbers(values['pixel'] or (np.nan, np.nan), (2,)).tolist()
    contacts = _numbers(values['contacts'], (len(values['contacts']), 3))
    return Grasp(
        gripper=GripperKind(values['gripper']),
        T_camera_grasp=pose_matrix(_numbers(values['position'], (3,)), rotation),
        score=float(values['score']),
        pixel=tuple(pixel),
        contacts=contacts,
        normals=_numbers(values['normals'], contacts.shape),
        width=float(values['width']),
        depth=float(values['depth']),
        cup_radius=float(values['cup_radius']),
        object_id=int(values.get('object_id', 0)),
    )


def _numbers(values: object, shape: tuple[int, ...]) -> NDArray[np.float64]:
    array = np.asarray(values, float)
    if array.shape != shape:
        raise ValueError(f'got numbers of shape {array.shape}, expected {shape}')
    return array


def _grasp_to_json(grasp: Grasp) -> dict[str, Any]:
    return {
        'gripper': grasp.gripper.value,
        'position': grasp.position.tolist(),
        'quaternion': quaternion_of(grasp.T_camera_grasp[:3, :3]).tolist(),
        'approach': grasp.approach.tolist(),
        'score': grasp.score,
        'pixel': list(grasp.pixel) if np.isfinite(grasp.pixel).all() else None,
        'contacts': grasp.contacts.tolist(),
        'normals': grasp.normals.tolist(),
        'width': grasp.width,
        'depth': grasp.depth,
        'cup_radius': grasp.cup_radius,
        'object_id': grasp.object_id,
    }
