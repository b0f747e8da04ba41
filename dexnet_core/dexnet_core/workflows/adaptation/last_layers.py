"""Extraction and replacement of the last two layers of an exported evaluator."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from dexnet_core.export.half import stored_weights
from dexnet_core.io.files.atomic import atomic_path
from dexnet_core.planning.contracts.evaluator_contracts import EvaluatorContract, UNCHANGED
from dexnet_core.planning.contracts.stored_contract import contract_to_json, METADATA_KEY
import numpy as np
from numpy.typing import NDArray
import onnx
from onnx import helper, numpy_helper, TensorProto
import onnxruntime

_BATCH = 256


class LastLayers(NamedTuple):
    """The last two layers, which map d features to a logit.

    Attributes:
        hidden: (h, d) weights, followed by a ReLU.
        hidden_bias: (h,) bias.
        output: (h,) weights of the output.
        output_bias: () bias of the output.
    """

    hidden: NDArray[np.float64]
    hidden_bias: NDArray[np.float64]
    output: NDArray[np.float64]
    output_bias: NDArray[np.float64]

    def logits(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the (n,) logits of (n, d) features."""
        activation = np.maximum(features @ self.hidden.T + self.hidden_bias, 0)
        return activation @ self.output + self.output_bias

    def calibrated(self, slope: float, offset: float) -> LastLayers:
        """Return layers whose logits are slope * logits + offset."""
        output, bias = slope * self.output, slope * self.output_bias + offset
        return self._replace(output=output, output_bias=bias)


class OpenedEvaluator:
    """An exported evaluator, split before its last two layers.

    Attributes:
        contract: Contract of the evaluator.
        layers: The last two layers, including the calibration of the contract.
    """

    def __init__(self, path: Path, contract: EvaluatorContract) -> None:
        """Open a file.

        Args:
            path: Path of the file.
            contract: Contract of the file.

        Raises:
            ValueError: The file does not end with two fully connected layers.
        """
        model = onnx.load(path)
        dense = [node for node in model.graph.node if node.op_type == 'Gemm'][-2:]
        names = [name for node in dense for name in node.input[1:]]
        stored = stored_weights(path)
        if len(names) != len(LastLayers._fields) or not set(names) <= set(stored):
            raise ValueError(f'{path} ends with {names}, expected two layers with weight and bias')
        hidden, hidden_bias, output, output_bias = (stored[name].astype(float) for name in names)
        self._path, self._names, self.contract = path, names, contract
        layers = LastLayers(hidden, hidden_bias, output[0], output_bias[0])
        self.layers = layers.calibrated(*contract.calibration)
        features = helper.make_tensor_value_info(dense[0].input[0], TensorProto.FLOAT, None)
        del model.graph.output[:]
        model.graph.output.append(features)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        options.add_session_config_entry('session.disable_quant_qdq', '1')
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=['CPUExecutionProvider']
        )
        self._inputs = [item.name for item in self._session.get_inputs()]

    def features(
        self, patches: NDArray[np.float32], context: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return the (n, d) input features of the last layers.

        Args:
            patches: (n, channels, rows, columns).
            context: (n, k).
        """
        parts = []
        for k in range(0, len(patches), _BATCH):
            some = slice(k, k + _BATCH)
            fed = zip(self._inputs, (patches[some], context[some]), strict=True)
            parts += self._session.run(None, dict(fed))
        return np.concatenate(parts)

    def write(self, path: Path, layers: LastLayers) -> None:
        """Write the evaluator with other last layers and without calibration."""
        contract = replace(self.contract, calibration=UNCHANGED)
        model = onnx.load(self._path)
        hidden, hidden_bias, output, output_bias = (np.asarray(part) for part in layers)
        new = dict(
            zip(self._names, (hidden, hidden_bias, output[None], output_bias[None]), strict=True)
        )
        graph = model.graph
        widened = {node.input[0] for node in graph.node if _makes(node, new)}
        others = [w for w in graph.initializer if w.name not in widened and w.name not in new]
        nodes = [node for node in graph.node if not _makes(node, new)]
        del graph.initializer[:]
        graph.initializer.extend(others)
        for name, values in new.items():
            graph.initializer.append(numpy_helper.from_array(values.astype(np.float32), name))
        del graph.node[:]
        graph.node.extend(nodes)
        helper.set_model_props(model, {METADATA_KEY: contract_to_json(contract)})
        onnx.checker.check_model(model)
        with atomic_path(path) as scratch:
            onnx.save(model, scratch)


def _makes(node: onnx.NodeProto, names: dict[str, NDArray[np.float64]]) -> bool:
    """Return whether a node casts one of the weights from float16."""
    return node.op_type == 'Cast' and node.output[0] in names
