"""A trained network as an ONNX file that carries its contract and gives the same answers."""

from __future__ import annotations

from pathlib import Path

from dexnet_core.contract import contract_to_json, METADATA_KEY, ModelContract
from dexnet_core.files.atomic import atomic_path
from dexnet_core.grasp import Gripper
from dexnet_core.perception.metric_view import CHANNELS
from dexnet_core.runtime.session import NetworkSession
import numpy as np
import onnx
import torch
from torch import nn

OPSET = 17
TOLERANCE = 1e-4
"""Greatest difference between torch and the file that is accepted, in units of quality."""


def write_onnx(path: Path, network: nn.Module, contract: ModelContract) -> float:
    """Write a network that maps views to quality, and compare the file with the network.

    Args:
        path: Where to write; the file appears only when it agrees with torch.
        network: Maps (B, CHANNELS, H, W) to quality (B, 1, H / stride, W / stride).
        contract: How the network must be fed and read.

    Returns:
        The largest difference seen between the two.

    Raises:
        ValueError: The file answers otherwise than the network.
    """
    network = network.eval().to('cpu', memory_format=torch.contiguous_format)
    with atomic_path(path) as scratch:
        _export(scratch, network, contract)
        _stamp(scratch, contract)
        difference = parity(scratch, network, contract)
        if not difference <= TOLERANCE:
            raise ValueError(f'{path} differs from torch by {difference}, at most {TOLERANCE}')
    return difference


def parity(path: Path, network: nn.Module, contract: ModelContract) -> float:
    """Return the largest difference between file and network on random views of two sizes."""
    session = NetworkSession(path, Gripper(contract.gripper), threads=1)
    rng = np.random.default_rng(0)
    differences = []
    for rows, columns in ((8, 12), (5, 3)):
        shape = (1, CHANNELS, rows * contract.multiple, columns * contract.multiple)
        view = rng.uniform(-1, 1, shape).astype(np.float32)
        with torch.no_grad():
            expected = network(torch.from_numpy(view)).numpy()[0]
        differences.append(float(np.abs(session.run(view) - expected).max()))
    return max(differences)


def _export(path: Path, network: nn.Module, contract: ModelContract) -> None:
    side = 8 * contract.multiple
    example = torch.zeros(1, CHANNELS, side, side + contract.multiple)
    torch.onnx.export(
        network,
        (example,),
        path,
        opset_version=OPSET,
        input_names=['view'],
        output_names=['quality'],
        dynamic_axes={'view': {2: 'height', 3: 'width'}, 'quality': {2: 'rows', 3: 'columns'}},
        dynamo=False,
    )


def _stamp(path: Path, contract: ModelContract) -> None:
    """Store the contract in the file's metadata."""
    model = onnx.load(path)
    onnx.helper.set_model_props(model, {METADATA_KEY: contract_to_json(contract)})
    onnx.checker.check_model(model)
    onnx.save(model, path)
