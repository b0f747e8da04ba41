"""Reordering of graph nodes to reduce quantisation errors.

A sum of two tensors quantises both. On the board, a sum directly after a convolution is fused with
it and computed with more bits. A 1x1 convolution and a linear Resize can be exchanged, as the
interpolation weights of a Resize sum to 1.
"""

from __future__ import annotations

from collections import Counter

from dexnet_core.export.x5.lowering import copied
import onnx


def resized_first(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a graph with the same outputs that resizes before 1x1 convolutions.

    Only linear Resize nodes whose output is added to another tensor are moved.

    Args:
        model: Graph in board form, (1, C, H, W) throughout.
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
        if _is_pointwise(node, weights) and _is_added(resizing, readers):
            _exchange(node, resizing)
    del graph.value_info[:]
    return onnx.shape_inference.infer_shapes(result, data_prop=True)


def _is_pointwise(node: onnx.NodeProto, weights: dict[str, onnx.TensorProto]) -> bool:
    """Return whether a node is a 1x1 convolution with stride 1 and without padding."""
    if node.op_type != 'Conv' or node.input[1] not in weights:
        return False
    steps = [n for attribute in node.attribute for n in attribute.ints if attribute.name != 'pads']
    pads = [n for attribute in node.attribute for n in attribute.ints if attribute.name == 'pads']
    return set(weights[node.input[1]].dims[2:]) == {1} and set(steps) <= {1} and set(pads) <= {0}


def _is_added(node: onnx.NodeProto, readers: dict[str, list[onnx.NodeProto]]) -> bool:
    """Return whether a node is a linear Resize whose output only an Add reads."""
    modes = {attribute.name: attribute.s for attribute in node.attribute}
    after = [reader.op_type for reader in readers.get(node.output[0], [])]
    return node.op_type == 'Resize' and modes.get('mode') == b'linear' and after == ['Add']


def _exchange(conv: onnx.NodeProto, resizing: onnx.NodeProto) -> None:
    """Exchange a convolution with the Resize that reads its output."""
    first, second = onnx.NodeProto(), onnx.NodeProto()
    first.CopyFrom(resizing)
    second.CopyFrom(conv)
    first.input[0], second.output[0] = conv.input[0], resizing.output[0]
    first.output[0] = second.input[0] = conv.output[0]
    conv.CopyFrom(first)
    resizing.CopyFrom(second)
