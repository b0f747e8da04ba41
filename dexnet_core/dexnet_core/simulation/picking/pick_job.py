"""Rounds of picking over processes; a run that was killed goes on where it stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache, partial
import json
from pathlib import Path

from dexnet_core.io.configuration import claim, config_from_dict, read_config
from dexnet_core.io.files.atomic import write_text
from dexnet_core.io.processes import spread_over
from dexnet_core.io.progress import Progress
from dexnet_core.planning.grippers.gripper_files import Gripper, read_gripper
from dexnet_core.planning.planners.planner import Planner
from dexnet_core.planning.planners.planner_registry import planner_kinds
from dexnet_core.simulation.objects.grasp_object import GraspObject, Split
from dexnet_core.simulation.objects.own_meshes import read_usable_meshes
from dexnet_core.simulation.objects.procedural import ProceduralObjects
from dexnet_core.simulation.picking.baselines import baselines_for
from dexnet_core.simulation.picking.failure_pictures import FailurePictures
from dexnet_core.simulation.picking.film import Film
from dexnet_core.simulation.picking.pick_config import PickConfig
from dexnet_core.simulation.picking.rounds import CLEARED, Picker, Round

ROUNDS, FAILURES, FILM = 'rounds', 'failures', 'film.gif'
"""What a folder holds: files of rounds, pictures of failures, and a film."""


@dataclass(frozen=True)
class PickJob:
    """Who picks at what.

    Attributes:
        planner: Name of the planner, see `planner_kinds`.
        model: Its model; the shipped one without.
        settings: YAML of its settings.
        approach: From where grasps come; as in the settings without.
        gripper: YAML of the gripper; the planner's own without.
        picking: Scenes, cameras, noise.
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
            ValueError: The planner has no gripper that can be described, or a file is not usable.
        """
        kind = planner_kinds()[self.planner]
        settings = read_config(kind.settings, self.settings)
        if self.approach is not None:
            settings = replace(settings, approach=self.approach)
        return kind.load(self.model, settings, threads=1, gripper=self.read_gripper())

    def read_gripper(self) -> Gripper:
        """Return what carries the grasps out."""
        kind = planner_kinds()[self.planner]
        if kind.gripper is None:
            raise ValueError(f'{self.planner} has no gripper that physics knows')
        return read_gripper(self.gripper, kind.gripper) if self.gripper else kind.gripper()


def pick(job: PickJob, root: Path, workers: int, progress: Progress) -> list[Round]:
    """Play, or go on playing, all rounds; return them in order.

    Args:
        job: What to do.
        root: Folder of the results.
        workers: Processes that work side by side.
        progress: Called with (done rounds, description, total); yields them back.

    Raises:
        ValueError: The folder holds another job, or a file cannot be used.
    """
    job.load()
    claim(root / 'pick.json', job)
    numbers = range(job.picking.rounds)
    with spread_over(workers, progress) as spread:
        for kind in job.picking.scenes:
            spread(partial(_play, job, root, kind), numbers, kind)
    return [
        played
        for kind in job.picking.scenes
        for number in numbers
        for played in _read(_path(root, kind, number))
    ]


def film_of(job: PickJob, root: Path, rounds: list[Round]) -> Path | None:
    """Play the first round again that its planner cleared, if possible in a bin, as a film.

    Returns:
        The file; None where no round was cleared.
    """
    kinds = sorted(job.picking.scenes, key=lambda kind: kind != 'bin')
    cleared = [
        played for played in rounds if (played.planner, played.end) == (job.planner, CLEARED)
    ]
    wanted = min(cleared, key=lambda played: kinds.index(played.kind), default=None)
    if wanted is None:
        return None
    film = Film()
    alone = {job.planner: _planners(job)[job.planner]}
    _picker(job).play(alone, wanted.kind, wanted.number, film=film)
    film.write(root / FILM)
    return root / FILM


def objects_to_pick(config: PickConfig) -> Sequence[GraspObject]:
    """Return the objects of the test split, or the user's.

    Raises:
        ValueError: There is none.
    """
    if config.meshes:
        return read_usable_meshes(config.meshes, config.mesh_scale).objects
    chosen = ProceduralObjects(config.objects, split=Split.TEST)
    if not chosen:
        raise ValueError(f'none of the {config.objects} objects is for testing')
    return chosen


def _play(job: PickJob, root: Path, kind: str, number: int) -> int:
    """Play a round with every planner, unless that was done."""
    path = _path(root, kind, number)
    if not path.exists():
        watch = FailurePictures(root / FAILURES, job.planner)
        played = _picker(job).play(_planners(job), kind, number, watch)
        write_text(path, json.dumps([asdict(item) for item in played], indent=1) + '\n')
    return number


def _read(path: Path) -> list[Round]:
    values = json.loads(path.read_text())
    return [config_from_dict(Round, item, str(path)) for item in values]


def _path(root: Path, kind: str, number: int) -> Path:
    return root / ROUNDS / f'{kind}_{number:04d}.json'


@lru_cache(maxsize=1)
def _picker(job: PickJob) -> Picker:
    return Picker(job.picking, objects_to_pick(job.picking), job.read_gripper())


@lru_cache(maxsize=1)
def _planners(job: PickJob) -> Mapping[str, Planner]:
    baselines = baselines_for(job.read_gripper()) if job.picking.baselines else {}
    return {job.planner: job.load(), **baselines}
