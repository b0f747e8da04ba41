"""A GraspNet for the board: its graphs, what they are shown, and what rounding costs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from dexnet_core.export.x5.equalising import equalised
from dexnet_core.export.x5.recorded_inputs import Recorder
from dexnet_core.export.x5.simulation import plans_of, Shown
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
"""Of each graph; together they have 26 MB for each cloud."""
_USE = 'dexnet plan graspnet --weights grasping --depth F --camera C --out DIR'


def graspnet_export(
    models: Mapping[str, onnx.ModelProto],
    contract: GraspNetContract,
    shown: Iterable[Shown],
    wide: Sequence[str] = (),
) -> Export:
    """Return what is to be written of a GraspNet.

    Args:
        models: The graphs in the form for the board, by name.
        contract: How they are fed and read.
        shown: To calibrate with.
        wide: Parts of names of nodes that are to read 16 bits.

    Raises:
        ValueError: Nothing on any object was shown, or no node has such a name.
    """
    text, named = contract_to_json(contract), wide_nodes(models, wide)
    samples = _recorded(models, text, shown)
    networks = [
        BoardNetwork(name, equalised(model, samples[name]), samples[name], wide=named[name])
        for name, model in models.items()
    ]
    return Export(contract.name, networks, (CONTRACT_FILE, text), _USE)


def _recorded(
    models: Mapping[str, onnx.ModelProto], contract: str, shown: Iterable[Shown]
) -> dict[str, list[Sample]]:
    """Return what each graph is shown by a planner."""
    recorders: dict[str, Recorder] = {}

    def listening(name: str, graph: Graph) -> Graph:
        recorders[name] = Recorder(graph, _MOST_SAMPLES)
        return recorders[name]

    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_text(folder / CONTRACT_FILE, contract)
        for name, model in models.items():
            onnx.save(model, folder / f'{name}.onnx')
        network = open_board_graspnet(folder, around=listening)
        plans_of(GraspNetPlanner(network, GraspNetSettings()), shown)
    return {name: recorder.samples for name, recorder in recorders.items()}


def load_board_planner(folder: Path) -> GraspNetPlanner:
    """Load the planner of a folder of graphs for the board.

    Raises:
        FileNotFoundError: A graph or the contract is missing.
        ValueError: A graph is damaged, or not as the contract says.
    """
    return GraspNetPlanner(open_board_graspnet(folder), GraspNetSettings())
