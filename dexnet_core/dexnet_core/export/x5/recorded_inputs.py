"""Recording of the inputs of a graph while a planner runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dexnet_core.export.x5.toolchain import Sample
from dexnet_core.planning.networks.graph import Arrays, Graph, Shape
import numpy as np
from numpy.typing import NDArray


class Recorder:
    """A graph that records its inputs.

    Attributes:
        samples: Inputs of the first runs, in order.
    """

    def __init__(self, graph: Graph, most: int) -> None:
        self._graph, self._most = graph, most
        self.inputs: Mapping[str, Shape] = graph.inputs
        self.outputs: Sequence[str] = graph.outputs
        self.samples: list[Sample] = []

    def run(self, *inputs: NDArray[np.float32]) -> Arrays:
        """Run the graph: all inputs in, all outputs out, in order."""
        if len(self.samples) < self._most:
            self.samples.append(tuple(np.array(array) for array in inputs))
        return self._graph.run(*inputs)
