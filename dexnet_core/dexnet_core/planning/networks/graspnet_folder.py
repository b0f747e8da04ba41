"""The graphs of an exported GraspNet: a folder of ONNX files that belong together."""

from __future__ import annotations

from pathlib import Path

from dexnet_core.planning.graspnet.graspnet_contract import (
    contract_from_json,
    GraspNetContract,
    METADATA_KEY,
    WEIGHTS_KEY,
)
from dexnet_core.planning.graspnet.stages import Graph, graphs, GraspNetDesign
from dexnet_core.planning.networks.model_file import start_session
import numpy as np
from numpy.typing import NDArray
import onnxruntime

_WHOLE = ('seeds', 'heads')
"""Graphs that run once, with all threads; the others run in slices, one thread for each."""


class GraspNetGraphs:
    """The loaded graphs of one network; threads may share them.

    Attributes:
        contract: Names, scales and sizes of the network.
    """

    def __init__(self, folder: Path, threads: int = 2) -> None:
        """Load a folder that `dexnet export graspnet` wrote.

        Raises:
            FileNotFoundError: A graph is missing.
            ValueError: A graph is damaged, does not match the contract, or is of another network.
        """
        named = graphs(GraspNetDesign())
        self._sessions = {graph.name: _opened(folder, graph, threads) for graph in named}
        metadata = [s.get_modelmeta().custom_metadata_map for s in self._sessions.values()]
        for key in (METADATA_KEY, WEIGHTS_KEY):
            got = {values.get(key) for values in metadata}
            if len(got) != 1 or None in got:
                raise ValueError(f'graphs in {folder} differ in {key}: not of one GraspNet')
        try:
            self.contract: GraspNetContract = contract_from_json(metadata[0][METADATA_KEY])
        except ValueError as error:
            raise ValueError(f'{folder}: {error}') from error
        for graph in graphs(self.contract.design):
            _require_shapes(folder, graph, self._sessions[graph.name])

    def run(self, name: str, **inputs: NDArray[np.generic]) -> list[NDArray[np.float32]]:
        """Return all outputs of a graph, in its order."""
        outputs: list[NDArray[np.float32]] = self._sessions[name].run(None, inputs)
        return outputs


def _opened(folder: Path, graph: Graph, threads: int) -> onnxruntime.InferenceSession:
    path = folder / graph.file
    if not path.is_file():
        raise FileNotFoundError(f'GraspNet {folder} has no graph {graph.file}')
    return start_session(path, threads if graph.name in _WHOLE else 1, spinning=False)


def _require_shapes(folder: Path, graph: Graph, session: onnxruntime.InferenceSession) -> None:
    """Raise ValueError unless the fixed sizes of the inputs match the contract."""
    got = {item.name: item.shape for item in session.get_inputs()}
    for tensor in graph.inputs:
        shape = got.get(tensor.name, ())
        pairs = list(zip(shape, tensor.shape, strict=False))
        fits = len(shape) == len(tensor.shape)
        if not fits or any(isinstance(b, int) and a != b for a, b in pairs):
            expected = f'{tensor.name} {tensor.shape}'
            raise ValueError(
                f'{folder / graph.file} has inputs {got}, expected {expected} by its contract'
            )
