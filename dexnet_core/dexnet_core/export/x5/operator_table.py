"""Operators supported by the RDK X5 toolchain, and the device that runs each.

Source: D-Robotics, rdk_x_doc, supported operator list, ONNX operators of the RDK X5 (Bayes-e), for
RDK OS 3.5.0. An operator of the BPU list that breaks a BPU limit runs on the CPU. The compiler
stops at an operator that is not listed, or that is listed as not integrated for the CPU. If the
list gives no number of axes for the BPU, this table assumes four.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

from dexnet_core.export.x5 import limits
from dexnet_core.export.x5.graph_facts import Node
from dexnet_core.export.x5.limits import FLOAT, Limit, ONE_CONSTANT, ranks


class Bpu(Enum):
    """Support of an operator on the BPU."""

    YES = 'on the BPU'
    PASSIVE = 'on the BPU between nodes that are'
    ASKED = 'on the BPU only where the YAML asks for it'
    NO = 'not on the BPU'


class Operator(NamedTuple):
    """A row of the list.

    Attributes:
        bpu: Support on the BPU.
        limits: Limits on the BPU.
        cpu: Whether a CPU implementation exists.
        cpu_limits: Limits on the CPU.
    """

    bpu: Bpu
    limits: tuple[Limit[Any], ...] = ()
    cpu: bool = True
    cpu_limits: tuple[Limit[Any], ...] = ()

    @property
    def text(self) -> str:
        """Conditions for a node on the BPU."""
        conditions = ', '.join(limit.text for limit in self.limits)
        return f'{self.bpu.value}: {conditions}' if conditions else self.bpu.value


_ANY, _FOUR = ranks(0, 10), ranks(4, 4)
_PLAIN = Operator(Bpu.YES, (_ANY,))
_SUM = Operator(Bpu.YES, (_ANY, ONE_CONSTANT), cpu_limits=(ranks(0, 8),))
_CPU = Operator(Bpu.NO)
_CPU_FLOAT = Operator(Bpu.NO, cpu_limits=(FLOAT,))
_ASKED = Operator(Bpu.ASKED)
_PASSIVE = Operator(Bpu.PASSIVE, (_ANY,))
_RECURRENT = Operator(Bpu.NO, cpu_limits=limits.RECURRENT_CPU)

_SHARED_ROWS = (
    (
        _PLAIN,
        'Abs Ceil Floor Round Sign Exp Log Sqrt Reciprocal Sigmoid Tanh Relu LeakyRelu Elu Selu '
        'HardSigmoid Softplus Softsign Erf Clip Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh '
        'Atanh',
    ),
    (_SUM, 'Add Sub Mul Div Sum Max'),
    (_ASKED, 'Min Equal Greater Less'),
    (_PASSIVE, 'Reshape Flatten Squeeze Unsqueeze'),
    (
        _CPU,
        'LogSoftmax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp '
        'ReduceSumSquare ScatterND Where And Or Not Neg OneHot Range EyeLike Mod Cast Identity '
        'RoiAlign ReverseSequence RandomUniform QuantizeLinear DequantizeLinear',
    ),
    (
        _CPU_FLOAT,
        'InstanceNormalization LRN LpNormalization ThresholdedRelu LpPool GlobalLpPool MaxRoiPool',
    ),
    (_RECURRENT, 'GRU RNN'),
    (Operator(Bpu.YES, limits.ARG, cpu_limits=(FLOAT,)), 'ArgMax ArgMin'),
    (Operator(Bpu.YES, limits.RESIZE), 'Resize Upsample'),
    (Operator(Bpu.YES, limits.BLOCK_OF_2), 'DepthToSpace SpaceToDepth'),
    (Operator(Bpu.YES, (_FOUR, limits.ONE_CHANGES)), 'Expand Tile'),
    (Operator(Bpu.YES, (_FOUR,)), 'Slice Transpose BatchNormalization GlobalAveragePool'),
)

_OPERATORS = {name: row for row, names in _SHARED_ROWS for name in names.split()} | {
    'Pow': Operator(Bpu.YES, (_ANY, limits.SCALAR_EXPONENT)),
    'Conv 2d': Operator(Bpu.YES, limits.CONV_2D, cpu_limits=limits.CONV_CPU),
    'Conv 3d': Operator(Bpu.YES, limits.CONV_3D, cpu_limits=limits.CONV_CPU),
    'Conv 1d': Operator(Bpu.NO, cpu_limits=limits.CONV_CPU),
    'ConvTranspose': Operator(Bpu.YES, limits.CONV_TRANSPOSE),
    'MaxPool': Operator(Bpu.YES, limits.MAX_POOL),
    'AveragePool': Operator(Bpu.YES, limits.AVERAGE_POOL),
    'GlobalMaxPool': Operator(Bpu.YES, limits.GLOBAL_MAX_POOL),
    'Gemm': Operator(Bpu.YES, (ranks(2, 2),)),
    'MatMul': Operator(Bpu.YES, limits.MATMUL),
    'Softmax': Operator(Bpu.ASKED, limits.SOFTMAX),
    'ReduceMax': Operator(Bpu.YES, limits.REDUCE),
    'ReduceMean': Operator(Bpu.YES, limits.REDUCE_MEAN),
    'ReduceSum': Operator(Bpu.YES, limits.REDUCE_SUM),
    'TopK': Operator(Bpu.YES, limits.TOP_K, cpu_limits=(FLOAT,)),
    'Gather': Operator(Bpu.YES, limits.GATHER, cpu_limits=limits.GATHER_CPU),
    'GatherElements': Operator(Bpu.YES, (_FOUR,)),
    'GatherND': Operator(Bpu.NO, cpu_limits=limits.INT64_CPU),
    'ScatterElements': Operator(Bpu.NO, cpu_limits=limits.INT32_CPU),
    'CumSum': Operator(Bpu.NO, cpu_limits=limits.INT32_CPU),
    'Concat': Operator(Bpu.YES, (_FOUR, limits.NOT_ALONG_N)),
    'Split': Operator(Bpu.YES, (_FOUR, limits.NOT_ALONG_N, limits.EQUAL_PARTS)),
    'Pad': Operator(Bpu.YES, (_FOUR, limits.CONSTANT_PAD)),
    'GridSample': Operator(Bpu.YES, limits.GRID_SAMPLE, cpu=False),
    'LSTM': Operator(Bpu.YES, limits.LSTM, cpu_limits=limits.RECURRENT_CPU),
    'PRelu': Operator(Bpu.YES, (_FOUR,)),
}

_LISTED_WITHOUT = (
    'Loop If Scan Einsum Mean Det Compress IsInf IsNaN Hardmax MatMulInteger ConvInteger '
    'QLinearConv QLinearMatMul RandomNormal Scatter Shrink Unique Xor BitShift Multinomial Celu '
    'DynamicQuantizeLinear MeanVarianceNormalization SequenceAt SequenceConstruct SequenceEmpty '
    'SequenceErase SequenceInsert SequenceLength'
)
NOT_INTEGRATED = frozenset(_LISTED_WITHOUT.split())
"""Operators that are listed without an implementation."""


def operator_of(node: Node) -> Operator | None:
    """Return the row of a node's operator; None if it is not supported."""
    if node.proto.domain not in ('', 'ai.onnx') and node.op != 'GridSample':
        return None
    if node.op != 'Conv':
        return _OPERATORS.get(node.op)
    return _OPERATORS.get(f'Conv {len(node.inputs[1].shape) - 2}d')
