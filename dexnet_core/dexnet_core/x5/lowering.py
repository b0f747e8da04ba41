"""ONNX graphs as the toolchain of the RDK X5 takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dexnet_core.x5.graph_facts import Shape
import numpy as np
import onnx
from onnx import helper, numpy_helper

OPSET = 11
IR_VERSION = 7
_SAME = 'Add Concat Conv Constant Div Gather Identity MaxPool Mul Relu Resize Sigmoid Slice Sub'
_UNCHANGED = frozenset(_SAME.split())
"""Operators that are written in newer opsets as in opset 11, but for what is done here."""
_PRODUCTS = ('Conv', 'Gemm', 'MatMul')
_NO_REGION = 'no_region'


def lowered(model: onnx.ModelProto, shapes: Mapping[str, Shape]) -> onnx.ModelProto:
    """Return an exported graph for inputs of one size, in opset 11.

    Args:
        model: Of a newer opset.
        shapes: Of each input by name.

    Raises:
        ValueError: It has other inputs, or an operator that opset 11 writes otherwise.
    """
    result = _copied(model)
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
    """Return a graph that holds nothing but work for the board.

    Constants are stored as such and what only renames is left out. With names of outputs, the
    sigmoids at the end, and what comes after them, are cut off: what is rounded to 8 bits after a
    sigmoid no longer tells good from best, while a last convolution gives out finer numbers.

    Args:
        model: Of opset 11.
        outputs: Names for what goes into the sigmoids at the end, in order; none to cut nothing.

    Raises:
        ValueError: There are not as many such sigmoids as names.
    """
    result = _copied(model)
    result.ir_version = IR_VERSION
    del result.opset_import[:]
    result.opset_import.append(helper.make_opsetid('', OPSET))
    _store_constants(result.graph)
    _leave_out_identities(result.graph)
    names = list(outputs)
    if names:
        _cut(result.graph, names)
    result = onnx.shape_inference.infer_shapes(result, data_prop=True)
    onnx.checker.check_model(result)
    return result


def _copied(model: onnx.ModelProto) -> onnx.ModelProto:
    result = onnx.ModelProto()
    result.CopyFrom(model)
    return result


def _tensor(name: str, shape: Shape | None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)


def _give_regions(graph: onnx.GraphProto) -> None:
    """Give resizing its region of interest, which opset 11 wants even where nothing reads it."""
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
    """Make what goes into the last sigmoids the outputs, under these names."""
    ends = _last_sigmoids(graph)
    if len(ends) != len(names):
        raise ValueError(f'the graph ends in {len(ends)} sigmoids, expected {len(names)}')
    renamed = {node.input[0]: name for node, name in zip(ends, names, strict=True)}
    for node in graph.node:
        for place, name in enumerate(node.output):
            node.output[place] = renamed.get(name, name)
        for place, name in enumerate(node.input):
            node.input[place] = renamed.get(name, name)
    del graph.output[:], graph.value_info[:]
    graph.output.extend(_tensor(name, None) for name in names)
    _leave_out_unused(graph)


def _last_sigmoids(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Return the sigmoids after which there is no product any more."""
    worked: set[str] = set()
    ends = []
    for node in reversed(graph.node):
        followed = bool(worked & set(node.output))
        if node.op_type == 'Sigmoid' and not followed:
            ends.append(node)
        if followed or node.op_type in _PRODUCTS:
            worked.update(node.input)
    return ends[::-1]


def _leave_out_unused(graph: onnx.GraphProto) -> None:
    wanted = {item.name for item in graph.output}
    for node in reversed(list(graph.node)):
        if wanted & set(node.output):
            wanted.update(node.input)
        else:
            graph.node.remove(node)
    for item in list(graph.initializer):
        if item.name not in wanted:
            graph.initializer.remove(item)
