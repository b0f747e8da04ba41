"""Rounding to 8 bits, simulated by ONNX Runtime.

The board's own toolchain chooses scales by its own methods. This is an estimate: symmetric 8 bits,
weights by channel, activations by the range seen in the samples, for what the check puts on the
BPU. Sums and convolutions are rounded where the next one reads them, after what bends them; so the
outputs of the graph stay as fine as a last convolution gives them.
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
"""The least that writes scales by channel."""


class _Samples(CalibrationDataReader):
    """Samples by the names of a graph's inputs."""

    def __init__(self, names: Sequence[str], samples: Sequence[Sample]) -> None:
        self._rows: Iterator[dict[str, NDArray[np.float32]]] = (
            dict(zip(names, sample, strict=True)) for sample in samples
        )

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """Return the next sample, or None after the last."""
        return next(self._rows, None)


def write_quantised(path: Path, samples: Sequence[Sample], out: Path) -> None:
    """Write a graph as it would answer with 8 bits on the BPU; its metadata stays.

    Args:
        path: A graph for the board.
        samples: To choose the scales by.
        out: ONNX file to write, in a newer opset.

    Raises:
        ValueError: There is no sample.
    """
    if not samples:
        raise ValueError(f'{path} has no sample to be rounded with, expected at least one')
    on_bpu = [v.node.proto for v in check_file(path).verdicts if v.device is Device.BPU]
    model = onnx.version_converter.convert_version(onnx.load(path), _OPSET)
    names = [item.name for item in model.graph.input]
    with TemporaryDirectory() as scratch, atomic_path(out) as written, _without_advice():
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
def _without_advice() -> Iterator[None]:
    """Keep the quantiser from advising preparations that this graph has behind it."""
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
