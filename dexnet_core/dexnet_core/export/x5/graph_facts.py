"""Types, shapes and constants of an ONNX graph that are known before run time."""

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
        name: Name in the graph; '' for an omitted input.
        shape: Unknown sizes are 0; of an unknown tensor it is (0,), of an omitted input ().
        dtype: Name of the NumPy type; '' if unknown.
        constant: The values, if they are stored in the graph; else None.
    """

    name: str
    shape: Shape
    dtype: str
    constant: NDArray[np.generic] | None = None

    @property
    def is_known(self) -> bool:
        """Whether the type and all sizes are known."""
        return bool(self.dtype) and 0 not in self.shape

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape))


class Node(NamedTuple):
    """A node of the graph.

    Attributes:
        proto: The node in the graph.
        attributes: Attributes by name.
        inputs: In order, without omitted inputs at the end.
        outputs: In order.
    """

    proto: onnx.NodeProto
    attributes: Mapping[str, Any]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]

    @property
    def op(self) -> str:
        """Operator type."""
        return self.proto.op_type

    @property
    def name(self) -> str:
        """Name of the node, or of its first output if it has none."""
        return self.proto.name or self.outputs[0].name

    @property
    def data(self) -> tuple[Value, ...]:
        """The inputs that are not constants."""
        return tuple(v for v in self.inputs if v.name and v.constant is None)


class GraphFacts(NamedTuple):
    """A graph with inferred types and shapes.

    Attributes:
        model: The model as loaded.
        inputs: Inputs of the graph.
        outputs: Outputs of the graph.
        nodes: In the order of the file, without those that only define constants.
    """

    model: onnx.ModelProto
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    nodes: tuple[Node, ...]


def read_graph(path: Path) -> GraphFacts:
    """Read an ONNX file and infer its shapes.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is no ONNX file.
    """
    try:
        model = onnx.load(path)
        if not model.graph.node:  # protobuf parses empty files and some texts as this
            raise ValueError('got 0 nodes, expected at least one')
        return graph_facts(model)
    except FileNotFoundError:
        raise
    except Exception as error:  # onnx and protobuf raise many exception types
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f'{path} is no ONNX graph: {reason}') from error


def graph_facts(model: onnx.ModelProto) -> GraphFacts:
    """Infer types and shapes."""
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    stored = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    for node in graph.node:
        if node.op_type == 'Constant' and node.attribute[0].name == 'value':
            stored[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    values = {name: Value(name, a.shape, a.dtype.name, a) for name, a in stored.items()}
    declared = [*graph.value_info, *graph.input, *graph.output]
    values |= {item.name: _value(item) for item in declared if item.name not in stored}
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
