"""Model files: a graph with its contract, stored in its metadata or in a file beside it."""

from __future__ import annotations

from importlib.resources import files
import logging
from pathlib import Path
from typing import NamedTuple

from dexnet_core.planning.contracts.stored_contract import (
    Contract,
    contract_from_json,
    METADATA_KEY,
)
from dexnet_core.planning.grasp import GripperKind
from dexnet_core.planning.networks.fixed_graph import FixedGraph, is_fixed
from dexnet_core.planning.networks.graph import Graph, OnnxGraph
from dexnet_core.planning.networks.hbm import HbmGraph, SUFFIX
import numpy as np
from numpy.typing import NDArray
import onnxruntime

_LOG = logging.getLogger(__name__)


class ModelFile(NamedTuple):
    """An opened model file.

    Attributes:
        path: Path of the file.
        contract: Inputs, outputs and units of the network.
        graph: The loaded graph.
    """

    path: Path
    contract: Contract
    graph: Graph

    def require_inputs(self, *channels: int) -> None:
        """Raise ValueError unless the inputs have these sizes along their second axis."""
        got = list(self.graph.inputs.values())
        if [shape[1] if len(shape) > 1 else None for shape in got] != list(channels):
            raise ValueError(f'{self.path} has inputs {got}, expected {channels} channels')

    def run(self, *inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the first output."""
        return self.graph.run(*inputs)[0]

    def require_output(self, shape: tuple[int, ...], *inputs: NDArray[np.float32]) -> None:
        """Run once; raise ValueError if the run fails or the output has another shape."""
        try:
            got = self.run(*inputs).shape
        except Exception as error:  # ONNX Runtime has no common base of its errors
            raise ValueError(f'{self.path} cannot be run: {str(error).splitlines()[0]}') from error
        if got != shape:
            raise ValueError(f'{self.path} has output {got}, expected {shape} by its contract')


def open_model(path: Path, gripper: GripperKind | None = None, threads: int = 2) -> ModelFile:
    """Open a model file and check its contract.

    Args:
        path: An ONNX file, or a .bin file for the RDK X5 beside a .json file of its name that
            holds the contract.
        gripper: Expected kind of gripper; None for any.
        threads: Number of threads of ONNX Runtime; unused on the board.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is damaged, has no contract that this runtime supports, or is for
            another gripper.
    """
    if not path.is_file():
        raise FileNotFoundError(f'model file {path} does not exist')
    contract, graph = _of_board(path) if path.suffix == SUFFIX else _of_onnx(path, threads)
    if gripper and contract.gripper != gripper.value:
        raise ValueError(f'{path} is for gripper {contract.gripper}, expected {gripper.value}')
    if (
        contract.gripper == GripperKind.SUCTION.value
        and not getattr(contract, 'cup_radius', 1) > 0
    ):
        raise ValueError(f'{path} is for a cup of radius 0, expected > 0')
    _LOG.debug('%s is loaded, for gripper %s', path, contract.gripper)
    return ModelFile(path, contract, fitted(path, graph, contract))


def fitted(path: Path, graph: Graph, contract: Contract) -> Graph:
    """Return a graph that takes inputs of any size, within its limits.

    Raises:
        ValueError: The graph takes inputs of one size only, and `FixedGraph` does not support it.
    """
    try:
        return FixedGraph(graph, contract) if is_fixed(graph) else graph
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


def _of_onnx(path: Path, threads: int) -> tuple[Contract, Graph]:
    session = start_session(path, threads, spinning=False)  # planners need the CPU as well
    metadata = session.get_modelmeta().custom_metadata_map
    if METADATA_KEY not in metadata:
        raise ValueError(f'{path} has no metadata {METADATA_KEY}: it is not a grasp network')
    return _contract(metadata[METADATA_KEY], path), OnnxGraph(session)


def _of_board(path: Path) -> tuple[Contract, Graph]:
    beside = path.with_suffix('.json')
    if not beside.is_file():
        raise FileNotFoundError(f'{path} needs its contract: {beside} does not exist')
    return _contract(beside.read_text(), beside), HbmGraph(path)


def _contract(text: str, origin: Path) -> Contract:
    try:
        return contract_from_json(text)
    except ValueError as error:
        raise ValueError(f'{origin}: {error}') from error


def start_session(path: Path, threads: int, spinning: bool = True) -> onnxruntime.InferenceSession:
    """Load a graph for the CPU.

    A graph with quantise-dequantise pairs runs in float32. The int8 kernels of ONNX Runtime
    saturate on processors with AVX2 and without VNNI, so their results depend on the processor.

    Args:
        path: Path of the ONNX file.
        threads: Number of threads of one run.
        spinning: Whether idle threads busy-wait, which is fastest if nothing else runs.

    Raises:
        ValueError: The file is damaged or not a graph.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry('session.intra_op.allow_spinning', str(int(spinning)))
    options.add_session_config_entry('session.disable_quant_qdq', '1')
    providers = ['CPUExecutionProvider']
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # ONNX Runtime has no common base of its errors
        reason = str(error).splitlines()[0]
        raise ValueError(f'{path} is not a model that can be loaded: {reason}') from error


def shipped_suction() -> Path:
    """Return the folder of the suction networks that ship with the package."""
    return _weights() / GripperKind.SUCTION.value


def shipped_jaw() -> Path:
    """Return the folder of the parallel-jaw networks that ship with the package."""
    return _weights() / GripperKind.PARALLEL_JAW.value


def shipped_graspnet() -> Path:
    """Return the folder of the GraspNet graphs that ship with the package."""
    return _weights() / 'graspnet'


def _weights() -> Path:
    return Path(str(files('dexnet_core'))) / 'weights'
