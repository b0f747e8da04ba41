"""Storage of ONNX weights as float16; the graph still computes in float32."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
import onnx
from onnx import helper, numpy_helper, TensorProto

HALF_TOLERANCE = 1e-2
"""Largest allowed difference between torch and a file with float16 weights."""
_SUFFIX = '_half'
_LEAST_SIZE = 64
"""Smaller tensors stay float32: shapes, scales and biases."""


def store_half(path: Path) -> None:
    """Convert the large float32 weights of an ONNX file to float16, with Cast nodes to float32.

    Raises:
        ValueError: A weight is too large for float16.
    """
    model = onnx.load(path)
    casts = []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or values.size < _LEAST_SIZE:
            continue
        name, narrow = weight.name, weight.name + _SUFFIX
        if np.abs(values).max() > np.finfo(np.float16).max:
            raise ValueError(f'weight {name} reaches {np.abs(values).max()}, too large for half')
        weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), narrow))
        casts.append(helper.make_node('Cast', [narrow], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, path)


def stored_weights(path: Path) -> dict[str, NDArray[np.generic]]:
    """Return the weights of an ONNX file by name, as float32 if `store_half` converted them."""
    model = onnx.load(path)
    weights = {}
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        half = values.dtype == np.float16
        name = weight.name.removesuffix(_SUFFIX) if half else weight.name
        weights[name] = values.astype(np.float32) if half else values
    return weights
