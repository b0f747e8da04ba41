"""Picking rounds in several processes; an interrupted run resumes at the missing rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache, partial
import json
from pathlib import Path
from typing import Any

from dexnet_core.io.configuration import claim, read_config
from dexnet_core.io.files.atomic import write_text
from dexnet_core.io.processes import spread_over
from dexnet_core.io.progress import Progress
from dexnet_core.planning.grippers.gripper_files import Gripper, read_gripper
from dexnet_core.planning.planners.planner import Planner
from dexnet_core.planning.planners.planner_registry import planner_kinds
from dexnet_core.planning.values.typed_values import typed_values
from dexnet_core.simulation.objects.grasp_object import GraspObject, Split
from dexnet_core.simulation.objects.own_meshes import read_usable_meshes
from dexnet_core.simulation.objects.procedural import ProceduralObjects
from dexnet_core.simulation.picking.baselines import baselines_for
from dexnet_core.simulation.picking.failure_pictures import FailurePictures
from dexnet_core.simulation.picking.film import Film
from dexnet_core.simulation.picking.pick_config import PickConfig
from dexnet_core.simulation.picking.round_records import CLEARED, Round
from dexnet_core.simulation.picking.rounds import Picker

ROUNDS, FAILURES, FILM = 'rounds', 'failures', 'film.gif'
"""Contents of a results folder: round files, pictures of failures, and a film."""
_RENAMED = {'removed': 'picked', 'left': 'objects_before'}
"""Current names of fields that older round files name differently."""


@dataclass(frozen=True)
class PickJob:
    """Planner, gripper and configuration of a picking run.

    Attributes:
        planner: Name of the planner, see `planner_kinds`.
        model: Model file; default is the shipped model.
        settings: YAML file of planner settings.
        approach: Approach mode; default is that of the settings.
        gripper: YAML file of the gripper; default is the planner's gripper.
        picking: Scenes, cameras, noise and physics.
    """

    planner: str
    model: Path | None = None
    settings: Path | None = None
    approach: str | None = None
    gripper: Path | None = None
    picking: PickConfig = field(default_factory=PickConfig)

    def load(self) -> Planner:
        """Load the planner.

        Raises:
            ValueError: The planner has no gripper model, or a file is not usable.
        """
        kind = planner_kinds()[self.planner]
        settings = read_config(kind.settings, self.settings)
        if self.approach is not None:
            settings = replace(settings, approach=self.approach)
        return kind.load(self.model, settings, threads=1, gripper=self.read_gripper())

    def read_gripper(self) -> Gripper:
        """Return the gripper that executes the grasps."""
        kind = planner_kinds()[self.planner]
        if kind.gripper is None:
            raise ValueError(f'{self.planner} has no gripper model for the simulation')
        return read_gripper(self.gripper, kind.gripper) if self.gripper else kind.gripper()


def pick(job: PickJob, root: Path, workers: int, progress: Progress) -> list[Round]:
    """Run all rounds, or resume a run; return the rounds in order.

    Args:
        job: Planner and configuration.
        root: Folder of the results.
        workers: Number of processes.
        progress: Called with (iterator of finished rounds, description, total); yields the
            same items.

    Raises:
        ValueError: The folder contains the results of another job, or a file is not usable.
    """
    job.load()
    claim(root / 'pick.json', job)
    numbers = range(job.picking.rounds)
    with spread_over(workers, progress) as spread:
        for kind in job.picking.scenes:
            spread(partial(_run_round, job, root, kind), numbers, kind)
    return [
        round_
        for kind in job.picking.scenes
        for number in numbers
        for round_ in read_rounds(_path(root, kind, number))
    ]


def film_of(job: PickJob, root: Path, rounds: list[Round]) -> Path | None:
    """Repeat the first cleared round of the planner, preferably in a bin, and record a film.

    Returns:
        Path of the film; None if no round was cleared.
    """
    kinds = sorted(job.picking.scenes, key=lambda kind: kind != 'bin')
    cleared = [
        round_ for round_ in rounds if (round_.planner, round_.end) == (job.planner, CLEARED)
    ]
    wanted = min(cleared, key=lambda round_: kinds.index(round_.kind), default=None)
    if wanted is None:
        return None
    film = Film()
    alone = {job.planner: _planners(job)[job.planner]}
    _picker(job).run(alone, wanted.kind, wanted.number, film=film)
    film.write(root / FILM)
    return root / FILM


def objects_to_pick(config: PickConfig) -> Sequence[GraspObject]:
    """Return the procedural objects of the test split, or the user's meshes.

    Raises:
        ValueError: There is no object.
    """
    if config.meshes:
        return read_usable_meshes(config.meshes, config.mesh_scale).objects
    chosen = ProceduralObjects(config.objects, split=Split.TEST)
    if not chosen:
        raise ValueError(f'none of the {config.objects} objects is in the test split')
    return chosen


def _run_round(job: PickJob, root: Path, kind: str, number: int) -> int:
    """Run a round with every planner, unless its file exists."""
    path = _path(root, kind, number)
    if not path.exists():
        watch = FailurePictures(root / FAILURES, job.planner)
        rounds = _picker(job).run(_planners(job), kind, number, watch)
        write_text(path, json.dumps([asdict(item) for item in rounds], indent=1) + '\n')
    return number


def read_rounds(path: Path) -> list[Round]:
    """Read a file with one round of each planner, also one with older names of fields.

    Raises:
        ValueError: The file has other contents; the message contains its path.
    """
    try:
        values = json.loads(path.read_text(), object_hook=_with_current_names)
    except json.JSONDecodeError as error:
        raise ValueError(f'{path} is not JSON: {error}') from error
    if not isinstance(values, list):
        raise ValueError(f'{path} holds a {type(values).__name__}, expected a list of rounds')
    return [typed_values(Round, item, str(path)) for item in values]


def _with_current_names(values: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON object of a round file with the current names of fields."""
    return {_RENAMED.get(name, name): value for name, value in values.items()}


def _path(root: Path, kind: str, number: int) -> Path:
    return root / ROUNDS / f'{kind}_{number:04d}.json'


@lru_cache(maxsize=1)
def _picker(job: PickJob) -> Picker:
    return Picker(job.picking, objects_to_pick(job.picking), job.read_gripper())


@lru_cache(maxsize=1)
def _planners(job: PickJob) -> Mapping[str, Planner]:
    baselines = baselines_for(job.read_gripper()) if job.picking.baselines else {}
    return {job.planner: job.load(), **baselines}
