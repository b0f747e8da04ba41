"""Registry of planners by name: those of this package, and those of other packages.

A package adds a planner by an entry point of the group `dexnet.planners` that refers to a
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
            model: Model file or folder; None for the shipped one.
            settings: Settings for this kind of planner; None for the defaults.
            threads: Number of threads of the network.
            gripper: The robot's gripper, of the planner's type; None for that of the network.

        Raises:
            FileNotFoundError: There is no such model.
            ValueError: The model or the gripper cannot be used.
        """


class PlannerKind(NamedTuple):
    """Properties of a kind of planner, for commands, nodes and benchmarks.

    Attributes:
        load: Loads the planner.
        settings: Dataclass of its settings; the fields are a node's parameters.
        gripper: Type of its gripper; None if its gripper cannot be described.
        has_heatmap: Whether plans have a quality for every pixel of a depth image.
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
    checked, cup = _of(SuctionSettings, settings), _of(SuctionCup, gripper)
    return load_suction_planner(model, checked, threads, cup)


def _load_jaw(
    model: Path | None = None,
    settings: PlannerSettings | None = None,
    threads: int = 2,
    gripper: Gripper | None = None,
) -> Planner:
    checked, jaw = _of(JawSettings, settings), _of(JawGripper, gripper)
    return load_jaw_planner(model, checked, threads, jaw)


def _load_graspnet(
    model: Path | None = None,
    settings: PlannerSettings | None = None,
    threads: int = 2,
    gripper: Gripper | None = None,
) -> Planner:
    checked, jaw = _of(GraspNetSettings, settings), _of(JawGripper, gripper)
    return load_graspnet_planner(model, checked, threads, jaw)


def _of(kind: type[T], value: object) -> T | None:
    """Return settings or a gripper after a check of the type; None if there is none.

    Raises:
        ValueError: The value is of another type.
    """
    if value is None or isinstance(value, kind):
        return value
    raise ValueError(f'got {type(value).__name__}, expected {kind.__name__}')


SUCTION = PlannerKind(_load_suction, SuctionSettings, SuctionCup)
PARALLEL_JAW = PlannerKind(_load_jaw, JawSettings, JawGripper)
GRASPNET = PlannerKind(_load_graspnet, GraspNetSettings, JawGripper, has_heatmap=False)
_BUILT_IN = {'suction': SUCTION, 'jaw': PARALLEL_JAW, 'graspnet': GRASPNET}


@cache
def planner_kinds() -> Mapping[str, PlannerKind]:
    """Return the kinds of planner by name.

    Raises:
        ValueError: An entry point is not a `PlannerKind`, or its name is taken.
    """
    kinds = dict(_BUILT_IN)
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
        planner: Name of the planner in `planner_kinds`.

    Raises:
        ValueError: Its gripper cannot be described.
    """
    gripper = planner_kinds()[planner].gripper
    if gripper is None:
        raise ValueError(
            f'{planner} has no gripper that can be described, expected another planner'
        )
    return gripper


def name_of(kind: PlannerKind) -> str:
    """Return the name of a kind of planner; empty if it is not registered."""
    return next((name for name, known in planner_kinds().items() if known is kind), '')
