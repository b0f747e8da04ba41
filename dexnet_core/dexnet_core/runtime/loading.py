"""Planners from model files."""

from __future__ import annotations

from pathlib import Path

from dexnet_core.contract import JawCells
from dexnet_core.grasp import Gripper
from dexnet_core.gripper import JawGripper
from dexnet_core.runtime.crop_scorer import CropScorer, HeatmapScorer
from dexnet_core.runtime.graspnet_graphs import GraspNetGraphs
from dexnet_core.runtime.graspnet_network import GraspNetNetwork
from dexnet_core.runtime.graspnet_planner import GraspNetPlanner
from dexnet_core.runtime.jaw_planner import JawPlanner
from dexnet_core.runtime.model_file import shipped_graspnet, shipped_model
from dexnet_core.runtime.scorer import Scorer, ViewScorer
from dexnet_core.runtime.session import CropSession, NetworkSession, open_session
from dexnet_core.runtime.settings import GraspNetSettings, JawSettings, SuctionSettings
from dexnet_core.runtime.suction_planner import SuctionPlanner

DEXNET_JAW = JawCells(angles=16, offsets=(0.014,), gripper=JawGripper(max_opening=0.05))
"""How crop networks of a parallel jaw are asked; Dex-Net 2.0 opens it by 5 cm."""


def load_suction_planner(
    model: Path | None = None, settings: SuctionSettings | None = None, threads: int = 2
) -> SuctionPlanner:
    """Load a suction planner; without a model file, with the weights that ship.

    Raises:
        FileNotFoundError: There is no such model file.
        ValueError: The model file is damaged or of another kind.
    """
    session = open_session(model or shipped_model(Gripper.SUCTION), Gripper.SUCTION, threads)
    radius = session.contract.cup_radius
    return SuctionPlanner(scorer_of(session), settings or SuctionSettings(), radius)


def load_jaw_planner(
    model: Path | None = None, settings: JawSettings | None = None, threads: int = 2
) -> JawPlanner:
    """Load a planner of parallel-jaw grasps; without a model file, with the weights that ship.

    Raises:
        FileNotFoundError: There is no such model file.
        ValueError: The model file is damaged or of another kind.
    """
    gripper = Gripper.PARALLEL_JAW
    session = open_session(model or shipped_model(gripper), gripper, threads)
    cells = DEXNET_JAW if isinstance(session, CropSession) else session.contract.jaw
    return JawPlanner(scorer_of(session, cells), settings or JawSettings(), cells)


def load_graspnet_planner(
    model: Path | None = None, settings: GraspNetSettings | None = None, threads: int = 2
) -> GraspNetPlanner:
    """Load a planner of GraspNet grasps; without a folder of graphs, with those that ship.

    Raises:
        FileNotFoundError: There is no such folder, or a graph is missing.
        ValueError: The graphs are damaged or of another kind.
    """
    folder = model or shipped_graspnet()
    if not folder.is_dir():
        raise FileNotFoundError(f'there is no folder {folder} of GraspNet graphs')
    network = GraspNetNetwork(GraspNetGraphs(folder, threads), threads)
    return GraspNetPlanner(network, settings or GraspNetSettings())


def scorer_of(session: NetworkSession | CropSession, cells: JawCells | None = None) -> Scorer:
    """Return what feeds the network; crops of a jaw are turned as its cells say."""
    if isinstance(session, NetworkSession):
        return ViewScorer(session)
    kind = CropScorer if session.contract.form == 'crop' else HeatmapScorer
    return kind(session, cells)
