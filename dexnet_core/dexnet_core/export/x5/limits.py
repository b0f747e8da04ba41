"""Operator limits of the RDK X5, each with its text for reports.

Source of all numbers: D-Robotics, rdk_x_doc, supported operator list, ONNX operators of the
RDK X5 (Bayes-e), for RDK OS 3.5.0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dexnet_core.export.x5.graph_facts import Node
import numpy as np

Got = TypeVar('Got')


@dataclass(frozen=True)
class Limit(Generic[Got]):
    """A limit on a property of a node.

    Attributes:
        text: Text of the limit.
        got: Returns the property of a node.
        holds: Returns whether the property is within the limit.
    """

    text: str
    got: Callable[[Node], Got]
    holds: Callable[[Got], bool]

    def broken(self, node: Node) -> str:
        """Return a message if the node breaks the limit, else ''."""
        got = self.got(node)
        return '' if self.holds(got) else f'{self.text}: got {_shown(got)}'


def within(low: float, high: float) -> Callable[[Iterable[float]], bool]:
    """Return a predicate: all numbers are in the closed range [low, high]."""
    return lambda numbers: all(low <= number <= high for number in numbers)


def attribute(name: str, default: object) -> Callable[[Node], Any]:
    """Return a getter of a node attribute."""
    return lambda node: node.attributes.get(name, default)


def ranks(least: int, most: int) -> Limit[list[int]]:
    """Return the limit on the number of axes of inputs and outputs."""
    text = f'{least}-D' if least == most else f'{least}-D to {most}-D'
    return Limit(text, _ranks, within(least, most))


def _ranks(node: Node) -> list[int]:
    return [len(value.shape) for value in (*node.data, *node.outputs)]


def _shown(got: object) -> object:
    return got.decode() if isinstance(got, bytes) else got


def _image(node: Node) -> tuple[int, ...]:
    """Return the shape of the first input."""
    return node.inputs[0].shape


def _weights(node: Node) -> tuple[int, ...]:
    return node.inputs[1].shape


def _kernel(node: Node) -> Sequence[int]:
    usual = _weights(node)[2:] if len(node.inputs) > 1 else ()
    kernel: Sequence[int] = node.attributes.get('kernel_shape', usual)
    return kernel


def _constants(node: Node) -> int:
    return sum(value.constant is not None for value in node.inputs)


def _input_ranks(node: Node) -> list[int]:
    return [len(value.shape) for value in node.inputs]


def _axes(node: Node) -> list[int]:
    """Return the axes of a reduction, as non-negative indices."""
    rank = len(_image(node))
    return [axis % rank for axis in node.attributes.get('axes', range(rank))]


def _reduced(node: Node) -> list[int]:
    return [_image(node)[axis] for axis in _axes(node)]


def _axis(node: Node) -> int:
    rank = max(1, len(_image(node)))
    axis: int = node.attributes.get('axis', 0) % rank
    return axis


def _changed(node: Node) -> int:
    """Return the number of axes whose size differs between input and output."""
    before, after = _image(node), node.outputs[0].shape
    before = (1,) * (len(after) - len(before)) + before
    return sum(a != b for a, b in zip(before, after, strict=True))


def _asymmetry(node: Node) -> list[int]:
    pads = list(node.attributes.get('pads', []))
    half = len(pads) // 2
    return [a - b for a, b in zip(pads[:half], pads[half:], strict=True)]


def _scales(node: Node) -> list[float]:
    before, after = _image(node), node.outputs[0].shape
    return [b / a for a, b in zip(before, after, strict=True)]


def _resize(node: Node) -> tuple[str, list[float]]:
    mode = node.attributes.get('mode', b'nearest')
    return (mode.decode() if isinstance(mode, bytes) else str(mode)), _scales(node)


def _resizes(got: tuple[str, list[float]]) -> bool:
    mode, scales = got
    power = all(float(np.log2(scale)).is_integer() for scale in scales)
    return mode == 'linear' or (mode == 'nearest' and power)


def _index_type(node: Node) -> str:
    index = node.inputs[1]
    return 'constant' if index.constant is not None else index.dtype


def _exponents(node: Node) -> int:
    return node.inputs[1].size if node.inputs[1].constant is not None else 0


def _strides_of_dilated(node: Node) -> list[int]:
    dilated = max(node.attributes.get('dilations', [1])) > 1
    return list(node.attributes.get('strides', [1])) if dilated else []


SIZES = (
    Limit(
        'N at most 4096',
        lambda n: [v.shape[0] for v in n.data if len(v.shape) == 4],
        within(1, 4096),
    ),
    Limit(
        'C, H, W in 1 to 65536',
        lambda n: [s for v in n.data for s in v.shape[1:]],
        within(1, 65536),
    ),
    Limit(
        'tensors of at most 1 GB',
        lambda n: [v.size * 4 for v in (*n.data, *n.outputs)],
        within(0, 2**30),
    ),
)
"""Limits of every node on the BPU."""

ONE_CONSTANT = Limit('at most 1 constant input', _constants, lambda n: n <= 1)
SCALAR_EXPONENT = Limit('exponent a stored scalar', _exponents, lambda n: n == 1)
FLOAT = Limit('float32 on the CPU', lambda n: n.inputs[0].dtype, lambda dtype: dtype == 'float32')

CONV_2D = (
    ranks(4, 4),
    Limit('kernel 1 to 31', _kernel, within(1, 31)),
    Limit('weight N, C at most 8192', lambda n: _weights(n)[:2], within(1, 8192)),
    Limit(
        'weight C*H*W at most 32767', lambda n: [int(np.prod(_weights(n)[1:]))], within(1, 32767)
    ),
    Limit('stride 1 to 256', attribute('strides', []), within(1, 256)),
    Limit('stride 1 if dilated', _strides_of_dilated, within(1, 1)),
    Limit('dilation 1 to 16', attribute('dilations', []), within(1, 16)),
    Limit('pad 0 to 256', attribute('pads', []), within(0, 256)),
)
CONV_3D = (
    ranks(5, 5),
    Limit('weight N at most 128', lambda n: _weights(n)[:1], within(1, 128)),
    Limit('kernel H, W at most 31', lambda n: _weights(n)[3:], within(1, 31)),
    Limit('kernel D at most 8191', lambda n: _weights(n)[2:3], within(1, 8191)),
    Limit('no group', lambda n: [n.attributes.get('group', 1)], within(1, 1)),
    Limit('no dilation', attribute('dilations', []), within(1, 1)),
    Limit('stride 1 or 2', attribute('strides', []), within(1, 2)),
)
CONV_CPU = (
    Limit('no auto_pad on the CPU', attribute('auto_pad', b'NOTSET'), lambda p: p == b'NOTSET'),
    Limit('symmetric pads on the CPU', _asymmetry, within(0, 0)),
)
CONV_TRANSPOSE = (
    ranks(4, 4),
    Limit('N at most 128', lambda n: _image(n)[:1], within(1, 128)),
    Limit('C at most 2048', lambda n: _image(n)[1:2], within(1, 2048)),
    Limit('weight N, C at most 2048', lambda n: _weights(n)[:2], within(1, 2048)),
    Limit('kernel 1 to 14', _kernel, within(1, 14)),
    Limit('kernel not 1x1', _kernel, lambda k: max(k) > 1),
    Limit('stride 1 to 14', attribute('strides', [1]), within(1, 14)),
    Limit('stride not 1x1', attribute('strides', [1]), lambda s: max(s) > 1),
    Limit('dilation 1', attribute('dilations', []), within(1, 1)),
)
MAX_POOL = (
    ranks(4, 4),
    Limit('kernel at most 256', _kernel, within(1, 256)),
    Limit('stride at most 256', attribute('strides', []), within(1, 256)),
    Limit('pad at most 256', attribute('pads', []), within(0, 256)),
    Limit('no dilation', attribute('dilations', []), within(1, 1)),
)
AVERAGE_POOL = (
    ranks(4, 4),
    Limit('kernel at most 256', _kernel, within(1, 256)),
    Limit('kernel H*W at most 8192', lambda n: [int(np.prod(_kernel(n)))], within(1, 8192)),
    Limit('stride at most 256', attribute('strides', []), within(1, 256)),
)
GLOBAL_MAX_POOL = (
    ranks(4, 4),
    Limit('H, W at most 256', lambda n: _image(n)[2:], within(1, 256)),
)
MATMUL = (
    ranks(2, 10),
    Limit('equal numbers of axes', _input_ranks, lambda r: len(set(r)) == 1),
    Limit('M, K in 1 to 8192', lambda n: _image(n)[-2:], within(1, 8192)),
    Limit('upper axes at most 4096', lambda n: _image(n)[:-2], within(1, 4096)),
)
SOFTMAX = (ranks(4, 4), Limit('axis 3', _axis, lambda axis: axis == 3))
REDUCE = (
    ranks(2, 5),
    Limit('exactly one axis', _axes, lambda axes: len(axes) == 1),
    Limit('at most 8192 along it', _reduced, within(1, 8192)),
    Limit('keepdims 1', attribute('keepdims', 1), lambda keeps: keeps == 1),
)
REDUCE_MEAN = (
    *REDUCE[:1],
    Limit('exactly one axis, or H and W', _axes, lambda axes: len(axes) == 1 or axes == [2, 3]),
    *REDUCE[2:],
)
REDUCE_SUM = (ranks(4, 4), REDUCE[1])
ARG = (
    ranks(4, 4),
    Limit('axis 1', _axis, lambda axis: axis == 1),
    Limit('C at most 8191', lambda n: _image(n)[1:2], within(1, 8191)),
)
TOP_K = (ranks(1, 10), Limit('sorted', attribute('sorted', 1), lambda is_sorted: is_sorted == 1))
GATHER = (
    ranks(0, 4),
    Limit('computed indices int32', _index_type, lambda kind: kind in ('constant', 'int32')),
)
GATHER_CPU = (
    Limit(
        'indices int32 or int64', lambda n: n.inputs[1].dtype, lambda d: d in ('int32', 'int64')
    ),
)
INT64_CPU = (Limit('indices int64', lambda n: n.inputs[1].dtype, lambda dtype: dtype == 'int64'),)
INT32_CPU = (Limit('indices int32', lambda n: n.inputs[1].dtype, lambda dtype: dtype == 'int32'),)
NOT_ALONG_N = Limit('not along N', _axis, lambda axis: axis != 0)
EQUAL_PARTS = Limit(
    'equal parts', lambda n: [v.shape for v in n.outputs], lambda shapes: len(set(shapes)) == 1
)
CONSTANT_PAD = Limit(
    'constant padding', attribute('mode', b'constant'), lambda m: m == b'constant'
)
ONE_CHANGES = Limit('at most one size changes', _changed, lambda number: number <= 1)
RESIZE = (
    ranks(4, 4),
    Limit('only H and W', lambda n: _scales(n)[:2], within(1, 1)),
    Limit('linear, or nearest by a power of 2', _resize, _resizes),
)
GRID_SAMPLE = (
    ranks(4, 4),
    Limit('H, W at most 1024', lambda n: _image(n)[2:], within(1, 1024)),
    Limit('H*W below 512*512', lambda n: [int(np.prod(_image(n)[2:]))], within(1, 512 * 512 - 1)),
)
BLOCK_OF_2 = (
    ranks(4, 4),
    Limit('blocksize 2', attribute('blocksize', 0), lambda size: size == 2),
)
LSTM = (Limit('batch 1', lambda n: _image(n)[1:2], within(1, 1)),)
RECURRENT_CPU = (
    Limit('forward only', attribute('direction', b'forward'), lambda d: d == b'forward'),
    FLOAT,
)
