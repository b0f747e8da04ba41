"""ONNX graphs as the toolchain of the RDK X5 takes them."""

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
_WIDENING = 'Cast'  # of weights that are stored as float16
_UNCHANGED = frozenset([*_SAME.split(), _WIDENING])
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
    """Return a graph that holds nothing but work for the board.

    Constants are stored as such and what only renames is left out. With names of outputs, the
    sigmoids at the end, and what comes after them, are cut off: what is rounded to 8 bits after a
    sigmoid no longer tells good from best, while a last convolution gives out finer numbers.

    Args:
        model: Of opset 11.
        outputs: Names for what goes into the sigmoids at the end, in order, as many as there are;
            none to cut nothing.

    Raises:
        ValueError: There is no such sigmoid, or there are more than names.
    """
    result = copied(model)
    result.ir_version = IR_VERSION
    del result.opset_import[:]
    result.opset_import.append(helper.make_opsetid('', OPSET))
    _store_constants(result.graph)
    _leave_out_identities(result.graph)
    _store_shapes(result.graph)
    _store_what_is_known(result.graph)
    names = list(outputs)
    if names:
        _cut(result.graph, names)
    leave_out_unused(result.graph)
    result = onnx.shape_inference.infer_shapes(result, data_prop=True)
    onnx.checker.check_model(result)
    return result


def copied(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a graph of its own with the same content."""
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


def _store_shapes(graph: onnx.GraphProto) -> None:
    """Store what a node reads of the size of an input, which has one size."""
    sizes = {
        item.name: [axis.dim_value for axis in item.type.tensor_type.shape.dim]
        for item in graph.input
    }
    for node in [node for node in graph.node if node.op_type == 'Shape']:
        size = sizes.get(node.input[0], [0])
        if all(size):
            graph.initializer.append(numpy_helper.from_array(np.array(size), node.output[0]))
            graph.node.remove(node)


def _store_what_is_known(graph: onnx.GraphProto) -> None:
    """Work out nodes that depend on stored numbers only, such as how much to pad."""
    known = {item.name: item for item in graph.initializer}
    for node in list(graph.node):
        if not node.input or any(name and name not in known for name in node.input):
            continue
        stored = [known[name] for name in node.input if name]
        outputs = [helper.make_empty_tensor_value_info(name) for name in node.output]
        alone = helper.make_graph([node], 'alone', [], outputs, stored)
        model = helper.make_model(alone, opset_imports=[helper.make_opsetid('', OPSET)])
        answers = zip(node.output, ReferenceEvaluator(model).run(None, {}), strict=True)
        new = [numpy_helper.from_array(np.asarray(array), name) for name, array in answers]
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
    """Make what goes into the last sigmoids the outputs, under these names."""
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


def leave_out_unused(graph: onnx.GraphProto) -> None:
    """Leave out nodes and stored numbers that no output depends on."""
    wanted = {item.name for item in graph.output}
    for node in reversed(list(graph.node)):
        if wanted & set(node.output):
            wanted.update(node.input)
        else:
            graph.node.remove(node)
    for item in list(graph.initializer):
        if item.name not in wanted:
            graph.initializer.remove(item)
