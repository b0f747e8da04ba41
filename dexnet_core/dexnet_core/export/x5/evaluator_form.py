"""Grasp evaluator networks in board form: a fixed batch of patches per call."""

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
"""Patches per call on the board."""

_TOLERANCE = 1e-4
"""Largest allowed difference of a probability between the two forms."""
_HIDDEN, _ANSWER = 'network.hidden', 'network.answer'
_HALF = '_half'

Floats = NDArray[np.float32]


def board_evaluator(source: Path, contract: Contract, batch: int = BATCH) -> onnx.ModelProto:
    """Return an exported grasp evaluator in board form.

    The fully connected layer on the patch features becomes a convolution with a kernel of their
    size. The context is added through a second convolution; `FixedGraph` feeds the score as a
    logit.

    Args:
        source: ONNX file for ONNX Runtime.
        contract: Contract of the file, of any type.
        batch: Patches per call.

    Raises:
        ValueError: The network is no grasp evaluator or not written by `dexnet export`, or its
            outputs change in this form.
    """
    if not isinstance(contract, EvaluatorContract):
        got = f'{contract.name} {contract.version} with a {type(contract).__name__}'
        raise ValueError(f'{source} is no grasp evaluator: got {got}')
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
    """Return the part of a graph before its Flatten node."""
    rows = [node for node in model.graph.node if node.op_type == 'Flatten']
    if len(rows) != 1:
        raise ValueError(f'{source} has {len(rows)} Flatten nodes, expected one')
    result = onnx.ModelProto()
    result.CopyFrom(model)
    del result.graph.output[:], result.graph.value_info[:]
    result.graph.output.append(helper.make_empty_tensor_value_info(rows[0].input[0]))
    result.graph.output[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    leave_out_unused(result.graph)
    return result


def _weights(model: onnx.ModelProto, source: Path) -> Mapping[str, Floats]:
    """Return the weights and biases of the last two layers as float32."""
    stored = {item.name.removesuffix(_HALF): item for item in model.graph.initializer}
    names = [f'{layer}.{part}' for layer in (_HIDDEN, _ANSWER) for part in ('weight', 'bias')]
    missing = [name for name in names if name not in stored]
    if missing:
        raise ValueError(f'{source} has no {", ".join(missing)}: not written by dexnet export')
    return {name: numpy_helper.to_array(stored[name]).astype(np.float32) for name in names}


def _add_head(model: onnx.ModelProto, weights: Mapping[str, Floats], scored: int) -> None:
    """Append the last two layers to the feature graph.

    Args:
        model: Feature graph; its output becomes the probabilities.
        weights: Weights of these layers.
        scored: Index of the score in the context.
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
    """Store weights in a graph; return a convolution whose output has the given name."""
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
    """Raise ValueError if the outputs of a board graph differ from those of its source."""
    rng = np.random.default_rng(0)
    inputs: list[Floats] = [
        rng.uniform(0, 1, (3, *_shape(item)[1:])).astype(np.float32) for item in model.graph.input
    ]
    inputs[1] = inputs[1][:, :, 0, 0]
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / 'board.onnx'
        checked = onnx.ModelProto()
        checked.CopyFrom(model)
        helper.set_model_props(checked, {METADATA_KEY: contract_to_json(contract)})
        onnx.save(checked, path)
        got, known = (open_model(each, threads=1).run(*inputs) for each in (path, source))
    difference = float(np.abs(got - known).max())
    if not difference <= _TOLERANCE:
        raise ValueError(f'{source} differs in board form by {difference}, at most {_TOLERANCE}')
