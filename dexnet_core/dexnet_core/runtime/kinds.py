"""The kinds of planner: for each gripper what loads its planner, and what settings that has."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol

from dexnet_core.runtime.graspnet_planner import GraspNetPlanner
from dexnet_core.runtime.loading import (
    load_graspnet_planner,
    load_jaw_planner,
    load_suction_planner,
)
from dexnet_core.runtime.planner import Planner
from dexnet_core.runtime.settings import (
    GraspNetSettings,
    JawSettings,
    PlannerSettings,
    SuctionSettings,
)


class Load(Protocol):
    """Loads a planner."""

    def __call__(
        self, model: Path | None = None, settings: PlannerSettings | None = None, threads: int = 2
    ) -> Planner | GraspNetPlanner:
        """Return a planner.

        Args:
            model: Model file, of GraspNet the folder of its graphs, of a jaw either; the shipped
                one without.
            settings: Of the planner's own kind; its defaults without.
            threads: Of the network.

        Raises:
            FileNotFoundError: There is no such model file.
            ValueError: The model file cannot be used.
        """


class PlannerKind(NamedTuple):
    """What makes a command or a node one for a gripper.

    Attributes:
        load: Loads its planner.
        settings: Dataclass of the planner's settings; its fields are a node's parameters.
        reads_clouds: Whether it plans on point clouds as well as on depth images.
        has_heatmap: Whether it tells a quality for every pixel.
    """

    load: Load
    settings: type[PlannerSettings]
    reads_clouds: bool = False
    has_heatmap: bool = True


SUCTION = PlannerKind(load_suction_planner, SuctionSettings)
PARALLEL_JAW = PlannerKind(load_jaw_planner, JawSettings)
GRASPNET = PlannerKind(
    load_graspnet_planner, GraspNetSettings, reads_clouds=True, has_heatmap=False
)
KINDS = {'suction': SUCTION, 'jaw': PARALLEL_JAW, 'graspnet': GRASPNET}
"""By the names that a person types."""
