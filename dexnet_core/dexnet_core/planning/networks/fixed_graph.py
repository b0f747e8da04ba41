"""Fixed-size graphs behind the interface of graphs of any size.

The compiler of a board needs inputs of one size with 4 axes, and rounds every output to 8 bits
that is not computed by a convolution. Therefore inputs are padded, crops and patches are processed
in batches of one size, and the networks output logits. This module converts logits to qualities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dexnet_core.planning.contracts.crop_contract import CropContract
from dexnet_core.planning.contracts.evaluator_contracts import EvaluatorContract, LEAST_SCORE
from dexnet_core.planning.contracts.stored_contract import Contract
from dexnet_core.planning.contracts.view_contract import ModelContract
from dexnet_core.planning.networks.graph import Arrays, Graph, Shape
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

LOGITS = 'logits'
"""Name of an output whose sigmoid is the quality."""
LARGEST_LOGIT = float(logit(1 - LEAST_SCORE))
"""Largest logit of the score in an evaluator's context, which is scaled by it to [-1, 1]."""

_MARGIN = 64
"""Pixels at the edge of a part whose cells depend most on pixels outside of the part."""

Floats = NDArray[np.float32]


def is_fixed(graph: Graph) -> bool:
    """Return whether a graph takes inputs of one size only."""
    return all(isinstance(size, int) for shape in graph.inputs.values() for size in shape)


class FixedGraph:
    """A graph of one size with the interface of a graph of any size.

    Larger views are processed in overlapping parts, without the pixels outside of each part. Heat
    maps of larger images lose nothing by that. Any number of crops or patches is processed in
    batches, filled up with zeros.
    """

    def __init__(self, graph: Graph, contract: Contract) -> None:
        """Wrap a graph whose inputs all have 4 axes and the same batch size, 1 for images.

        Raises:
            ValueError: The inputs have other shapes.
        """
        shapes = {name: _sizes(shape) for name, shape in graph.inputs.items()}
        batches = {shape[0] for shape in shapes.values()}
        is_image = isinstance(contract, ModelContract) or _is_heatmap(contract)
        fits = len(batches) == 1 and (not is_image or batches == {1})
        if not fits or any(len(shape) != 4 for shape in shapes.values()):
            expected = '(1, C, H, W) each' if is_image else '(n, C, H, W) each with the same n'
            raise ValueError(f'inputs of one size are {shapes}, expected {expected}')
        self._graph, self._contract = graph, contract
        (self._batch,) = batches
        self._shapes = list(shapes.values())
        self.inputs: Mapping[str, Shape] = shapes
        self.outputs: Sequence[str] = ('quality',)

    def run(self, *inputs: Floats) -> Arrays:
        """Return the quality; arrays are as in `dexnet_core.planning.networks.session`."""
        contract = self._contract
        if isinstance(contract, ModelContract):
            return [self._tiled(inputs[0], _Steps(contract.stride, 0, contract.multiple))]
        if isinstance(contract, CropContract) and contract.form == 'heatmap':
            return [
                self._tiled(inputs[0], _Steps(contract.stride, contract.crop, contract.stride))
            ]
        if isinstance(contract, EvaluatorContract):
            inputs = inputs[0], _scaled_context(inputs[1], contract)
        begins = range(0, len(inputs[0]), self._batch)
        parts = ([array[k : k + self._batch] for array in inputs] for k in begins)
        outputs = [self._quality(*part).ravel()[: len(part[0])] for part in parts]
        return [np.concatenate([np.empty(0, np.float32), *outputs])]

    def _tiled(self, image: Floats, steps: _Steps) -> Floats:
        """Return the (1, channels, h, w) cells of a (1, C, H, W) view or image."""
        ((_, _, *sizes),) = self._shapes
        rows, columns = (
            steps.parts(length, size) for length, size in zip(image.shape[2:], sizes, strict=True)
        )
        cells = [[self._part(image, row, column) for column in columns] for row in rows]
        return np.concatenate([np.concatenate(line, axis=3) for line in cells], axis=2)

    def _part(self, image: Floats, row: _Part, column: _Part) -> Floats:
        """Return the cells of one part of an image."""
        quality = self._quality(image[:, :, row.pixels, column.pixels])
        return quality[:, :, row.cells, column.cells]

    def _quality(self, *arrays: Floats) -> Floats:
        """Return the quality of one batch of each input, which may be incomplete."""
        inputs = (_filled(array, shape) for array, shape in zip(arrays, self._shapes, strict=True))
        outputs = dict(zip(self._graph.outputs, self._graph.run(*inputs), strict=True))
        if LOGITS not in outputs:
            return next(iter(outputs.values()))
        quality: Floats = expit(outputs[LOGITS])
        return quality


def _sizes(shape: Shape) -> tuple[int, ...]:
    return tuple(size for size in shape if isinstance(size, int))


def _is_heatmap(contract: Contract) -> bool:
    return isinstance(contract, CropContract) and contract.form == 'heatmap'


def _scaled_context(context: Floats, contract: EvaluatorContract) -> Floats:
    """Return the (n, k) context with the score replaced by its logit over LARGEST_LOGIT."""
    scaled, column = np.array(context, np.float32), contract.context.index('score')
    scores = np.clip(scaled[:, column], LEAST_SCORE, 1 - LEAST_SCORE)
    scaled[:, column] = logit(scores) / LARGEST_LOGIT
    return scaled


class _Part(NamedTuple):
    """A part of an image along an axis.

    Attributes:
        pixels: Pixels of the part.
        cells: Cells of the part that are kept in the result.
    """

    pixels: slice
    cells: slice


class _Steps(NamedTuple):
    """How an image is cut into parts along an axis.

    Attributes:
        stride: Pixels from one cell to the next.
        window: Pixels that a cell needs, all inside the image; 0 if cells need no full window.
        multiple: Parts begin at multiples of this number of pixels.
    """

    stride: int
    window: int
    multiple: int

    def parts(self, length: int, size: int) -> list[_Part]:
        """Cut a length into parts of a size so that each cell is kept exactly once."""
        total, each = self._cells(length), self._cells(size)
        margin = 0 if self.window else min(_MARGIN, size // 4) // self.multiple * self.multiple
        edge = margin // self.stride
        step = each - 2 * edge
        begins = [0, *range(step, total - 2 * edge, step)] if total > each else [0]
        ends = [*(begin + each - edge for begin in begins[:-1]), total]
        parts = []
        for begin, end in zip(begins, ends, strict=True):
            first = begin * self.stride
            cells = slice(edge if begin else 0, end - begin)
            parts.append(_Part(slice(first, first + size), cells))
        return parts

    def _cells(self, length: int) -> int:
        return (length - max(self.window - self.stride, 0)) // self.stride


def _filled(array: Floats, shape: tuple[int, ...]) -> Floats:
    """Return an input padded with zeros at the end of each axis, with more axes of size 1."""
    array = array.reshape(*array.shape, *[1] * (len(shape) - array.ndim))
    missing = [size - got for size, got in zip(shape, array.shape, strict=True)]
    if min(missing) < 0:
        got, most = tuple(array.shape[1:]), tuple(shape[1:])
        raise ValueError(f'the input of the network is {got}, expected at most {most}')
    return np.pad(array, [(0, size) for size in missing]).astype(np.float32, copy=False)
