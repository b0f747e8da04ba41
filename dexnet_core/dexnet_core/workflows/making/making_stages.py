"""Stages of `dexnet make` that produce data and networks.

Each stage resumes an interrupted one, and ends early when its time is up; the next stage then uses
what is finished.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from dexnet_core.datasets.views.view_generation import generate, Labeller
from dexnet_core.io.files.atomic import write_text
from dexnet_core.planning.planners.loading import EVALUATOR, PROPOSALS
from dexnet_core.workflows.making.budget import Plan
from dexnet_core.workflows.making.evaluator_choice import choose_evaluator
from dexnet_core.workflows.making.evaluator_training_run import train_on_trials
from dexnet_core.workflows.making.making_config import MakeConfig
from dexnet_core.workflows.making.making_recipes import (
    RECIPES,
    scene_sets,
    SceneSet,
    trial_labeller,
    view_labeller,
)
from dexnet_core.workflows.making.network_choice import Choice
from dexnet_core.workflows.making.pick_comparison import MODEL
from dexnet_core.workflows.making.proposal_choice import choose_proposals
from dexnet_core.workflows.making.proposal_training_run import train_on_views
from dexnet_core.workflows.making.training_job import Train, TrainingJob
from dexnet_core.workflows.making.working_time import TimeIsUpError, Work

PROPOSER = 'proposer'
"""Name of the folder of the planner whose grasps are tried."""
_ENDED = 'ended'
"""Ending of the name of the file that marks a finished stage."""


class Limits(NamedTuple):
    """Working time in seconds at which each stage ends, so that the following ones fit."""

    views: float
    proposals: float
    trials: float
    training: float

    @classmethod
    def of(cls, plan: Plan, end: float) -> Limits:
        """Return the limits of a plan, whose picks end at `end` seconds."""
        training = end - plan.picks
        trials = training - plan.training
        proposals = trials - plan.trials
        return cls(proposals - plan.proposals, proposals, trials, training)


@dataclass(frozen=True)
class Stages:
    """Stages of one run.

    Attributes:
        config: Configuration of the run.
        root: Output folder.
        plan: Plan of the run.
        limits: Time limits.
        workers: Number of worker processes.
        work: Counts the time.
    """

    config: MakeConfig
    root: Path
    plan: Plan
    limits: Limits
    workers: int
    work: Work

    def make_proposals(self) -> Choice | None:
        """Train the proposal network, and write the planner whose grasps are tried.

        Returns:
            The choice; None if it is not planned or there was no time for labelled views.
        """
        config, amounts = self.config, self.plan.amounts
        if not amounts.proposals:
            return None
        self.work.stage('views', self.limits.views)
        numbers = amounts.view_scenes, amounts.val_view_scenes
        data = self._generated('views', lambda some: view_labeller(config, some, numbers))
        if not data:
            return None
        self.work.stage('training of proposals', self.limits.proposals)
        self._train(train_on_views, PROPOSALS, data, amounts.view_epochs)
        return choose_proposals(config, data, self._runs, self.root / PROPOSER)

    def make_evaluator(self) -> Choice:
        """Train the evaluator on trials, and write the model folder of the planner.

        Raises:
            ValueError: The time was too short for any training trials.
        """
        config, amounts = self.config, self.plan.amounts
        proposer = self.root / PROPOSER
        model = proposer if proposer.exists() else None
        self.work.stage('trials', self.limits.trials)
        numbers = amounts.train_scenes, amounts.val_scenes
        data = self._generated('trials', lambda some: trial_labeller(config, some, numbers, model))
        if not data:
            trials = self.root / 'trials'
            raise ValueError(f'{trials} has no trials to train with, expected more --hours')
        self.work.stage('training', self.limits.training)
        self._train(train_on_trials, EVALUATOR, data, amounts.epochs)
        proposals = (model or RECIPES[config.planner].shipped()) / f'{PROPOSALS}.onnx'
        return choose_evaluator(config, data, self._runs, proposals, self.root / MODEL)

    @property
    def _runs(self) -> Path:
        return self.root / 'runs'

    def _generated(self, name: str, labeller_of: Callable[[SceneSet], Labeller]) -> list[Path]:
        """Generate the sets of data of a stage.

        Returns:
            The folders of the sets with training scenes, in the order of `scene_sets`; empty if
            the time was too short for the first set.
        """
        folder, sets = self.root / name, scene_sets(self.config)
        mark = folder / _ENDED
        if not mark.exists():
            with suppress(TimeIsUpError):
                for some in sets:
                    generate(
                        labeller_of(some), folder / some.name, self.workers, self.work.progress
                    )
        folders = [folder / some.name for some in sets]
        made = [path for path in folders if any(path.glob('views/train/scene_*.npz'))]
        if made[:1] != folders[:1]:
            return []
        write_text(mark, '')
        return made

    def _train(self, train: Train, name: str, data: Sequence[Path], epochs: int) -> None:
        """Train a network in the folder `name` of the runs."""
        mark = self._runs / f'{name}.{_ENDED}'
        if mark.exists():
            return
        with suppress(TimeIsUpError):
            job = TrainingJob(self.config, data, self._runs / name, epochs, self.workers)
            train(job, self.work.progress)
        write_text(mark, '')
