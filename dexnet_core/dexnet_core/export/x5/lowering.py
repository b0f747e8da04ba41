"""Conversion of ONNX graphs to the form that the RDK X5 toolchain accepts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dexnet_core.export.x5.graph_facts import Shape
import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

OPSET = 11
IR_VERSION = 7
_SAME = 'Add Concat Conv Constant Div Gather Identity MaxPool Mul Relu Resize Sigmoid Slice Sub'
_WIDENING = 'Cast'  # of weights stored as float16
_UNCHANGED = frozenset([*_SAME.split(), _WIDENING])
"""Operators whose form in newer opsets equals opset 11, apart from the changes made here."""
_PRODUCTS = ('Conv', 'Gemm', 'MatMul')
_NO_REGION = 'no_region'


def lowered(model: onnx.ModelProto, shapes: Mapping[str, Shape]) -> onnx.ModelProto:
    """Return an exported graph with fixed input sizes in opset 11.

    Args:
        model: Graph in a newer opset.
        shapes: Shape of each input by name.

    Raises:
        ValueError: The graph has other inputs, or an operator that differs in opset 11.
    """
    result = copied(model)
    graph = result.graph
    names = [item.name for item in graph.input]
    if names != list(shapes):
        raise ValueError(f'the graph has inputs {names}, expected {list(shapes)}')
    foreign = sorted({node.op_type for node in graph.node} - _UNCHANGED)
    if foreign:
        raise ValueError(f'operators {", ".join(foreign)} cannot be written in opset {OPSET}')
    for item in graph.input:
        item.CopyFrom(_tensor(item.name, shapes[item.name]))
    for item in graph.output:
        item.type.tensor_type.ClearField('shape')
    del graph.value_info[:]
    _give_regions(graph)
    return result


def board_form(model: onnx.ModelProto, outputs: Iterable[str] = ()) -> onnx.ModelProto:
    """Return a graph with only the computations of the board.

    Constants become initializers and identities are removed. If output names are given, the final
    sigmoids and all nodes after them are cut off: 8 bits after a sigmoid cannot distinguish high
    scores, while the output of a last convolution has more bits.

    Args:
        model: Graph in opset 11.
        outputs: New names for the inputs of the final sigmoids, in order; at least as many as
            there are sigmoids. Empty: nothing is cut off.

    Raises:
        ValueError: The graph has no final sigmoid, or more of them than names.
    """
    result = copied(model)
    result.ir_version = IR_VERSION
    del result.opset_import[:]
    result.opset_import.append(helper.make_opsetid('', OPSET))
    _store_constants(result.graph)
    _leave_out_identities(result.graph)
    _store_shapes(result.graph)
    _fold_constants(result.graph)
    names = list(outputs)
    if names:
        _cut(result.graph, names)
    leave_out_unused(result.graph)
    result = onnx.shape_inference.infer_shapes(result, data_prop=True)
    onnx.checker.check_model(result)
    return result


def copied(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy of a graph."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    return result


def _tensor(name: str, shape: Shape | None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)


def _give_regions(graph: onnx.GraphProto) -> None:
    """Add the region of interest to Resize nodes; opset 11 requires it even if unused."""
    empty = numpy_helper.from_array(np.zeros(0, np.float32), _NO_REGION)
    resizing = [node for node in graph.node if node.op_type == 'Resize' and not node.input[1]]
    for node in resizing:
        node.input[1] = _NO_REGION
    if resizing:
        graph.initializer.append(empty)


def _store_constants(graph: onnx.GraphProto) -> None:
    constants = [node for node in graph.node if node.op_type == 'Constant']
    for node in constants:
        array = numpy_helper.to_array(node.attribute[0].t)
        graph.initializer.append(numpy_helper.from_array(array, node.output[0]))
        graph.node.remove(node)


def _store_shapes(graph: onnx.GraphProto) -> None:
    """Replace Shape nodes of fixed-size inputs by constants."""
    sizes = {
        item.name: [axis.dim_value for axis in item.type.tensor_type.shape.dim]
        for item in graph.input
    }
    for node in [node for node in graph.node if node.op_type == 'Shape']:
        size = sizes.get(node.input[0], [0])
        if all(size):
            graph.initializer.append(numpy_helper.from_array(np.array(size), node.output[0]))
            graph.node.remove(node)


def _fold_constants(graph: onnx.GraphProto) -> None:
    """Evaluate nodes that depend only on constants, such as paddings (constant folding)."""
    known = {item.name: item for item in graph.initializer}
    for node in list(graph.node):
        if not node.input or any(name and name not in known for name in node.input):
            continue
        stored = [known[name] for name in node.input if name]
        outputs = [helper.make_empty_tensor_value_info(name) for name in node.output]
        alone = helper.make_graph([node], 'alone', [], outputs, stored)
        model = helper.make_model(alone, opset_imports=[helper.make_opsetid('', OPSET)])
        values = zip(node.output, ReferenceEvaluator(model).run(None, {}), strict=True)
        new = [numpy_helper.from_array(np.asarray(array), name) for name, array in values]
        known |= {item.name: item for item in new}
        graph.initializer.extend(new)
        graph.node.remove(node)


def _leave_out_identities(graph: onnx.GraphProto) -> None:
    same: dict[str, str] = {}
    outputs = {item.name for item in graph.output}
    for node in [node for node in graph.node if node.op_type == 'Identity']:
        if node.output[0] not in outputs:
            same[node.output[0]] = same.get(node.input[0], node.input[0])
            graph.node.remove(node)
    for node in graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = same.get(name, name)


def _cut(graph: onnx.GraphProto, names: list[str]) -> None:
    """Make the inputs of the final sigmoids the outputs, under the given names."""
    ends = _last_sigmoids(graph)
    if not 0 < len(ends) <= len(names):
        raise ValueError(f'the graph ends in {len(ends)} sigmoids, expected 1 to {len(names)}')
    names = names[: len(ends)]
    renamed = {node.input[0]: name for node, name in zip(ends, names, strict=True)}
    for node in graph.node:
        for place, name in enumerate(node.output):
            node.output[place] = renamed.get(name, name)
        for place, name in enumerate(node.input):
            node.input[place] = renamed.get(name, name)
    del graph.output[:], graph.value_info[:]
    graph.output.extend(_tensor(name, None) for name in names)


def _last_sigmoids(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Return the sigmoids that no convolution or matrix product follows."""
    worked: set[str] = set()
    ends = []
    for node in reversed(graph.node):
        followed = bool(worked & set(node.output))
        if node.op_type == 'Sigmoid' and not followed:
            ends.append(node)
        if followed or node.op_type in _PRODUCTS:
            worked.update(node.input)
    return ends[::-1]


def leave_out_unused(graph: onnx.GraphProto) -> None:
    """Remove nodes and initializers that no output depends on."""
    wanted = {item.name for item in graph.output}
    for node in reversed(list(graph.node)):
        if wanted & set(node.output):
            wanted.update(node.input)
        else:
            graph.node.remove(node)
    for item in list(graph.initializer):
        if item.name not in wanted:
            graph.initializer.remove(item)
