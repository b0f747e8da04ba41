"""Comparison of the shipped and the new planner in simulated picking of the same scenes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dexnet_core.evaluation.reports.pick_report import report_picking
from dexnet_core.io.files.atomic import write_text
from dexnet_core.planning.grippers.gripper_files import gripper_text
from dexnet_core.simulation.picking.failure_pictures import write_failure_sheet
from dexnet_core.simulation.picking.pick_config import PickConfig
from dexnet_core.simulation.picking.pick_job import FAILURES, pick, PickJob
from dexnet_core.simulation.picking.round_records import Round
from dexnet_core.simulation.scenes.camera_setup import CameraSetup
from dexnet_core.workflows.making.making_config import MakeConfig
from dexnet_core.workflows.making.working_time import Work

SHIPPED, MADE = 'shipped', 'made'
"""Names of the two planners in reports."""
GRIPPER, MODEL = 'gripper.yaml', 'model'
"""Names of the gripper file and of the model folder."""
_PARTS, _OBJECTS = 'parts', 'objects'
_SCENES = {_PARTS: ('single', 'pile'), _OBJECTS: ('pile', 'bin')}


def pick_rounds(
    config: MakeConfig, root: Path, who: str, rounds: int, workers: int, work: Work
) -> list[Round]:
    """Pick, or resume picking, with one planner; the kind of a round includes its objects."""
    write_text(root / GRIPPER, gripper_text(config.gripper))
    played = []
    for objects in _PARTS, _OBJECTS:
        if objects == _PARTS and config.meshes is None:
            continue
        folder = root / 'picks' / f'{objects}_{who}'
        job = job_of(config, root, who, objects, rounds)
        found = pick(job, folder, workers, work.progress)
        write_failure_sheet(folder / 'failures.png', folder / FAILURES)
        played += [_named(each, who, objects, config.planner) for each in found]
    return played


def report_picks(root: Path, rounds: Sequence[Round]) -> str:
    """Write the report of the planners that picked and return its text."""
    return report_picking(root / 'picks', rounds, 'Picking in simulation')


def job_of(config: MakeConfig, root: Path, who: str, objects: str, rounds: int) -> PickJob:
    """Return the picking job of one planner; see `pick_rounds`."""
    with_parts = objects == _PARTS
    picking = PickConfig(
        scenes=_SCENES[objects],
        rounds=rounds,
        seed=config.seed + 1,
        meshes=config.meshes if with_parts else None,
        mesh_scale=config.mesh_scale if with_parts else 1.0,
        baselines=who == SHIPPED,
    )
    if config.camera:
        picking = replace(picking, **_seen_by(config.camera))
    model = root / MODEL if who == MADE else None
    return PickJob(config.planner, model, None, None, root / GRIPPER, picking)


def _seen_by(camera: CameraSetup) -> dict[str, Any]:
    """Return the camera settings of a picking configuration."""
    return {
        'camera': camera.intrinsics,
        'distance': camera.distance,
        'tilt': camera.tilt,
        'strength': sum(camera.noise) / 2,
    }


def _named(played: Round, who: str, objects: str, planner: str) -> Round:
    name = who if played.planner == planner else played.planner
    return replace(played, planner=name, kind=f'{objects}, {played.kind}')
