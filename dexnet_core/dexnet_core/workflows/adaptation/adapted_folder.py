"""Adaptation of a model folder to a robot cell, given executed picks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
import shutil

from dexnet_core.datasets.trials.own_trials import OwnTrials, write_own_trials
from dexnet_core.io.files.atomic import copy_file, write_text
from dexnet_core.io.picks.pick_folder import read_picks
from dexnet_core.planning.grippers.gripper_files import Gripper, gripper_text
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.networks.model_file import shipped_jaw, shipped_suction
from dexnet_core.planning.planners.loading import (
    EVALUATOR,
    load_evaluator,
    load_jaw_finder,
    load_suction_finder,
    PROPOSALS,
)
from dexnet_core.workflows.adaptation.adaptation_report import report_text
from dexnet_core.workflows.adaptation.correction_choice import BEFORE, Choice, Chooser
from dexnet_core.workflows.adaptation.evidence import evidence_of, replayed
from dexnet_core.workflows.adaptation.last_layers import OpenedEvaluator

LEAST_PICKS, LEAST_OF_EACH = 40, 8
"""Required number of picks with an outcome, and of these with each of the two outcomes."""
LEAST_IMAGES = 5
"""Required number of images; the parts of the cross-validation share no image."""

GRIPPER, REPORT = 'gripper.yaml', 'report.md'
"""Names of files in the new folder, in addition to those of the model."""

_TRIALS = 'trials'


@dataclass(frozen=True)
class AdaptJob:
    """Arguments of an adaptation.

    Attributes:
        kind: Type of the gripper.
        real: Folder of executed picks, see `read_picks`.
        out: Folder for the new model; must be empty.
        model: Folder with proposals.onnx and evaluator.onnx; None: the shipped one.
        replay: Folder of simulated trials used to prevent forgetting; None: not used.
    """

    kind: type[Gripper]
    real: Path
    out: Path
    model: Path | None = None
    replay: Path | None = None

    @property
    def folder(self) -> Path:
        """Folder of the initial model."""
        shipped = shipped_jaw if self.kind is JawGripper else shipped_suction
        return self.model or shipped()


def adapt(job: AdaptJob) -> str:
    """Write the model folder, the gripper and a report; return the text of the report.

    Raises:
        FileNotFoundError: There are no picks, no model or no trials to replay.
        ValueError: The output folder is not empty, a file or row is invalid, or the picks are too
            few or of several grippers.
    """
    _require_empty(job.out)
    path = job.folder / f'{EVALUATOR}.onnx'
    opened = OpenedEvaluator(path, load_evaluator(path, threads=1).contract)
    trials = _own_trials(job)
    evidence = evidence_of(trials, opened)
    replay = replayed(job.replay, opened) if job.replay else None
    choice = Chooser(evidence, replay).chosen()
    gripper = _gripper(trials.grippers[0], choice)
    _write_model(job, opened, choice)
    write_text(job.out / GRIPPER, gripper_text(gripper))
    text = report_text(job.out, evidence, choice, trials, gripper)
    write_text(job.out / REPORT, text)
    return text


def _own_trials(job: AdaptJob) -> OwnTrials:
    """Write the trials of the picks; remove them if they cannot be used."""
    load = load_jaw_finder if job.kind is JawGripper else load_suction_finder
    finder = load(job.folder, threads=1)
    try:
        trials = write_own_trials(job.out / _TRIALS, read_picks(job.real, job.kind), finder)
        _require_one(trials, job)
        _require_enough(trials, job)
    except (ValueError, OSError):
        shutil.rmtree(job.out / _TRIALS, ignore_errors=True)
        raise
    return trials


def _gripper(gripper: Gripper, choice: Choice) -> Gripper:
    """Return the gripper with the offset of the chosen correction added."""
    if not isinstance(gripper, JawGripper):
        return gripper
    x, y = choice.correction.offset.tolist()
    return replace(gripper, offset_x=gripper.offset_x + x, offset_y=gripper.offset_y + y)


def _write_model(job: AdaptJob, opened: OpenedEvaluator, choice: Choice) -> None:
    """Copy the proposal network, and write the corrected evaluator."""
    for path in job.folder.glob(f'{PROPOSALS}.*'):
        copy_file(path, job.out / path.name)
    if choice.name == BEFORE:
        copy_file(job.folder / f'{EVALUATOR}.onnx', job.out / f'{EVALUATOR}.onnx')
    else:
        opened.write(job.out / f'{EVALUATOR}.onnx', choice.correction.layers)


def _require_empty(out: Path) -> None:
    if out.exists() and any(out.iterdir()):
        raise ValueError(f'{out} is not empty, expected an empty folder for the new model')


def _require_one(trials: OwnTrials, job: AdaptJob) -> None:
    if len(trials.grippers) > 1:
        first, second = trials.grippers[:2]
        raise ValueError(
            f'{job.real} has picks of {len(trials.grippers)} grippers, such as {first} and '
            f'{second}: expected one; use a folder for each gripper'
        )


def _require_enough(trials: OwnTrials, job: AdaptJob) -> None:
    good, count = sum(trials.held), len(trials.held)
    if count < LEAST_PICKS or min(good, count - good) < LEAST_OF_EACH:
        rest = ''.join(f' ({number} {why} omitted)' for why, number in trials.left_out.items())
        raise ValueError(
            f'{job.real} has {count} usable picks{rest}, of which {good} held: '
            f'expected at least {LEAST_PICKS}, with {LEAST_OF_EACH} or more of each outcome'
        )
    images = len(set(trials.images))
    if images < LEAST_IMAGES:
        raise ValueError(
            f'{job.real} has picks on {images} images, expected at least {LEAST_IMAGES}'
        )
