"""Export of a trained network to an ONNX file with its contract, verified against torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dexnet_core.export.graph_form import graph_form, GraphForm
from dexnet_core.export.half import HALF_TOLERANCE, store_half
from dexnet_core.io.files.atomic import atomic_path
from dexnet_core.planning.contracts.evaluator_contracts import UNCHANGED
from dexnet_core.planning.contracts.stored_contract import (
    Contract,
    contract_from_json,
    contract_to_json,
    METADATA_KEY,
)
from dexnet_core.planning.grasp import GripperKind
from dexnet_core.planning.networks.session import calibrated, open_session
import numpy as np
import onnx
import torch
from torch import nn

OPSET = 17
TOLERANCE = 1e-4
"""Largest allowed difference between torch and the file, in units of quality."""
_LAYOUT: dict[str, Any] = {'memory_format': torch.contiguous_format}
"""Argument of `nn.Module.to` that is missing in its type hints."""


def write_onnx(path: Path, network: nn.Module, contract: Contract, half: bool = False) -> float:
    """Export a network that maps views or crops to quality, and compare the file with torch.

    Args:
        path: Output file; it is written only if it agrees with torch.
        network: Maps the contract's inputs to quality in [0, 1].
        contract: Contract of the network.
        half: Store the weights as float16.

    Returns:
        The largest difference between torch and the file.

    Raises:
        ValueError: The outputs of the file differ from torch, or the contract has a value that no
            runtime accepts.
    """
    contract_from_json(contract_to_json(contract))
    network = network.eval().to('cpu', **_LAYOUT)
    with atomic_path(path) as scratch:
        _export(scratch, network, graph_form(contract))
        stamp(scratch, {METADATA_KEY: contract_to_json(contract)})
        difference = _checked_parity(scratch, network, contract, TOLERANCE)
        if half:
            store_half(scratch)
            difference = _checked_parity(scratch, network, contract, HALF_TOLERANCE)
    return difference


def _checked_parity(path: Path, network: nn.Module, contract: Contract, most: float) -> float:
    difference = parity(path, network, contract)
    if not difference <= most:
        raise ValueError(f'{path} differs from torch by {difference}, at most {most}')
    return difference


def parity(path: Path, network: nn.Module, contract: Contract) -> float:
    """Return the largest difference between file and network on random inputs of several sizes.

    Raises:
        ValueError: The output shape of the file differs.
    """
    session = open_session(path, GripperKind(contract.gripper), threads=1)
    rng = np.random.default_rng(0)
    differences = []
    for shapes in graph_form(contract).probes:
        inputs = [rng.uniform(-1, 1, shape).astype(np.float32) for shape in shapes]
        with torch.no_grad():
            expected = network(*map(torch.from_numpy, inputs)).numpy()
        expected = calibrated(expected, getattr(contract, 'calibration', UNCHANGED))
        got = session.run(*inputs)
        if got.size != expected.size:
            raise ValueError(f'{path} outputs {got.shape} for {shapes}, torch {expected.shape}')
        differences.append(float(np.abs(got.ravel() - expected.ravel()).max()))
    return max(differences)


def _export(path: Path, network: nn.Module, form: GraphForm) -> None:
    example = tuple(torch.zeros(shape) for shape in form.example)
    torch.onnx.export(
        network,
        example,
        path,
        opset_version=OPSET,
        input_names=list(form.inputs),
        output_names=['quality'],
        dynamic_axes=form.axes,
        dynamo=False,
    )


def stamp(path: Path, metadata: dict[str, str]) -> None:
    """Write the metadata of an ONNX file, and check the file."""
    model = onnx.load(path)
    onnx.helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    onnx.save(model, path)
