"""The kinds of planner: for each gripper what loads its planner, and what settings that has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from dexnet_core.runtime.loading import load_jaw_planner, load_suction_planner
from dexnet_core.runtime.planner import Planner
from dexnet_core.runtime.settings import JawSettings, PlannerSettings, SuctionSettings


class PlannerKind(NamedTuple):
    """What makes a command or a node one for a gripper.

    Attributes:
        load: (model file or None for the shipped one, settings or None for the defaults, threads
            of the network) -> planner; raises ValueError or OSError with one line for a person.
        settings: Dataclass of the planner's settings; its fields are a node's parameters.
    """

    load: Callable[[Path | None, PlannerSettings | None, int], Planner]
    settings: type[PlannerSettings]


SUCTION = PlannerKind(load_suction_planner, SuctionSettings)
PARALLEL_JAW = PlannerKind(load_jaw_planner, JawSettings)
KINDS = {'suction': SUCTION, 'jaw': PARALLEL_JAW}
"""By the names that a person types."""
