"""A model folder and picks that were tried in, a model folder that suits that cell out."""

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
"""Picks with an outcome that are needed, and of them at least that held and that did not."""
LEAST_IMAGES = 5
"""Images that they are of at least: they are validated in parts that share no image."""

GRIPPER, REPORT = 'gripper.yaml', 'report.md'
"""Names of files in the new folder, beside those of the model."""

_TRIALS = 'trials'


@dataclass(frozen=True)
class AdaptJob:
    """What to adapt to.

    Attributes:
        kind: Type of the gripper.
        real: Folder of picks, see `read_picks`.
        out: For the new model; empty.
        model: Folder of proposals.onnx and evaluator.onnx; the shipped one without.
        replay: Folder of simulated trials that must not be forgotten; none without.
    """

    kind: type[Gripper]
    real: Path
    out: Path
    model: Path | None = None
    replay: Path | None = None

    @property
    def folder(self) -> Path:
        """The model to begin with."""
        shipped = shipped_jaw if self.kind is JawGripper else shipped_suction
        return self.model or shipped()


def adapt(job: AdaptJob) -> str:
    """Write the model folder, the gripper and a report; return the text of the report.

    Raises:
        FileNotFoundError: There are no picks, no model or no trials to replay.
        ValueError: The folder is not empty, a file or row cannot be used, or the picks are too
            few or of several grippers.
    """
    _require_empty(job.out)
    path = job.folder / f'{EVALUATOR}.onnx'
    opened = OpenedEvaluator(path, load_evaluator(path, threads=1).contract)
    own = _own_trials(job)
    evidence = evidence_of(own, opened)
    replay = replayed(job.replay, opened) if job.replay else None
    choice = Chooser(evidence, replay).chosen()
    gripper = _gripper(own.grippers[0], choice)
    _write_model(job, opened, choice)
    write_text(job.out / GRIPPER, gripper_text(gripper))
    text = report_text(job.out, evidence, choice, own, gripper)
    write_text(job.out / REPORT, text)
    return text


def _own_trials(job: AdaptJob) -> OwnTrials:
    """Write the trials of the picks; none are left where they cannot be used."""
    load = load_jaw_finder if job.kind is JawGripper else load_suction_finder
    finder = load(job.folder, threads=1)
    try:
        own = write_own_trials(job.out / _TRIALS, read_picks(job.real, job.kind), finder)
        _require_one(own, job)
        _require_enough(own, job)
    except (ValueError, OSError):
        shutil.rmtree(job.out / _TRIALS, ignore_errors=True)
        raise
    return own


def _gripper(gripper: Gripper, choice: Choice) -> Gripper:
    """Return the gripper as it is now described."""
    if not isinstance(gripper, JawGripper):
        return gripper
    x, y = choice.correction.offset.tolist()
    return replace(gripper, offset_x=gripper.offset_x + x, offset_y=gripper.offset_y + y)


def _write_model(job: AdaptJob, opened: OpenedEvaluator, choice: Choice) -> None:
    """Write what proposes as it was, and the evaluator with its correction."""
    for path in job.folder.glob(f'{PROPOSALS}.*'):
        copy_file(path, job.out / path.name)
    if choice.name == BEFORE:
        copy_file(job.folder / f'{EVALUATOR}.onnx', job.out / f'{EVALUATOR}.onnx')
    else:
        opened.write(job.out / f'{EVALUATOR}.onnx', choice.correction.layers)


def _require_empty(out: Path) -> None:
    if out.exists() and any(out.iterdir()):
        raise ValueError(f'{out} has files already, expected an empty folder for the new model')


def _require_one(own: OwnTrials, job: AdaptJob) -> None:
    if len(own.grippers) > 1:
        raise ValueError(
            f'{job.real} has picks of {len(own.grippers)} grippers, such as {own.grippers[0]} and '
            f'{own.grippers[1]}: expected one, put them in folders of their own'
        )


def _require_enough(own: OwnTrials, job: AdaptJob) -> None:
    good, count = sum(own.held), len(own.held)
    if count < LEAST_PICKS or min(good, count - good) < LEAST_OF_EACH:
        rest = ''.join(f' ({number} {why} left out)' for why, number in own.left_out.items())
        raise ValueError(
            f'{job.real} has {count} picks that can be learnt from{rest}, of which {good} held: '
            f'expected at least {LEAST_PICKS}, and {LEAST_OF_EACH} that held and that did not'
        )
    images = len(set(own.images))
    if images < LEAST_IMAGES:
        raise ValueError(
            f'{job.real} has picks on {images} images, expected at least {LEAST_IMAGES}'
        )
