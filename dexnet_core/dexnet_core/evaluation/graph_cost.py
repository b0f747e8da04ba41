"""What a network costs, counted from its ONNX file."""

from __future__ import annotations

from collections.abc import Sequence
import math
from pathlib import Path
from typing import NamedTuple

import onnx

Shape = tuple[int, ...]
Shapes = dict[str, Shape]


class GraphCost(NamedTuple):
    """What a network costs.

    Attributes:
        parameters: Floating-point numbers that the file stores; normalisations that the exporter
            has folded into convolutions are not among them.
        multiply_adds: Of all convolutions and matrix products; all else costs next to nothing.
    """

    parameters: int
    multiply_adds: int


def graph_cost(path: Path, inputs: Sequence[Shape]) -> GraphCost:
    """Count a network's parameters and its multiply-adds for inputs of given shapes.

    Args:
        path: ONNX file.
        inputs: Shape of each input, in their order.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Not such a file, it has other inputs, or a shape in it cannot be told.
    """
    try:
        model = onnx.load(path)
        _fix_inputs(model, inputs)
        model = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    except FileNotFoundError:
        raise
    except Exception as error:  # onnx and protobuf raise many kinds
        reason = str(error).splitlines()[0]
        raise ValueError(f'{path} cannot be counted for {tuple(inputs)}: {reason}') from error
    shapes = _shapes(model.graph)
    weights = model.graph.initializer
    stored = (math.prod(w.dims) for w in weights if w.data_type == onnx.TensorProto.FLOAT)
    return GraphCost(sum(stored), sum(_products(node, shapes, path) for node in model.graph.node))


def _fix_inputs(model: onnx.ModelProto, inputs: Sequence[Shape]) -> None:
    """Write the shapes into the graph."""
    for item, shape in zip(model.graph.input, inputs, strict=True):
        axes = item.type.tensor_type.shape.dim
        for axis, size in zip(axes, shape, strict=True):
            if axis.dim_value not in (0, size):
                raise ValueError(f'{item.name} is fixed to {axis.dim_value}, got {size}')
            axis.dim_value = size


def _shapes(graph: onnx.GraphProto) -> Shapes:
    """Return the shape of every tensor by its name."""
    values = [*graph.input, *graph.output, *graph.value_info]
    shapes = {
        value.name: tuple(axis.dim_value for axis in value.type.tensor_type.shape.dim)
        for value in values
    }
    return shapes | {weights.name: tuple(weights.dims) for weights in graph.initializer}


def _products(node: onnx.NodeProto, shapes: Shapes, path: Path) -> int:
    """Return the multiply-adds of a node: numbers that come out, times what each sums over."""
    if node.op_type not in ('Conv', 'Gemm', 'MatMul'):
        return 0
    first, second, result = (shapes.get(name, ()) for name in (*node.input[:2], node.output[0]))
    if not all(shape and min(shape) > 0 for shape in (first, second, result)):
        raise ValueError(f'{path}: the shapes at {node.name} cannot be told')
    if node.op_type == 'Conv':
        return math.prod(result) * math.prod(second[1:])
    turned = any(item.name == 'transA' and item.i for item in node.attribute)
    return math.prod(result) * first[0 if turned else -1]
