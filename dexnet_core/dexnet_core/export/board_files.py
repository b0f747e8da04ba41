"""Export of modules to ONNX graphs for a board: fixed input sizes, opset 11."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, NamedTuple

from dexnet_core.planning.contracts.crop_contract import CropContract
import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

OPSET = 11
TOLERANCE = 1e-4
"""Largest allowed difference between torch and a graph, relative to max(1, largest output)."""

Shape = tuple[int, ...]


class BoardForm(NamedTuple):
    """Names and sizes of a graph.

    Attributes:
        inputs: Shape of each input by name, in order.
        outputs: Names of the outputs, in order.
    """

    inputs: Mapping[str, Shape]
    outputs: Sequence[str]


def crop_form(contract: CropContract, size: tuple[int, int]) -> BoardForm:
    """Return the graph form of a crop network.

    Args:
        contract: Contract of the network.
        size: Rows and columns of the largest image, for networks that output a heat map.

    Raises:
        ValueError: The size is not larger than a crop.
    """
    if contract.form == 'heatmap':
        if min(size) <= contract.crop:
            raise ValueError(f'size is {size}, expected more than the {contract.crop} of a crop')
        return BoardForm({'image': (1, 1, *size)}, ['quality'])
    inputs: dict[str, Shape] = {'crops': (1, 1, contract.crop, contract.crop)}
    if contract.pose_inputs:
        inputs['poses'] = (1, len(contract.pose_inputs), 1, 1)
    return BoardForm(inputs, ['quality'])


def board_graph(module: nn.Module, form: BoardForm) -> onnx.ModelProto:
    """Export a module to ONNX and compare the graph with torch on random inputs.

    Raises:
        ValueError: The outputs of the graph differ from torch.
    """
    written = BytesIO()
    target: Any = written  # torch also writes to memory, but its type hints allow only a path
    zeros = tuple(torch.zeros(shape) for shape in form.inputs.values())
    torch.onnx.export(
        module,
        zeros,
        target,
        opset_version=OPSET,
        input_names=list(form.inputs),
        output_names=list(form.outputs),
        dynamo=False,
    )
    difference = _difference(written.getvalue(), module, form)
    if not difference <= TOLERANCE:
        raise ValueError(f'the graph differs from torch by {difference}, at most {TOLERANCE}')
    return onnx.load_from_string(written.getvalue())


def _difference(graph: bytes, module: nn.Module, form: BoardForm) -> float:
    session = onnxruntime.InferenceSession(graph, providers=['CPUExecutionProvider'])
    rng = np.random.default_rng(0)
    inputs = {
        name: rng.uniform(-1, 1, shape).astype(np.float32) for name, shape in form.inputs.items()
    }
    with torch.no_grad():
        expected = module(*map(torch.from_numpy, inputs.values()))
    expected = expected if isinstance(expected, tuple) else (expected,)
    pairs = zip(session.run(None, inputs), (tensor.numpy() for tensor in expected), strict=True)
    return max(
        float(np.abs(got - known).max() / max(1.0, np.abs(known).max())) for got, known in pairs
    )
