"""Graphs of one size behind the call of graphs of any size.

A board compiles a network for one size of its inputs, with 4 axes and a batch of one, and rounds
to 8 bits what it does not give out by a convolution. So what goes in is filled up, crops are
shown one by one, and the networks give logits; what makes them qualities is here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dexnet_core.contract import Contract, ModelContract
from dexnet_core.crop_contract import CropContract
from dexnet_core.runtime.graph import Arrays, Graph, Shape
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

LOGITS = 'logits'
"""Name of an output whose sigmoid is the quality."""
MIRRORED = 'mirrored_logits'
"""Name of a second such output, for the mirror image of the view; the mean of both counts."""

Floats = NDArray[np.float32]


def is_fixed(graph: Graph) -> bool:
    """Return whether a graph takes inputs of one size only."""
    return all(isinstance(size, int) for shape in graph.inputs.values() for size in shape)


class FixedGraph:
    """A graph of one size that answers as one of any size does.

    Larger views and images than the graph's own cannot be shown.
    """

    def __init__(self, graph: Graph, contract: Contract) -> None:
        """Wrap a graph whose inputs all have 4 axes and a batch of one.

        Raises:
            ValueError: They have not.
        """
        shapes = {name: tuple(shape) for name, shape in graph.inputs.items()}
        if any(len(shape) != 4 or shape[0] != 1 for shape in shapes.values()):
            raise ValueError(f'inputs of one size are {shapes}, expected (1, C, H, W) each')
        self._graph, self._contract = graph, contract
        self.inputs: Mapping[str, Shape] = shapes
        self.outputs: Sequence[str] = ('quality',)

    def run(self, *inputs: Floats) -> Arrays:
        """Return the quality: what `NetworkSession` and `CropSession` promise.

        Raises:
            ValueError: What is shown is larger than the graph was made for.
        """
        contract = self._contract
        if isinstance(contract, CropContract) and contract.form == 'crop':
            rows = zip(*inputs, strict=True)
            return [np.array([self._quality(*row).item() for row in rows], np.float32)]
        (image,) = inputs
        return [self._quality(image[0])[:, :, : self._cells(image, 2), : self._cells(image, 3)]]

    def _cells(self, image: Floats, axis: int) -> int:
        """Return the cells that an image has along an axis."""
        contract = self._contract
        first = 0 if isinstance(contract, ModelContract) else contract.crop - contract.stride
        return (image.shape[axis] - first) // contract.stride

    def _quality(self, *rows: Floats) -> Floats:
        """Return the answer to one row of each input, of one batch."""
        shown = (
            _filled(row, shape) for row, shape in zip(rows, self.inputs.values(), strict=True)
        )
        said = dict(zip(self._graph.outputs, self._graph.run(*shown), strict=True))
        return _quality_of(said, self._contract)


def _filled(row: Floats, shape: Shape) -> Floats:
    """Return one input of a batch with zeros added at the right and bottom, or further axes."""
    _, *sizes = shape
    row = row.reshape(*row.shape, *[1] * (3 - row.ndim))
    missing = [size - got for size, got in zip(sizes, row.shape, strict=True)]
    if min(missing) < 0:
        got = tuple(row.shape)
        raise ValueError(f'the network is shown {got}, it was made for at most {tuple(sizes)}')
    return np.pad(row, [(0, size) for size in missing]).astype(np.float32, copy=False)[None]


def _quality_of(said: Mapping[str, Floats], contract: Contract) -> Floats:
    """Return the quality that the outputs of a graph mean."""
    if LOGITS not in said:
        return next(iter(said.values()))
    quality = expit(said[LOGITS])
    if MIRRORED not in said:
        return quality
    angles, offsets = contract.jaw.angles, len(contract.jaw.offsets)
    turned = expit(said[MIRRORED])[..., ::-1].reshape(1, angles, offsets, *quality.shape[2:])
    again = turned[:, -np.arange(angles) % angles].reshape(quality.shape)
    return (quality + again) / 2
