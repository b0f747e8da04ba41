"""Interface of loaded graphs, and its implementation with ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
import onnxruntime

Shape = Sequence['int | str | None']
Arrays = list[NDArray[np.float32]]


class Graph(Protocol):
    """A loaded graph, independent of the runtime and of the meaning of its tensors."""

    @property
    def inputs(self) -> Mapping[str, Shape]:
        """Shape of each input by name, in order; a size that varies is not a number."""

    @property
    def outputs(self) -> Sequence[str]:
        """Names of the outputs, in order."""

    def run(self, *inputs: NDArray[np.float32]) -> Arrays:
        """Return all outputs for all inputs, in order."""


class OnnxGraph:
    """A graph that ONNX Runtime runs on the CPU."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self.inputs: Mapping[str, Shape] = {i.name: i.shape for i in session.get_inputs()}
        self.outputs: Sequence[str] = [output.name for output in session.get_outputs()]

    def run(self, *inputs: NDArray[np.float32]) -> Arrays:
        """Return all outputs for all inputs, in order."""
        outputs: Arrays = self._session.run(None, dict(zip(self.inputs, inputs, strict=True)))
        return outputs
