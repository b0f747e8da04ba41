"""The planners by name: those of this package, and those that other packages bring.

A package brings a planner by an entry point of the group `dexnet.planners` that names a
`PlannerKind`:

    [project.entry-points.'dexnet.planners']
    mine = 'my_package.planner:KIND'
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.gripper_files import Gripper
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.planners.loading import (
    load_graspnet_planner,
    load_jaw_planner,
    load_suction_planner,
)
from dexnet_core.planning.planners.planner import Planner
from dexnet_core.planning.planners.settings import (
    GraspNetSettings,
    JawSettings,
    PlannerSettings,
    SuctionSettings,
)

T = TypeVar('T')
GROUP = 'dexnet.planners'


class Load(Protocol):
    """Loads a planner."""

    def __call__(
        self,
        model: Path | None = None,
        settings: PlannerSettings | None = None,
        threads: int = 2,
        gripper: Gripper | None = None,
    ) -> Planner:
        """Return a planner.

        Args:
            model: Model file or folder; the shipped one without.
            settings: Of the planner's own kind; its defaults without.
            threads: Of the network.
            gripper: The robot's, of the planner's own type; the one of the network without.

        Raises:
            FileNotFoundError: There is no such model.
            ValueError: The model or the gripper cannot be used.
        """


class PlannerKind(NamedTuple):
    """What makes a command, a node or a benchmark one for a planner.

    Attributes:
        load: Loads the planner.
        settings: Dataclass of its settings; the fields are a node's parameters.
        gripper: Type of its gripper; None where it has none that can be described.
        has_heatmap: Whether it tells a quality for every pixel of a depth image.
    """

    load: Load
    settings: type[PlannerSettings]
    gripper: type[Gripper] | None = None
    has_heatmap: bool = True


def _load_suction(
    model: Path | None = None,
    settings: PlannerSettings | None = None,
    threads: int = 2,
    gripper: Gripper | None = None,
) -> Planner:
    own, cup = _of(SuctionSettings, settings), _of(SuctionCup, gripper)
    return load_suction_planner(model, own, threads, cup)


def _load_jaw(
    model: Path | None = None,
    settings: PlannerSettings | None = None,
    threads: int = 2,
    gripper: Gripper | None = None,
) -> Planner:
    own, jaw = _of(JawSettings, settings), _of(JawGripper, gripper)
    return load_jaw_planner(model, own, threads, jaw)


def _load_graspnet(
    model: Path | None = None,
    settings: PlannerSettings | None = None,
    threads: int = 2,
    gripper: Gripper | None = None,
) -> Planner:
    own, jaw = _of(GraspNetSettings, settings), _of(JawGripper, gripper)
    return load_graspnet_planner(model, own, threads, jaw)


def _of(kind: type[T], value: object) -> T | None:
    """Return settings or a gripper of a planner's own kind, None where none is given.

    Raises:
        ValueError: It is of another kind.
    """
    if value is None or isinstance(value, kind):
        return value
    raise ValueError(f'got {type(value).__name__}, expected {kind.__name__}')


SUCTION = PlannerKind(_load_suction, SuctionSettings, SuctionCup)
PARALLEL_JAW = PlannerKind(_load_jaw, JawSettings, JawGripper)
GRASPNET = PlannerKind(_load_graspnet, GraspNetSettings, JawGripper, has_heatmap=False)
_OWN = {'suction': SUCTION, 'jaw': PARALLEL_JAW, 'graspnet': GRASPNET}


@cache
def planner_kinds() -> Mapping[str, PlannerKind]:
    """Return the kinds of planner by the names that a person types.

    Raises:
        ValueError: What another package brings is no kind of planner, or has a name that is taken.
    """
    kinds = dict(_OWN)
    for entry in entry_points(group=GROUP):
        kind = entry.load()
        if not isinstance(kind, PlannerKind):
            got = type(kind).__name__
            raise ValueError(f'{entry.value} of {GROUP} is a {got}, expected a PlannerKind')
        if entry.name in kinds:
            raise ValueError(f'{entry.value} of {GROUP} is called {entry.name}, which is taken')
        kinds[entry.name] = kind
    return kinds


def gripper_type(planner: str) -> type[Gripper]:
    """Return the type of the gripper of a planner.

    Args:
        planner: Its name, of `planner_kinds`.

    Raises:
        ValueError: It has none that can be described.
    """
    gripper = planner_kinds()[planner].gripper
    if gripper is None:
        raise ValueError(
            f'{planner} has no gripper that can be described, expected another planner'
        )
    return gripper


def name_of(kind: PlannerKind) -> str:
    """Return the name of a kind of planner; empty where it has none."""
    return next((name for name, known in planner_kinds().items() if known is kind), '')
