"""The last two layers of an exported evaluator: taken out of its file, and put back changed."""

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

_AT_ONCE = 256


class LastLayers(NamedTuple):
    """What turns the d numbers that an evaluator has seen into a logit.

    Attributes:
        hidden: (h, d) weights, before a rectifier.
        hidden_bias: (h,).
        answer: (h,) weights.
        answer_bias: ().
    """

    hidden: NDArray[np.float64]
    hidden_bias: NDArray[np.float64]
    answer: NDArray[np.float64]
    answer_bias: NDArray[np.float64]

    def logits(self, seen: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return (n,) logits of what was seen (n, d)."""
        told = np.maximum(seen @ self.hidden.T + self.hidden_bias, 0)
        return told @ self.answer + self.answer_bias

    def calibrated(self, slope: float, offset: float) -> LastLayers:
        """Return layers whose logits have that slope and offset over those of these."""
        answer, bias = slope * self.answer, slope * self.answer_bias + offset
        return self._replace(answer=answer, answer_bias=bias)


class OpenedEvaluator:
    """An exported evaluator, cut before its last two layers.

    Attributes:
        contract: How it is fed and read.
        layers: These layers, with the calibration that the contract names.
    """

    def __init__(self, path: Path, contract: EvaluatorContract) -> None:
        """Open a file.

        Args:
            path: Of the file.
            contract: That it carries.

        Raises:
            ValueError: It does not end with two layers that are known.
        """
        model = onnx.load(path)
        dense = [node for node in model.graph.node if node.op_type == 'Gemm'][-2:]
        names = [name for node in dense for name in node.input[1:]]
        stored = stored_weights(path)
        if len(names) != len(LastLayers._fields) or not set(names) <= set(stored):
            raise ValueError(f'{path} ends with {names}, expected two layers with weight and bias')
        hidden, hidden_bias, answer, answer_bias = (stored[name].astype(float) for name in names)
        self._path, self._names, self.contract = path, names, contract
        layers = LastLayers(hidden, hidden_bias, answer[0], answer_bias[0])
        self.layers = layers.calibrated(*contract.calibration)
        seen = helper.make_tensor_value_info(dense[0].input[0], TensorProto.FLOAT, None)
        del model.graph.output[:]
        model.graph.output.append(seen)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        options.add_session_config_entry('session.disable_quant_qdq', '1')
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=['CPUExecutionProvider']
        )
        self._inputs = [item.name for item in self._session.get_inputs()]

    def seen(
        self, patches: NDArray[np.float32], context: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return (n, d) what goes into the last layers.

        Args:
            patches: (n, channels, rows, columns).
            context: (n, k).
        """
        parts = []
        for k in range(0, len(patches), _AT_ONCE):
            some = slice(k, k + _AT_ONCE)
            fed = zip(self._inputs, (patches[some], context[some]), strict=True)
            parts += self._session.run(None, dict(fed))
        return np.concatenate(parts)

    def write(self, path: Path, layers: LastLayers) -> None:
        """Write the same evaluator with other last layers, which need no calibration."""
        contract = replace(self.contract, calibration=UNCHANGED)
        model = onnx.load(self._path)
        hidden, hidden_bias, answer, answer_bias = (np.asarray(part) for part in layers)
        new = dict(
            zip(self._names, (hidden, hidden_bias, answer[None], answer_bias[None]), strict=True)
        )
        graph = model.graph
        widened = {node.input[0] for node in graph.node if _makes(node, new)}
        kept = [w for w in graph.initializer if w.name not in widened and w.name not in new]
        nodes = [node for node in graph.node if not _makes(node, new)]
        del graph.initializer[:]
        graph.initializer.extend(kept)
        for name, values in new.items():
            graph.initializer.append(numpy_helper.from_array(values.astype(np.float32), name))
        del graph.node[:]
        graph.node.extend(nodes)
        helper.set_model_props(model, {METADATA_KEY: contract_to_json(contract)})
        onnx.checker.check_model(model)
        with atomic_path(path) as scratch:
            onnx.save(model, scratch)


def _makes(node: onnx.NodeProto, names: dict[str, NDArray[np.float64]]) -> bool:
    """Tell whether a node widens one of the weights from float16."""
    return node.op_type == 'Cast' and node.output[0] in names
