"""Networks that evaluate placed grippers, in the form for the board: several patches at a time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from dexnet_core.export.x5.graph_facts import Shape
from dexnet_core.export.x5.lowering import board_form, leave_out_unused, lowered
from dexnet_core.planning.contracts.evaluator_contracts import (
    EvaluatorContract,
    JawEvaluatorContract,
    LOGIT_SCALE,
)
from dexnet_core.planning.contracts.stored_contract import Contract, contract_to_json, METADATA_KEY
from dexnet_core.planning.networks.fixed_graph import LARGEST_LOGIT, LOGITS
from dexnet_core.planning.networks.model_file import open_model
import numpy as np
from numpy.typing import NDArray
import onnx
from onnx import helper, numpy_helper

BATCH = 32
"""Patches that the board evaluates in one call."""

_TOLERANCE = 1e-4
"""Greatest difference of a probability in this form."""
_HIDDEN, _ANSWER = 'network.hidden', 'network.answer'
_HALF = '_half'

Floats = NDArray[np.float32]


def board_evaluator(source: Path, contract: Contract, batch: int = BATCH) -> onnx.ModelProto:
    """Return an exported evaluator in the form for the board.

    The layer that sees a whole patch becomes a convolution as large as what it sees, and the
    context joins it by a convolution of its own; `FixedGraph` shows the score as a logit.

    Args:
        source: ONNX file for ONNX Runtime.
        contract: That it carries, of any kind.
        batch: Patches of a call.

    Raises:
        ValueError: The network evaluates no placed grippers, is none that `dexnet export` writes,
            or answers otherwise in this form.
    """
    if not isinstance(contract, EvaluatorContract):
        got = f'{contract.name} {contract.version} with a {type(contract).__name__}'
        raise ValueError(f'{source} evaluates no placed grippers: got {got}')
    model = onnx.load(source)
    weights = _weights(model, source)
    (patches, context) = model.graph.input
    channels = patches.type.tensor_type.shape.dim[1].dim_value
    size = (
        (contract.rows, contract.columns)
        if isinstance(contract, JawEvaluatorContract)
        else (contract.side, contract.side)
    )
    shapes = {
        patches.name: (batch, channels, *size),
        context.name: (batch, len(contract.context), 1, 1),
    }
    result = lowered(_features(model, source), shapes)
    _add_head(result, weights, contract.context.index('score'))
    result = board_form(result, [LOGITS])
    _require_same(result, source, contract)
    return result


def _features(model: onnx.ModelProto, source: Path) -> onnx.ModelProto:
    """Return the part of a graph before its patches become rows of numbers."""
    rows = [node for node in model.graph.node if node.op_type == 'Flatten']
    if len(rows) != 1:
        raise ValueError(f'{source} has {len(rows)} Flatten, expected one as dexnet export writes')
    result = onnx.ModelProto()
    result.CopyFrom(model)
    del result.graph.output[:], result.graph.value_info[:]
    result.graph.output.append(helper.make_empty_tensor_value_info(rows[0].input[0]))
    result.graph.output[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    leave_out_unused(result.graph)
    return result


def _weights(model: onnx.ModelProto, source: Path) -> Mapping[str, Floats]:
    """Return weights and biases of the last two layers, in float32."""
    stored = {item.name.removesuffix(_HALF): item for item in model.graph.initializer}
    names = [f'{layer}.{part}' for layer in (_HIDDEN, _ANSWER) for part in ('weight', 'bias')]
    missing = [name for name in names if name not in stored]
    if missing:
        raise ValueError(f'{source} has no {", ".join(missing)}, as dexnet export writes them')
    return {name: numpy_helper.to_array(stored[name]).astype(np.float32) for name in names}


def _add_head(model: onnx.ModelProto, weights: Mapping[str, Floats], scored: int) -> None:
    """Add the last two layers to the features.

    Args:
        model: Of the features; it ends in the probabilities after this.
        weights: Of these layers.
        scored: Which column of the context is the score.
    """
    graph = model.graph
    context = graph.input[1]
    (seen,) = onnx.shape_inference.infer_shapes(model).graph.output
    _, *sizes = _shape(seen)
    hidden = weights[f'{_HIDDEN}.weight']
    of_patch, of_context = np.split(hidden, [hidden.shape[1] - _shape(context)[1]], axis=1)
    of_context[:, scored] *= LOGIT_SCALE * LARGEST_LOGIT
    answer = weights[f'{_ANSWER}.weight']
    layers = (
        ('seen', seen.name, of_patch.reshape(-1, *sizes), weights[f'{_HIDDEN}.bias']),
        ('told', context.name, of_context[:, :, None, None], None),
        ('answer', 'bent', answer[:, :, None, None], weights[f'{_ANSWER}.bias']),
    )
    first, second, last = (_convolution(graph, *layer) for layer in layers)
    graph.node.extend(
        [
            *(first, second, helper.make_node('Add', ['seen', 'told'], ['sum'], 'sum')),
            *(helper.make_node('Relu', ['sum'], ['bent'], 'bent'), last),
            helper.make_node('Sigmoid', ['answer'], ['quality'], 'quality'),
        ]
    )
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info('quality', onnx.TensorProto.FLOAT, None))


def _convolution(
    graph: onnx.GraphProto, name: str, source: str, weight: Floats, bias: Floats | None
) -> onnx.NodeProto:
    """Return a convolution whose output has its name, with its numbers stored in a graph."""
    inputs = [source, f'{name}.weight', *([] if bias is None else [f'{name}.bias'])]
    arrays = [weight] if bias is None else [weight, bias]
    graph.initializer.extend(
        numpy_helper.from_array(np.ascontiguousarray(array), key)
        for key, array in zip(inputs[1:], arrays, strict=True)
    )
    return helper.make_node('Conv', inputs, [name], name, kernel_shape=weight.shape[2:])


def _shape(value: onnx.ValueInfoProto) -> Shape:
    return tuple(axis.dim_value for axis in value.type.tensor_type.shape.dim)


def _require_same(model: onnx.ModelProto, source: Path, contract: EvaluatorContract) -> None:
    """Raise ValueError unless a graph for the board answers as what it was made of."""
    rng = np.random.default_rng(0)
    inputs: list[Floats] = [
        rng.uniform(0, 1, (3, *_shape(item)[1:])).astype(np.float32) for item in model.graph.input
    ]
    inputs[1] = inputs[1][:, :, 0, 0]
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / 'board.onnx'
        telling = onnx.ModelProto()
        telling.CopyFrom(model)
        helper.set_model_props(telling, {METADATA_KEY: contract_to_json(contract)})
        onnx.save(telling, path)
        got, known = (open_model(each, threads=1).run(*inputs) for each in (path, source))
    difference = float(np.abs(got - known).max())
    if not difference <= _TOLERANCE:
        raise ValueError(f'{source} answers otherwise for the board, by {difference}')
