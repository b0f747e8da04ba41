"""What a network costs, counted from its ONNX file."""

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
    if not all(_is_told(node, shapes) for node in _products_of(model.graph)):
        shapes |= _shapes_of_a_run(model, inputs, path)
    weights = model.graph.initializer
    stored = (math.prod(w.dims) for w in weights if w.data_type in _FLOATING)
    return GraphCost(
        sum(stored), sum(multiply_adds(node, shapes, path) for node in model.graph.node)
    )


def _products_of(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Return the convolutions and matrix products."""
    return [node for node in graph.node if node.op_type in ('Conv', 'Gemm', 'MatMul')]


def _is_told(node: onnx.NodeProto, shapes: Shapes) -> bool:
    names = (*node.input[:2], node.output[0])
    return all(shapes.get(name) and min(shapes[name]) > 0 for name in names)


def _shapes_of_a_run(model: onnx.ModelProto, inputs: Sequence[Shape], path: Path) -> Shapes:
    """Run the network on zeros and return the shapes around its products.

    Of networks that resize what goes in, shapes cannot be inferred.
    """
    products = _products_of(model.graph)
    stored = {weights.name for weights in model.graph.initializer}
    wanted = {name for node in products for name in (*node.input[:2], node.output[0])} - stored
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    del shown.graph.output[:]
    given = {item.name for item in shown.graph.input}
    names = sorted(wanted - given)
    shown.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    zeros = zip((item.name for item in shown.graph.input), inputs, strict=True)
    feed = {name: np.zeros(shape, np.float32) for name, shape in zeros}
    try:
        session = onnxruntime.InferenceSession(
            shown.SerializeToString(), providers=['CPUExecutionProvider']
        )
        found = session.run(names, feed)
    except Exception as error:  # ONNX Runtime has no common base of its errors
        reason = str(error).splitlines()[0]
        raise ValueError(f'{path} cannot be run on {tuple(inputs)}: {reason}') from error
    return {name: value.shape for name, value in zip(names, found, strict=True)}


def _fix_inputs(model: onnx.ModelProto, inputs: Sequence[Shape]) -> None:
    """Write the shapes into the graph."""
    for item, shape in zip(model.graph.input, inputs, strict=True):
        axes = item.type.tensor_type.shape.dim
        for axis, size in zip(axes, shape, strict=True):
            if axis.dim_value not in (0, size):
                raise ValueError(f'{item.name} is fixed to {axis.dim_value}, got {size}')
            axis.dim_value = size


def _shapes(graph: onnx.GraphProto) -> Shapes:
    """Return the shape of every tensor by its name; 0 where a size is not known."""
    values = [*graph.input, *graph.output, *graph.value_info]
    shapes = {
        value.name: tuple(axis.dim_value for axis in value.type.tensor_type.shape.dim)
        for value in values
    }
    return shapes | {weights.name: tuple(weights.dims) for weights in graph.initializer}


def multiply_adds(node: onnx.NodeProto, shapes: Shapes, path: Path) -> int:
    """Return the multiply-adds of a node: numbers that come out, times what each sums over.

    Raises:
        ValueError: It is a product, and the shapes around it are not known.
    """
    if node.op_type not in ('Conv', 'Gemm', 'MatMul'):
        return 0
    if not _is_told(node, shapes):
        raise ValueError(f'{path}: the shapes at {node.name} cannot be told')
    first, second, result = (shapes[name] for name in (*node.input[:2], node.output[0]))
    if node.op_type == 'Conv':
        return math.prod(result) * math.prod(second[1:])
    turned = any(item.name == 'transA' and item.i for item in node.attribute)
    return math.prod(result) * first[0 if turned else -1]
