"""Steps of a graph in an order that loses less to rounding.

A sum of two tensors rounds both. A sum that follows a convolution is part of it on the board,
where numbers have more bits. A convolution that sees one place can come after a resizing instead
of before: resizing mixes places by weights that add up to 1.
"""

from __future__ import annotations

from collections import Counter

from dexnet_core.export.x5.lowering import copied
import onnx


def resized_first(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a graph that answers the same and resizes before convolutions of one place.

    Only what is resized linearly in height and width and then added is changed.

    Args:
        model: In the form for the board, (1, C, H, W) throughout.
    """
    result = copied(model)
    graph = result.graph
    readers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    reads = Counter({name: len(nodes) for name, nodes in readers.items()})
    reads.update(item.name for item in graph.output)
    weights = {item.name: item for item in graph.initializer}
    for node in graph.node:
        resizing = next(iter(readers.get(node.output[0], [])), None)
        if resizing is None or reads[node.output[0]] != 1:
            continue
        if _sees_one_place(node, weights) and _is_added(resizing, readers):
            _exchange(node, resizing)
    del graph.value_info[:]
    return onnx.shape_inference.infer_shapes(result, data_prop=True)


def _sees_one_place(node: onnx.NodeProto, weights: dict[str, onnx.TensorProto]) -> bool:
    """Return whether a node is a convolution of single places, each of which it gives out."""
    if node.op_type != 'Conv' or node.input[1] not in weights:
        return False
    steps = [n for attribute in node.attribute for n in attribute.ints if attribute.name != 'pads']
    pads = [n for attribute in node.attribute for n in attribute.ints if attribute.name == 'pads']
    return set(weights[node.input[1]].dims[2:]) == {1} and set(steps) <= {1} and set(pads) <= {0}


def _is_added(node: onnx.NodeProto, readers: dict[str, list[onnx.NodeProto]]) -> bool:
    """Return whether a node resizes linearly, and its answer is only added to something."""
    modes = {attribute.name: attribute.s for attribute in node.attribute}
    after = [reader.op_type for reader in readers.get(node.output[0], [])]
    return node.op_type == 'Resize' and modes.get('mode') == b'linear' and after == ['Add']


def _exchange(conv: onnx.NodeProto, resizing: onnx.NodeProto) -> None:
    """Have a convolution come after the resizing that reads it, in the order of the graph."""
    first, second = onnx.NodeProto(), onnx.NodeProto()
    first.CopyFrom(resizing)
    second.CopyFrom(conv)
    first.input[0], second.output[0] = conv.input[0], resizing.output[0]
    first.output[0] = second.input[0] = conv.output[0]
    conv.CopyFrom(first)
    resizing.CopyFrom(second)
