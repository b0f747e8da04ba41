"""Planners from model files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from dexnet_core.planning.contracts.view_contract import JawCells
from dexnet_core.planning.grasp import GripperKind
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.networks.graspnet_board import (
    BoardGraspNet,
    is_for_board,
    open_board_graspnet,
)
from dexnet_core.planning.networks.graspnet_folder import GraspNetGraphs
from dexnet_core.planning.networks.graspnet_network import GraspNetNetwork
from dexnet_core.planning.networks.model_file import shipped_graspnet, shipped_jaw, shipped_suction
from dexnet_core.planning.networks.session import (
    CropSession,
    CupEvaluator,
    JawEvaluator,
    NetworkSession,
    open_session,
    Session,
)
from dexnet_core.planning.planners.crop_scorer import CropScorer, HeatmapScorer
from dexnet_core.planning.planners.graspnet_planner import GraspNetPlanner
from dexnet_core.planning.planners.gripper_range import note_size
from dexnet_core.planning.planners.jaw_finder import JawFinder
from dexnet_core.planning.planners.planner import ViewPlanner
from dexnet_core.planning.planners.scorer import Scorer, ViewScorer
from dexnet_core.planning.planners.settings import GraspNetSettings, JawSettings, SuctionSettings
from dexnet_core.planning.planners.suction_finder import SuctionFinder

DEXNET_JAW = JawCells(angles=16, offsets=(0.014,), gripper=JawGripper(max_opening=0.05))
"""Channels of crop networks of a parallel jaw; the jaw of Dex-Net 2.0 opens by 5 cm."""
PROPOSALS, EVALUATOR = 'proposals', 'evaluator'
"""Names of the files in a model folder, without their endings."""
_FORMER_NAMES = {PROPOSALS: 'cells', EVALUATOR: 'closings'}


def load_suction_planner(
    model: Path | None = None,
    settings: SuctionSettings | None = None,
    threads: int = 2,
    gripper: SuctionCup | None = None,
) -> ViewPlanner[SuctionSettings]:
    """Load a suction planner; without a model file, with the weights that ship.

    Args:
        model: ONNX file, or .bin file of the X5; or a folder with a network that proposes
            contacts, proposals.onnx, and an evaluator of planned contacts, evaluator.onnx; on the
            X5 also .bin files.
        settings: Settings of the planner; None for the defaults.
        threads: Number of threads of the networks.
        gripper: The robot's cup; None for the cup that the network was made for.

    Raises:
        FileNotFoundError: There is no such model file.
        ValueError: The model file is damaged or of another kind.
    """
    finder = load_suction_finder(model, threads, gripper)
    return ViewPlanner(finder, settings or SuctionSettings())


def load_suction_finder(
    model: Path | None = None, threads: int = 2, gripper: SuctionCup | None = None
) -> SuctionFinder:
    """Load the finder of suction grasps in a view; see `load_suction_planner`."""
    model = model or shipped_suction()
    path = _in_folder(model, PROPOSALS) if model.is_dir() else model
    session = open_session(path, GripperKind.SUCTION, threads)
    if isinstance(session, JawEvaluator | CupEvaluator):
        raise ValueError(f'{path} evaluates grasps, expected a network that proposes them')
    evaluator = None
    if model.is_dir():
        evaluator = load_cup_evaluator(_in_folder(model, EVALUATOR), threads)
        if gripper:
            note_size(gripper.radius, evaluator.contract.sizes, 'radius of the cup', 'suction')
    usual = SuctionCup()
    if session.contract.cup_radius != usual.radius:
        usual = _cup_of_size(session.contract.cup_radius)
    return SuctionFinder(scorer_of(session), gripper or usual, evaluator)


def load_cup_evaluator(path: Path, threads: int) -> CupEvaluator:
    """Load a network that evaluates planned suction contacts.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is damaged or of another kind.
    """
    evaluator = open_session(path, GripperKind.SUCTION, threads)
    if not isinstance(evaluator, CupEvaluator):
        raise ValueError(f'{path} proposes contacts, expected a network that evaluates them')
    return evaluator


def _cup_of_size(radius: float) -> SuctionCup:
    """Return a cup of a radius; lip, travel and body radius are scaled in proportion."""
    usual = SuctionCup()
    scale = radius / usual.radius
    return replace(
        usual,
        radius=radius,
        lip=usual.lip * scale,
        travel=usual.travel * scale,
        body_radius=usual.body_radius * scale,
    )


def load_jaw_planner(
    model: Path | None = None,
    settings: JawSettings | None = None,
    threads: int = 2,
    gripper: JawGripper | None = None,
) -> ViewPlanner[JawSettings]:
    """Load a planner of parallel-jaw grasps; without a model, with the weights that ship.

    Args:
        model: ONNX file of a network that proposes and scores grasps, or a folder with a network
            that proposes grasps, proposals.onnx or on the X5 proposals.bin, and an evaluator of
            placed grasps, evaluator.onnx.
        settings: Settings of the planner; None for the defaults.
        threads: Number of threads of the networks.
        gripper: The robot's gripper; None for the gripper that the networks were made for.

    Raises:
        FileNotFoundError: There is no such model.
        ValueError: A file is damaged or of another kind, or the files are for different jaws.
    """
    finder = load_jaw_finder(model, threads, gripper)
    return ViewPlanner(finder, settings or JawSettings())


def load_jaw_finder(
    model: Path | None = None, threads: int = 2, gripper: JawGripper | None = None
) -> JawFinder:
    """Load the finder of parallel-jaw grasps in a view; see `load_jaw_planner`."""
    model = model or shipped_jaw()
    session = proposing_session(model, threads)
    cells = cells_of(session)
    evaluator = None
    if model.is_dir():
        evaluator = load_jaw_evaluator(_in_folder(model, EVALUATOR), cells.gripper, threads)
        if gripper:
            _note_opening(gripper, evaluator)
    return JawFinder(scorer_of(session, cells), cells, evaluator, gripper)


def _note_opening(gripper: JawGripper, evaluator: JawEvaluator) -> None:
    opening, sizes = gripper.max_opening, evaluator.contract.sizes
    note_size(opening, sizes, 'max_opening of the gripper', 'jaw')


def cells_of(session: NetworkSession | CropSession) -> JawCells:
    """Return the meaning of the channels of a network that proposes jaws.

    Raises:
        ValueError: The contract does not define it.
    """
    if isinstance(session, CropSession):
        return DEXNET_JAW
    contract = session.contract
    if contract.jaw is None:
        raise ValueError(f'{contract.name} does not define its channels for a jaw')
    return contract.jaw


def proposing_session(model: Path, threads: int) -> NetworkSession | CropSession:
    """Open the network of a model file or folder that proposes jaws.

    Raises:
        FileNotFoundError: There is no such file or folder.
        ValueError: The network cannot be used, or does not propose jaws.
    """
    path = _in_folder(model, PROPOSALS) if model.is_dir() else model
    session = open_session(path, GripperKind.PARALLEL_JAW, threads)
    if isinstance(session, JawEvaluator | CupEvaluator):
        raise ValueError(f'{path} evaluates placed jaws, expected a network that proposes them')
    return session


def _in_folder(folder: Path, name: str) -> Path:
    """Return the file of a name, the one for the board first; former names are accepted."""
    known = [f'{name}.bin', f'{name}.onnx']
    known += [f'{_FORMER_NAMES[name]}.bin', f'{_FORMER_NAMES[name]}.onnx']
    found = (folder / file for file in known if (folder / file).exists())
    return next(found, folder / f'{name}.onnx')


def load_jaw_evaluator(path: Path, gripper: JawGripper, threads: int) -> JawEvaluator:
    """Load a network that evaluates placed jaws.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is damaged, of another kind, or for a jaw of another usual size.
    """
    evaluator = open_session(path, GripperKind.PARALLEL_JAW, threads)
    if not isinstance(evaluator, JawEvaluator):
        raise ValueError(f'{path} proposes jaws, expected a network that evaluates placed ones')
    if evaluator.contract.jaw.max_opening != gripper.max_opening:
        raise ValueError(f'{path} is for {evaluator.contract.jaw}, expected {gripper}')
    return evaluator


def load_graspnet_planner(
    model: Path | None = None,
    settings: GraspNetSettings | None = None,
    threads: int = 2,
    gripper: JawGripper | None = None,
) -> GraspNetPlanner:
    """Load a planner of GraspNet grasps; without a folder of graphs, the shipped graphs.

    Args:
        model: Folder of graphs. Its evaluator.onnx evaluates fitted jaws; if there is none, the
            shipped one does.
        settings: Settings of the planner; None for the defaults.
        threads: Number of threads of the network.
        gripper: The robot's gripper; None for the usual one.

    Raises:
        FileNotFoundError: There is no such folder, or a graph is missing.
        ValueError: The graphs are damaged or of another kind.
    """
    folder = model or shipped_graspnet()
    if not folder.is_dir():
        raise FileNotFoundError(f'there is no folder {folder} of GraspNet graphs')
    network: BoardGraspNet | GraspNetNetwork
    if is_for_board(folder):
        network = open_board_graspnet(folder, threads)
    else:
        network = GraspNetNetwork(GraspNetGraphs(folder, threads), threads)
    path = _in_folder(folder, EVALUATOR)
    path = path if path.exists() else _in_folder(shipped_graspnet(), EVALUATOR)
    evaluator = load_jaw_evaluator(path, JawGripper(), threads)
    if gripper:
        _note_opening(gripper, evaluator)
    return GraspNetPlanner(network, settings or GraspNetSettings(), evaluator, gripper)


def load_evaluator(path: Path, threads: int = 2) -> JawEvaluator | CupEvaluator:
    """Load a network that evaluates grasps, for any gripper.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is damaged or of another kind.
    """
    evaluator = open_session(path, None, threads)
    if not isinstance(evaluator, JawEvaluator | CupEvaluator):
        raise ValueError(f'{path} proposes grasps, expected a network that evaluates them')
    return evaluator


def scorer_of(session: Session, cells: JawCells | None = None) -> Scorer[Any]:
    """Return the scorer of a network; `cells` defines how the crops of a jaw are rotated.

    Raises:
        ValueError: The network evaluates placed grippers and does not propose any.
    """
    if isinstance(session, JawEvaluator | CupEvaluator):
        raise ValueError(
            f'{session.contract.name} evaluates grasps, expected a network that proposes them'
        )
    if isinstance(session, NetworkSession):
        return ViewScorer(session)
    if session.contract.form == 'crop':
        return CropScorer(session, cells)
    return HeatmapScorer(session, cells)
