"""Simulation of 8-bit quantisation with ONNX Runtime.

This is an estimate, as the board's toolchain chooses its scales in its own way. Here: symmetric
8 bits for all nodes on the BPU, weights per channel, activations with the range of the samples.
Outputs of sums and convolutions are quantised only at the input of the next node, after the
activation function. Outputs of the graph thus keep the precision of a last convolution.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
import logging
from pathlib import Path
from tempfile import TemporaryDirectory

from dexnet_core.export.x5.graph_check import check_file, Device
from dexnet_core.export.x5.toolchain import Sample
from dexnet_core.io.files.atomic import atomic_path
import numpy as np
from numpy.typing import NDArray
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    quantize_static,
    QuantType,
)

_OPSET = 13
"""First opset with scales per channel."""


class _Samples(CalibrationDataReader):
    """Calibration samples, keyed by input name."""

    def __init__(self, names: Sequence[str], samples: Sequence[Sample]) -> None:
        self._rows: Iterator[dict[str, NDArray[np.float32]]] = (
            dict(zip(names, sample, strict=True)) for sample in samples
        )

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """Return the next sample, or None after the last."""
        return next(self._rows, None)


def write_quantised(path: Path, samples: Sequence[Sample], out: Path) -> None:
    """Write a graph that simulates 8 bits on the BPU, with the same metadata.

    Args:
        path: Graph for the board.
        samples: Calibration samples.
        out: ONNX file to write, in a newer opset.

    Raises:
        ValueError: There is no sample.
    """
    if not samples:
        raise ValueError(f'{path} has no sample for calibration, expected at least one')
    on_bpu = [v.node.proto for v in check_file(path).verdicts if v.device is Device.BPU]
    model = onnx.version_converter.convert_version(onnx.load(path), _OPSET)
    names = [item.name for item in model.graph.input]
    with TemporaryDirectory() as scratch, atomic_path(out) as written, _without_warnings():
        newer = Path(scratch) / path.name
        onnx.save(model, newer)
        quantize_static(
            newer,
            written,
            _Samples(names, samples),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            nodes_to_quantize=[node.name for node in on_bpu if node.op_type != 'Relu'],
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={
                'ActivationSymmetric': True,
                'WeightSymmetric': True,
                'OpTypesToExcludeOutputQuantization': ['Add', 'Conv'],
            },
        )
        _keep_metadata(onnx.load(path), written)


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Suppress the quantiser's advice to preprocess the graph, which is already done."""
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _keep_metadata(model: onnx.ModelProto, path: Path) -> None:
    rounded = onnx.load(path)
    values = {item.key: item.value for item in model.metadata_props}
    onnx.helper.set_model_props(rounded, values)
    onnx.save(rounded, path)
