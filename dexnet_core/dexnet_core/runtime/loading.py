"""Planners from model files."""

from __future__ import annotations

from pathlib import Path

from dexnet_core.contracts.views import JawCells
from dexnet_core.grasp import Gripper
from dexnet_core.grippers.jaw import JawGripper
from dexnet_core.runtime.crop_scorer import CropScorer, HeatmapScorer
from dexnet_core.runtime.graspnet_board import is_for_board, open_board_graspnet
from dexnet_core.runtime.graspnet_graphs import GraspNetGraphs
from dexnet_core.runtime.graspnet_network import GraspNetNetwork
from dexnet_core.runtime.graspnet_planner import GraspNetPlanner
from dexnet_core.runtime.jaw_planner import JawPlanner, scale_of
from dexnet_core.runtime.model_file import shipped_graspnet, shipped_jaw, shipped_suction
from dexnet_core.runtime.scorer import Scorer, ViewScorer
from dexnet_core.runtime.session import (
    ClosingSession,
    CropSession,
    NetworkSession,
    open_session,
    Session,
)
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
    session = open_session(model or shipped_suction(), Gripper.SUCTION, threads)
    radius = session.contract.cup_radius
    return SuctionPlanner(scorer_of(session), settings or SuctionSettings(), radius)


def load_jaw_planner(
    model: Path | None = None,
    settings: JawSettings | None = None,
    threads: int = 2,
    gripper: JawGripper | None = None,
) -> JawPlanner:
    """Load a planner of parallel-jaw grasps; without a model, with the weights that ship.

    Args:
        model: ONNX file of a network that proposes and scores grasps, or a folder that holds one
            that proposes them, cells.onnx or on the X5 cells.bin, and one that judges them,
            closings.onnx.
        settings: How grasps are chosen; the defaults without.
        threads: Of the networks.
        gripper: The robot's; the one that the networks were made for without.

    Raises:
        FileNotFoundError: There is no such model.
        ValueError: A file is damaged, of another kind, or for another jaw than its neighbour.
    """
    model = model or shipped_jaw()
    session = _proposing_session(model, threads)
    cells = DEXNET_JAW if isinstance(session, CropSession) else session.contract.jaw
    judging = model / 'closings.onnx' if model.is_dir() else None
    judge = _closing_judge(judging, cells.gripper, threads) if judging else None
    gripper = gripper or cells.gripper
    scorer = scorer_of(session, cells, scale_of(gripper, cells))
    return JawPlanner(scorer, settings or JawSettings(), cells, judge, gripper)


def _proposing_session(model: Path, threads: int) -> NetworkSession | CropSession:
    path = _proposing(model)
    session = open_session(path, Gripper.PARALLEL_JAW, threads)
    if isinstance(session, ClosingSession):
        raise ValueError(f'{path} judges placed jaws, expected a network that proposes them')
    return session


def _proposing(model: Path) -> Path:
    if not model.is_dir():
        return model
    on_board = model / 'cells.bin'
    return on_board if on_board.exists() else model / 'cells.onnx'


def _closing_judge(path: Path, gripper: JawGripper, threads: int) -> ClosingSession:
    judge = open_session(path, Gripper.PARALLEL_JAW, threads)
    if not isinstance(judge, ClosingSession):
        raise ValueError(f'{path} proposes jaws, expected a network that judges placed ones')
    if judge.contract.jaw != gripper:
        raise ValueError(f'{path} is for {judge.contract.jaw}, expected {gripper}')
    return judge


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
    if is_for_board(folder):
        network = open_board_graspnet(folder, threads)
    else:
        network = GraspNetNetwork(GraspNetGraphs(folder, threads), threads)
    return GraspNetPlanner(network, settings or GraspNetSettings())


def scorer_of(session: Session, cells: JawCells | None = None, scale: float = 1.0) -> Scorer:
    """Return what feeds the network; crops of a jaw are turned as its cells say.

    Args:
        session: The network.
        cells: What the channels of a jaw mean.
        scale: Size of the gripper over that of the gripper of the network, of metric views.

    Raises:
        ValueError: The network judges placed jaws, and finds none.
    """
    if isinstance(session, ClosingSession):
        raise ValueError(f'{session.contract.name} judges placed jaws, it does not find any')
    if isinstance(session, NetworkSession):
        return ViewScorer(session, scale)
    kind = CropScorer if session.contract.form == 'crop' else HeatmapScorer
    return kind(session, cells)
