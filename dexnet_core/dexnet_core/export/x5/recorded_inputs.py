"""What a graph is shown while a planner works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dexnet_core.export.x5.toolchain import Sample
from dexnet_core.planning.networks.graph import Arrays, Graph, Shape
import numpy as np
from numpy.typing import NDArray


class Recorder:
    """A graph that keeps what goes in.

    Attributes:
        samples: The inputs of each run, in order; the first ones only.
    """

    def __init__(self, graph: Graph, most: int) -> None:
        self._graph, self._most = graph, most
        self.inputs: Mapping[str, Shape] = graph.inputs
        self.outputs: Sequence[str] = graph.outputs
        self.samples: list[Sample] = []

    def run(self, *inputs: NDArray[np.float32]) -> Arrays:
        """Return all outputs for all inputs, in order."""
        if len(self.samples) < self._most:
            self.samples.append(tuple(np.array(array) for array in inputs))
        return self._graph.run(*inputs)
