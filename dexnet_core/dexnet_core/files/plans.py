"""Plans on disk: grasps.json, heatmap.npy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dexnet_core.files.atomic import atomic_path, write_text
from dexnet_core.geometry.transform import quaternion_of
from dexnet_core.grasp import Grasp, GraspPlan
import numpy as np


def write_plan(folder: Path, plan: GraspPlan, frame: str) -> None:
    """Write `grasps.json` and `heatmap.npy` into a folder.

    Args:
        folder: Made where it is missing.
        plan: What to write.
        frame: Name of the optical frame that the poses are in.
    """
    write_text(folder / 'grasps.json', json.dumps(plan_to_json(plan, frame), indent=2) + '\n')
    with atomic_path(folder / 'heatmap.npy') as scratch:
        np.save(scratch, plan.heatmap, allow_pickle=False)


def plan_to_json(plan: GraspPlan, frame: str) -> dict[str, Any]:
    """Return a plan as plain values; metres, quaternion x y z w, pixel u v."""
    return {
        'frame': frame,
        'model': plan.model,
        'status': plan.status.name,
        'message': plan.message,
        'planning_ms': round(plan.times.total_ms, 3),
        'grasps': [_grasp_to_json(grasp) for grasp in plan.grasps],
    }


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
    }
