"""Export of a GraspNet to a folder of ONNX files with its contract, verified against torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
import hashlib
from pathlib import Path
from typing import NamedTuple

from dexnet_core.export.half import HALF_TOLERANCE, store_half, stored_weights
from dexnet_core.export.onnx_file import OPSET, stamp
from dexnet_core.io.files.atomic import atomic_path
from dexnet_core.models.checkpoints import load_weights
from dexnet_core.models.graspnet import GraspNet
from dexnet_core.models.graspnet_graphs import graph_modules
from dexnet_core.planning.graspnet.graspnet_contract import (
    contract_from_json,
    contract_to_json,
    GraspNetContract,
    METADATA_KEY,
    WEIGHTS_KEY,
)
from dexnet_core.planning.graspnet.stages import Graph, graphs, Tensor
from dexnet_core.planning.networks.graspnet_folder import GraspNetGraphs
from dexnet_core.planning.networks.model_file import start_session
import numpy as np
from numpy.typing import NDArray
import torch
from torch import nn

TOLERANCE = 1e-4
"""Largest allowed difference between torch and a file, relative to max(1, largest output)."""
_EXAMPLE, _PROBES = 7, (5, 12, 1)


def write_graspnet(
    folder: Path,
    modules: Mapping[str, nn.Module],
    contract: GraspNetContract,
    half: bool = False,
) -> float:
    """Export the graphs of a network, and compare each file with its module.

    Args:
        folder: Output folder; files are written only if all of them agree with torch.
        modules: Modules keyed by graph name, see `dexnet_core.models.graspnet_graphs`.
        contract: Contract of the network.
        half: Store the weights as float16.

    Returns:
        The largest relative difference between torch and the files.

    Raises:
        ValueError: The outputs of a file differ from its module, or the contract has a value that
            no runtime accepts.
    """
    contract_from_json(contract_to_json(contract))
    metadata = {METADATA_KEY: contract_to_json(contract), WEIGHTS_KEY: _fingerprint(modules)}
    differences = []
    with ExitStack() as files:
        for graph in graphs(contract.design):
            scratch = files.enter_context(atomic_path(folder / graph.file))
            _export(scratch, modules[graph.name], graph)
            stamp(scratch, metadata)
            difference = _checked_parity(scratch, modules[graph.name], graph, TOLERANCE)
            if half:
                store_half(scratch)
                difference = _checked_parity(scratch, modules[graph.name], graph, HALF_TOLERANCE)
            differences.append(difference)
    return max(differences)


class GraspNetModules(NamedTuple):
    """Modules keyed by graph name, and the contract of the network."""

    modules: dict[str, nn.Module]
    contract: GraspNetContract


def read_graspnet(folder: Path) -> GraspNetModules:
    """Return the modules with the weights of a folder that `write_graspnet` wrote.

    Raises:
        FileNotFoundError: A graph is missing.
        ValueError: A graph is damaged, of another network, or its outputs differ from its module.
    """
    contract = GraspNetGraphs(folder, threads=1).contract
    modules = graph_modules(GraspNet(contract.design).eval())
    for graph in graphs(contract.design):
        path, module = folder / graph.file, modules[graph.name]
        load_weights(module, _weights_of(path, module), path)
        _checked_parity(path, module, graph, TOLERANCE)
    return GraspNetModules(modules, contract)


def _weights_of(path: Path, module: nn.Module) -> dict[str, torch.Tensor]:
    """Return the state of a module; linear maps without bias are stored transposed and unnamed."""
    stored, wanted = stored_weights(path), module.state_dict().keys()
    lacking, unnamed = wanted - stored.keys(), stored.keys() - wanted
    if len(lacking) == len(unnamed) == 1:
        stored[lacking.pop()] = stored.pop(unnamed.pop()).T
    return {name: torch.tensor(values) for name, values in stored.items()}


def _fingerprint(modules: Mapping[str, nn.Module]) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(nn.ModuleDict(dict(modules)).state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


def _export(path: Path, module: nn.Module, graph: Graph) -> None:
    tensors = (*graph.inputs, *graph.outputs)
    torch.onnx.export(
        module,
        tuple(map(torch.from_numpy, _inputs(graph, _EXAMPLE))),
        path,
        opset_version=OPSET,
        input_names=[tensor.name for tensor in graph.inputs],
        output_names=[tensor.name for tensor in graph.outputs],
        dynamic_axes={tensor.name: _varying(tensor) for tensor in tensors},
        dynamo=False,
    )


def _varying(tensor: Tensor) -> dict[int, str]:
    return {axis: size for axis, size in enumerate(tensor.shape) if isinstance(size, str)}


def _inputs(graph: Graph, least: int) -> list[NDArray[np.generic]]:
    """Return random inputs; dynamic sizes are `least` or more and all different."""
    rng = np.random.default_rng(least)
    names = dict.fromkeys(size for tensor in graph.inputs for size in _varying(tensor).values())
    lengths = {name: least + 2 * number for number, name in enumerate(names)}
    return [_random(tensor, lengths, rng) for tensor in graph.inputs]


def _random(
    tensor: Tensor, lengths: Mapping[str, int], rng: np.random.Generator
) -> NDArray[np.generic]:
    shape = [lengths[size] if isinstance(size, str) else size for size in tensor.shape]
    if tensor.rows_of is None:
        return rng.uniform(-1, 1, shape).astype(np.float32)
    return rng.integers(0, lengths[tensor.rows_of], shape)


def _checked_parity(path: Path, module: nn.Module, graph: Graph, most: float) -> float:
    difference = _parity(path, module, graph)
    if not difference <= most:
        raise ValueError(f'{graph.file} differs from torch by {difference}, expected <= {most}')
    return difference


def _parity(path: Path, module: nn.Module, graph: Graph) -> float:
    session = start_session(path, threads=1)
    names = [tensor.name for tensor in graph.inputs]
    differences = [0.0]
    for least in _PROBES:
        inputs = _inputs(graph, least)
        got = session.run(None, dict(zip(names, inputs, strict=True)))
        with torch.no_grad():
            expected = module(*map(torch.from_numpy, inputs))
        differences.extend(_differences(got, expected))
    return float(np.max(differences))


def _differences(
    got: list[NDArray[np.float32]], expected: torch.Tensor | tuple[torch.Tensor, ...]
) -> Iterator[float]:
    tensors = expected if isinstance(expected, tuple) else (expected,)
    for output, tensor in zip(got, tensors, strict=True):
        known = tensor.numpy()
        if output.shape != known.shape:
            raise ValueError(f'a file outputs shape {output.shape}, torch {known.shape}')
        scale = max(1.0, float(np.abs(known).max()))
        yield float(np.abs(output - known).max()) / scale
