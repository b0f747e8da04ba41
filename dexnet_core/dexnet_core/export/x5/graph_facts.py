"""What is known of each node of an ONNX graph before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
import onnx
from onnx import helper, numpy_helper

Shape = tuple[int, ...]


class Value(NamedTuple):
    """A tensor.

    Attributes:
        name: In the graph; '' for an input that is left out.
        shape: 0 where a size is not known, () also for what nothing is known of.
        dtype: Name of the NumPy type, '' where it is not known.
        constant: Its numbers, where they are stored in the graph.
    """

    name: str
    shape: Shape
    dtype: str
    constant: NDArray[np.generic] | None = None

    @property
    def is_known(self) -> bool:
        """Whether type and every size are known."""
        return bool(self.dtype) and 0 not in self.shape

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape))


class Node(NamedTuple):
    """One operation.

    Attributes:
        proto: As it is in the graph.
        attributes: By name.
        inputs: In order, without those that are left out at the end.
        outputs: In order.
    """

    proto: onnx.NodeProto
    attributes: Mapping[str, Any]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]

    @property
    def op(self) -> str:
        """Kind of the operation."""
        return self.proto.op_type

    @property
    def name(self) -> str:
        """Its own name, or that of what comes out."""
        return self.proto.name or self.outputs[0].name

    @property
    def data(self) -> tuple[Value, ...]:
        """What goes in and is not stored in the graph."""
        return tuple(v for v in self.inputs if v.name and v.constant is None)


class GraphFacts(NamedTuple):
    """A graph of which types and sizes are worked out.

    Attributes:
        model: As it was read.
        inputs: Of the graph.
        outputs: Of the graph.
        nodes: In the order of the file, without those that only hold constants.
    """

    model: onnx.ModelProto
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    nodes: tuple[Node, ...]


def read_graph(path: Path) -> GraphFacts:
    """Read an ONNX file and infer its shapes.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no ONNX file.
    """
    try:
        model = onnx.load(path)
        if not model.graph.node:  # protobuf reads nothing, and some texts, as an empty message
            raise ValueError('got 0 nodes, expected at least one')
        return graph_facts(model)
    except FileNotFoundError:
        raise
    except Exception as error:  # onnx and protobuf raise many kinds
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f'{path} is no ONNX graph: {reason}') from error


def graph_facts(model: onnx.ModelProto) -> GraphFacts:
    """Work out types and sizes."""
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    stored = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    for node in graph.node:
        if node.op_type == 'Constant' and node.attribute[0].name == 'value':
            stored[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    values = {name: Value(name, a.shape, a.dtype.name, a) for name, a in stored.items()}
    told = [*graph.value_info, *graph.input, *graph.output]
    values |= {item.name: _value(item) for item in told if item.name not in stored}
    return GraphFacts(
        model,
        tuple(values[item.name] for item in graph.input if item.name not in stored),
        tuple(values[item.name] for item in graph.output),
        tuple(_node(node, values) for node in graph.node if node.output[0] not in stored),
    )


def _value(item: onnx.ValueInfoProto) -> Value:
    tensor = item.type.tensor_type
    if not tensor.elem_type:
        return Value(item.name, (0,), '')
    dtype = helper.tensor_dtype_to_np_dtype(tensor.elem_type).name
    unknown = not tensor.HasField('shape')
    return Value(
        item.name, (0,) if unknown else tuple(d.dim_value for d in tensor.shape.dim), dtype
    )


def _node(node: onnx.NodeProto, values: Mapping[str, Value]) -> Node:
    def found(name: str) -> Value:
        return values.get(name, Value(name, (0,) if name else (), ''))

    attributes = {item.name: helper.get_attribute_value(item) for item in node.attribute}
    return Node(node, attributes, tuple(map(found, node.input)), tuple(map(found, node.output)))
