"""Export of a GraspNet for the board: graphs and calibration samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from dexnet_core.export.x5.equalising import equalised
from dexnet_core.export.x5.recorded_inputs import Recorder
from dexnet_core.export.x5.simulation import PlannerInput, plans_of
from dexnet_core.export.x5.toolchain import BoardNetwork, Sample, wide_nodes
from dexnet_core.export.x5.x5_folder import Export
from dexnet_core.io.files.atomic import write_text
from dexnet_core.planning.graspnet.board_graphs import CONTRACT_FILE
from dexnet_core.planning.graspnet.graspnet_contract import contract_to_json, GraspNetContract
from dexnet_core.planning.networks.graph import Graph
from dexnet_core.planning.networks.graspnet_board import open_board_graspnet
from dexnet_core.planning.planners.graspnet_planner import GraspNetPlanner
from dexnet_core.planning.planners.settings import GraspNetSettings
import onnx

_MOST_SAMPLES = 20
"""Samples per graph; all graphs together use 26 MB per cloud."""
_USE = 'dexnet plan graspnet --weights grasping --depth F --camera C --out DIR'


def graspnet_export(
    models: Mapping[str, onnx.ModelProto],
    contract: GraspNetContract,
    inputs: Iterable[PlannerInput],
    wide: Sequence[str] = (),
) -> Export:
    """Return the export of a GraspNet.

    Args:
        models: The graphs in board form, by name.
        contract: Contract of the network.
        inputs: Images or clouds for calibration.
        wide: Parts of the names of nodes with 16-bit inputs.

    Raises:
        ValueError: No input has a seed on an object, or no node name contains a part.
    """
    text, named = contract_to_json(contract), wide_nodes(models, wide)
    samples = _recorded(models, text, inputs)
    networks = [
        BoardNetwork(name, equalised(model, samples[name]), samples[name], wide=named[name])
        for name, model in models.items()
    ]
    return Export(contract.name, networks, (CONTRACT_FILE, text), _USE)


def _recorded(
    models: Mapping[str, onnx.ModelProto], contract: str, inputs: Iterable[PlannerInput]
) -> dict[str, list[Sample]]:
    """Return the inputs of each graph while a planner runs."""
    recorders: dict[str, Recorder] = {}

    def recording(name: str, graph: Graph) -> Graph:
        recorders[name] = Recorder(graph, _MOST_SAMPLES)
        return recorders[name]

    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_text(folder / CONTRACT_FILE, contract)
        for name, model in models.items():
            onnx.save(model, folder / f'{name}.onnx')
        network = open_board_graspnet(folder, around=recording)
        plans_of(GraspNetPlanner(network, GraspNetSettings()), inputs)
    return {name: recorder.samples for name, recorder in recorders.items()}


def load_board_planner(folder: Path) -> GraspNetPlanner:
    """Load a planner from a folder of graphs for the board.

    Raises:
        FileNotFoundError: A graph or the contract is missing.
        ValueError: A graph is damaged, or does not match the contract.
    """
    return GraspNetPlanner(open_board_graspnet(folder), GraspNetSettings())
