"""What a log of picks becomes, and what is compared in the same scenes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
import shutil
from typing import NamedTuple

from dexnet_core.datasets.trials.own_trials import write_own_trials
from dexnet_core.io.files.atomic import write_text
from dexnet_core.io.picks.pick_folder import read_picks
from dexnet_core.planning.grippers.gripper_files import Gripper, gripper_text, read_gripper
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.planners.loading import (
    load_evaluator,
    load_jaw_finder,
    load_suction_finder,
)
from dexnet_core.workflows.adaptation.adapted_folder import adapt, AdaptJob, GRIPPER
from dexnet_core.workflows.adaptation.correction_choice import CALIBRATION, Chooser, OFFSET
from dexnet_core.workflows.adaptation.evidence import evidence_of
from dexnet_core.workflows.adaptation.last_layers import OpenedEvaluator
import numpy as np
from scenes import Fault

MODEL, EVALUATOR_ALONE, OFFSET_ALONE = 'model', 'evaluator_alone', 'offset_alone'
"""Folders: what `dexnet adapt` chooses, and each way by itself."""
WITHOUT, WITH = 'without error', 'with error'
"""Names of what is not adapted."""


class Variant(NamedTuple):
    """A planner and the gripper that carries its grasps out.

    Attributes:
        model: Folder; None for the shipped one.
        gripper: As the planner is told.
        real: As it is.
    """

    model: Path | None
    gripper: Gripper
    real: Gripper


def adapt_to_log(fault: Fault, root: Path) -> None:
    """Adapt to the log, and each way by itself, unless that was done."""
    if (root / MODEL / 'report.md').exists():
        return
    for name in (MODEL, EVALUATOR_ALONE, OFFSET_ALONE):
        shutil.rmtree(root / name, ignore_errors=True)
    job = AdaptJob(type(fault.described), root / 'log', root / MODEL)
    path = job.folder / 'evaluator.onnx'
    opened = OpenedEvaluator(path, load_evaluator(path).contract)
    is_jaw = isinstance(fault.described, JawGripper)
    finder = (load_jaw_finder if is_jaw else load_suction_finder)(job.folder, threads=1)
    own = write_own_trials(root / 'trials', read_picks(job.real, job.kind), finder)
    evidence = evidence_of(own, opened)
    chooser = Chooser(evidence, None)
    losses = chooser.chosen().losses
    made = chooser.corrections(np.arange(len(own.held)))
    ways = {EVALUATOR_ALONE: CALIBRATION, OFFSET_ALONE: OFFSET}
    for folder, kind in ways.items():
        names = [name for name in made if name.startswith(f'{kind}, ')]
        if not names:
            continue
        name = OFFSET if folder == OFFSET_ALONE else min(names, key=losses.get)
        (root / folder).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(job.folder / 'proposals.onnx', root / folder / 'proposals.onnx')
        opened.write(root / folder / 'evaluator.onnx', made[name].layers)
        gripper = fault.described
        if is_jaw:
            x, y = made[name].offset.tolist()
            gripper = replace(gripper, offset_x=x, offset_y=y)
        write_text(root / folder / GRIPPER, gripper_text(gripper))
    adapt(job)


def variants_of(fault: Fault, root: Path) -> dict[str, Variant]:
    """Return what is compared, by name."""
    found = {
        WITHOUT: Variant(None, fault.described, fault.described),
        WITH: Variant(None, fault.described, fault.real),
    }
    for name in (MODEL, EVALUATOR_ALONE, OFFSET_ALONE):
        folder = root / name
        if (folder / GRIPPER).exists():
            gripper = read_gripper(folder / GRIPPER, type(fault.described))
            found[name] = Variant(folder, gripper, fault.real)
    return found
