"""Channels of a graph scaled to the same range, so that 8 bits are fine enough for each of them.

The board rounds a tensor in steps of its greatest number over 127, whatever the channel. Between
convolutions, operators that keep multiples can be given any multiple of a channel, if the
convolutions before divide by what those behind multiply by. The graph answers the same.

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

_KEEP_MULTIPLES = frozenset({'Add', 'MaxPool', 'Relu', 'Resize'})
_LEAST = 1e-3
"""Share of a tensor's range from which on a channel is widened to all of it."""

Floats = NDArray[np.float32]


def equalised(model: onnx.ModelProto, samples: Sequence[Sample]) -> onnx.ModelProto:
    """Return a graph that answers the same, with channels of the same range.

    Tensors that meet in a sum share their multiples. What else reads or writes than operators that
    keep multiples and ungrouped convolutions with weights of their own leaves its tensors as they
    are; inputs and outputs stay as well.

    Args:
        model: In the form for the board.
        samples: What it is shown at work, to take the ranges from; none changes nothing.
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
    """Return the tensors between convolutions, those together that share their multiples."""
    stored = {item.name for item in graph.initializer}
    reads = Counter(name for node in graph.node for name in node.input)
    own = {name for name in stored if reads[name] == 1}
    together: dict[str, set[str]] = {}
    fixed = {item.name for item in [*graph.input, *graph.output]}
    for node in graph.node:
        names = [name for name in (*node.input, *node.output) if name and name not in stored]
        if node.op_type in _KEEP_MULTIPLES:
            joined = set(names).union(*(together.get(name, ()) for name in names))
            together |= dict.fromkeys(joined, joined)
            is_free = node.op_type != 'Add' or len(names) == len(node.input) + 1
        else:
            together |= {name: together.get(name, {name}) for name in names}
            is_free = _is_plain_convolution(node, own)
        fixed |= set() if is_free else set(names)
    different = {id(group): group for group in together.values()}.values()
    return [sorted(group) for group in different if not group & fixed]


def _is_plain_convolution(node: onnx.NodeProto, own: set[str]) -> bool:
    groups = [attribute.i for attribute in node.attribute if attribute.name == 'group']
    return node.op_type == 'Conv' and groups in ([], [1]) and set(node.input[1:]) <= own


def _fused(graph: onnx.GraphProto) -> set[str]:
    """Return tensors that only a Relu reads, which the board does not round."""
    others = {name for node in graph.node if node.op_type != 'Relu' for name in node.input}
    return {node.input[0] for node in graph.node if node.op_type == 'Relu'} - others


def _ranges(
    model: onnx.ModelProto, samples: Sequence[Sample], names: Sequence[str]
) -> Mapping[str, Floats]:
    """Return the greatest magnitude of each channel of (1, C, H, W) tensors."""
    if not names:
        return {}
    telling = onnx.ModelProto()
    telling.CopyFrom(model)
    telling.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    session = onnxruntime.InferenceSession(
        telling.SerializeToString(), providers=['CPUExecutionProvider']
    )
    inputs = [item.name for item in session.get_inputs()]
    greatest: dict[str, Floats] = dict.fromkeys(names, np.zeros((), np.float32))
    for sample in samples:
        said = session.run(list(names), dict(zip(inputs, sample, strict=True)))
        for name, array in zip(names, said, strict=True):
            greatest[name] = np.maximum(greatest[name], np.abs(array).max(axis=(0, 2, 3)))
    return greatest


def _shares(ranges: Sequence[Floats]) -> Floats:
    """Return the share that each channel uses of the range of its tensor; 1 of an unused one."""
    shares = np.max([range_ / max(range_.max(), _LEAST) for range_ in ranges], axis=0)
    return np.where(shares > 0, np.maximum(shares, _LEAST), 1).astype(np.float32)


def _divide(
    graph: onnx.GraphProto, weights: dict[str, Floats], group: Sequence[str], shares: Floats
) -> None:
    """Divide the channels of tensors by their shares, and have what reads them multiply."""
    for node in graph.node:
        if node.op_type == 'Conv' and node.output[0] in group:
            for name in node.input[1:]:
                sizes = (-1, *[1] * (weights[name].ndim - 1))
                weights[name] = weights[name] / shares.reshape(sizes)
        if node.op_type == 'Conv' and node.input[0] in group:
            name = node.input[1]
            weights[name] = weights[name] * shares[:, None, None]
