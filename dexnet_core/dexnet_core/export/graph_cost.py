"""Parameters and multiply-adds of a network, counted from its ONNX file."""

from __future__ import annotations

from collections.abc import Sequence
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import onnxruntime

Shape = tuple[int, ...]
Shapes = dict[str, Shape]


_FLOATING = onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16


class GraphCost(NamedTuple):
    """Size and computing cost of a network.

    Attributes:
        parameters: Number of floating-point values stored in the file. Batch normalization that
            the exporter folded into convolutions is not included.
        multiply_adds: Multiply-adds of all convolutions and matrix products; other operators are
            negligible.
    """

    parameters: int
    multiply_adds: int


def graph_cost(path: Path, inputs: Sequence[Shape]) -> GraphCost:
    """Count the parameters of a network, and its multiply-adds for given input shapes.

    Args:
        path: ONNX file.
        inputs: Shape of each input, in order.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is no ONNX file, has other inputs, or a shape cannot be inferred.
    """
    try:
        model = onnx.load(path)
        _fix_inputs(model, inputs)
        model = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    except FileNotFoundError:
        raise
    except Exception as error:  # onnx and protobuf raise many exception types
        reason = str(error).splitlines()[0]
        raise ValueError(f'{path} cannot be counted for {tuple(inputs)}: {reason}') from error
    shapes = _shapes(model.graph)
    if not all(_is_inferred(node, shapes) for node in _products_of(model.graph)):
        shapes |= _shapes_at_run_time(model, inputs, path)
    weights = model.graph.initializer
    stored = (math.prod(w.dims) for w in weights if w.data_type in _FLOATING)
    return GraphCost(
        sum(stored), sum(multiply_adds(node, shapes, path) for node in model.graph.node)
    )


def _products_of(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Return the convolutions and matrix products."""
    return [node for node in graph.node if node.op_type in ('Conv', 'Gemm', 'MatMul')]


def _is_inferred(node: onnx.NodeProto, shapes: Shapes) -> bool:
    names = (*node.input[:2], node.output[0])
    return all(shapes.get(name) and min(shapes[name]) > 0 for name in names)


def _shapes_at_run_time(model: onnx.ModelProto, inputs: Sequence[Shape], path: Path) -> Shapes:
    """Run the network on zeros; return the shapes of the inputs and outputs of its products.

    Shape inference fails for networks that resize their input.
    """
    products = _products_of(model.graph)
    stored = {weights.name for weights in model.graph.initializer}
    wanted = {name for node in products for name in (*node.input[:2], node.output[0])} - stored
    probed = onnx.ModelProto()
    probed.CopyFrom(model)
    del probed.graph.output[:]
    given = {item.name for item in probed.graph.input}
    names = sorted(wanted - given)
    probed.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    zeros = zip((item.name for item in probed.graph.input), inputs, strict=True)
    feed = {name: np.zeros(shape, np.float32) for name, shape in zeros}
    try:
        session = onnxruntime.InferenceSession(
            probed.SerializeToString(), providers=['CPUExecutionProvider']
        )
        found = session.run(names, feed)
    except Exception as error:  # the errors of ONNX Runtime have no common base class
        reason = str(error).splitlines()[0]
        raise ValueError(f'{path} cannot be run on {tuple(inputs)}: {reason}') from error
    return {name: value.shape for name, value in zip(names, found, strict=True)}


def _fix_inputs(model: onnx.ModelProto, inputs: Sequence[Shape]) -> None:
    """Set the input shapes of the graph."""
    for item, shape in zip(model.graph.input, inputs, strict=True):
        axes = item.type.tensor_type.shape.dim
        for axis, size in zip(axes, shape, strict=True):
            if axis.dim_value not in (0, size):
                raise ValueError(f'{item.name} is fixed to {axis.dim_value}, got {size}')
            axis.dim_value = size


def _shapes(graph: onnx.GraphProto) -> Shapes:
    """Return the shape of every tensor, keyed by name; unknown sizes are 0."""
    values = [*graph.input, *graph.output, *graph.value_info]
    shapes = {
        value.name: tuple(axis.dim_value for axis in value.type.tensor_type.shape.dim)
        for value in values
    }
    return shapes | {weights.name: tuple(weights.dims) for weights in graph.initializer}


def multiply_adds(node: onnx.NodeProto, shapes: Shapes, path: Path) -> int:
    """Return the multiply-adds of a node: number of outputs times terms per output.

    Raises:
        ValueError: The node is a product with unknown shapes.
    """
    if node.op_type not in ('Conv', 'Gemm', 'MatMul'):
        return 0
    if not _is_inferred(node, shapes):
        raise ValueError(f'{path}: the shapes at {node.name} cannot be inferred')
    first, second, result = (shapes[name] for name in (*node.input[:2], node.output[0]))
    if node.op_type == 'Conv':
        return math.prod(result) * math.prod(second[1:])
    transposed = any(item.name == 'transA' and item.i for item in node.attribute)
    return math.prod(result) * first[0 if transposed else -1]
