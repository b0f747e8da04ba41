"""Planners from model files."""

from __future__ import annotations

from pathlib import Path

from dexnet_core.grasp import Gripper
from dexnet_core.runtime.jaw_planner import JawPlanner
from dexnet_core.runtime.scorer import ViewScorer
from dexnet_core.runtime.session import NetworkSession, shipped_model
from dexnet_core.runtime.settings import JawSettings, SuctionSettings
from dexnet_core.runtime.suction_planner import SuctionPlanner


def load_suction_planner(
    model: Path | None = None, settings: SuctionSettings | None = None, threads: int = 2
) -> SuctionPlanner:
    """Load a suction planner; without a model file, with the weights that ship.

    Raises:
        FileNotFoundError: There is no such model file.
        ValueError: The model file is damaged or of another kind.
    """
    session = NetworkSession(model or shipped_model(Gripper.SUCTION), Gripper.SUCTION, threads)
    radius = session.contract.cup_radius
    return SuctionPlanner(ViewScorer(session), settings or SuctionSettings(), radius)


def load_jaw_planner(
    model: Path | None = None, settings: JawSettings | None = None, threads: int = 2
) -> JawPlanner:
    """Load a planner of parallel-jaw grasps; without a model file, with the weights that ship.

    Raises:
        FileNotFoundError: There is no such model file.
        ValueError: The model file is damaged or of another kind.
    """
    gripper = Gripper.PARALLEL_JAW
    session = NetworkSession(model or shipped_model(gripper), gripper, threads)
    return JawPlanner(ViewScorer(session), settings or JawSettings(), session.contract.jaw)
