"""Cross-layer equalisation: scales the channels of a tensor to the same range for 8 bits.

The board quantises a tensor in steps of its largest magnitude over 127, for all channels alike.
Between convolutions, a channel can be scaled if the convolutions before it are divided by the
factor and those after it are multiplied by it. The operators between them must be homogeneous
(scaling the input scales the output). The outputs of the graph stay the same.

Source: Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, 2019.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from dexnet_core.export.x5.toolchain import Sample
import numpy as np
from numpy.typing import NDArray
import onnx
from onnx import helper, numpy_helper
import onnxruntime

_HOMOGENEOUS = frozenset({'Add', 'MaxPool', 'Relu', 'Resize'})
_LEAST = 1e-3
"""Smallest share of a tensor's range that is scaled up to the whole range."""

Floats = NDArray[np.float32]


def equalised(model: onnx.ModelProto, samples: Sequence[Sample]) -> onnx.ModelProto:
    """Return a graph with the same outputs whose channels have the same range.

    Tensors that are added share their factors. A tensor keeps its scale if it is an input or
    output of the graph, or if any operator that reads or writes it is neither homogeneous nor an
    ungrouped convolution with unshared weights.

    Args:
        model: Graph in board form.
        samples: Typical inputs that give the ranges; without samples nothing changes.
    """
    result = onnx.ModelProto()
    result.CopyFrom(model)
    groups = _groups(result.graph) if samples else []
    fused = _fused(result.graph)
    ranges = _ranges(model, samples, [n for group in groups for n in group if n not in fused])
    stored = {item.name: item for item in result.graph.initializer}
    weights = {name: numpy_helper.to_array(item).copy() for name, item in stored.items()}
    for group in groups:
        shares = _shares([ranges[name] for name in group if name in ranges])
        _divide(result.graph, weights, group, shares)
    for name, item in stored.items():
        item.CopyFrom(numpy_helper.from_array(weights[name], name))
    return result


def _groups(graph: onnx.GraphProto) -> list[list[str]]:
    """Return groups of tensors between convolutions; each group shares its factors."""
    stored = {item.name for item in graph.initializer}
    reads = Counter(name for node in graph.node for name in node.input)
    unshared = {name for name in stored if reads[name] == 1}
    together: dict[str, set[str]] = {}
    fixed = {item.name for item in [*graph.input, *graph.output]}
    for node in graph.node:
        names = [name for name in (*node.input, *node.output) if name and name not in stored]
        if node.op_type in _HOMOGENEOUS:
            joined = set(names).union(*(together.get(name, ()) for name in names))
            together |= dict.fromkeys(joined, joined)
            is_free = node.op_type != 'Add' or len(names) == len(node.input) + 1
        else:
            together |= {name: together.get(name, {name}) for name in names}
            is_free = _is_plain_convolution(node, unshared)
        fixed |= set() if is_free else set(names)
    different = {id(group): group for group in together.values()}.values()
    return [sorted(group) for group in different if not group & fixed]


def _is_plain_convolution(node: onnx.NodeProto, unshared: set[str]) -> bool:
    groups = [attribute.i for attribute in node.attribute if attribute.name == 'group']
    return node.op_type == 'Conv' and groups in ([], [1]) and set(node.input[1:]) <= unshared


def _fused(graph: onnx.GraphProto) -> set[str]:
    """Return tensors that only a Relu reads; the board does not quantise them."""
    others = {name for node in graph.node if node.op_type != 'Relu' for name in node.input}
    return {node.input[0] for node in graph.node if node.op_type == 'Relu'} - others


def _ranges(
    model: onnx.ModelProto, samples: Sequence[Sample], names: Sequence[str]
) -> Mapping[str, Floats]:
    """Return the largest magnitude of each channel of (1, C, H, W) tensors."""
    if not names:
        return {}
    probed = onnx.ModelProto()
    probed.CopyFrom(model)
    probed.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    session = onnxruntime.InferenceSession(
        probed.SerializeToString(), providers=['CPUExecutionProvider']
    )
    inputs = [item.name for item in session.get_inputs()]
    greatest: dict[str, Floats] = dict.fromkeys(names, np.zeros((), np.float32))
    for sample in samples:
        outputs = session.run(list(names), dict(zip(inputs, sample, strict=True)))
        for name, array in zip(names, outputs, strict=True):
            greatest[name] = np.maximum(greatest[name], np.abs(array).max(axis=(0, 2, 3)))
    return greatest


def _shares(ranges: Sequence[Floats]) -> Floats:
    """Return the share of the tensor's range that each channel uses; 1 for an unused channel."""
    shares = np.max([range_ / max(range_.max(), _LEAST) for range_ in ranges], axis=0)
    return np.where(shares > 0, np.maximum(shares, _LEAST), 1).astype(np.float32)


def _divide(
    graph: onnx.GraphProto, weights: dict[str, Floats], group: Sequence[str], shares: Floats
) -> None:
    """Divide the channels of tensors by their shares; multiply the weights that read them."""
    for node in graph.node:
        if node.op_type == 'Conv' and node.output[0] in group:
            for name in node.input[1:]:
                sizes = (-1, *[1] * (weights[name].ndim - 1))
                weights[name] = weights[name] / shares.reshape(sizes)
        if node.op_type == 'Conv' and node.input[0] in group:
            name = node.input[1]
            weights[name] = weights[name] * shares[:, None, None]
