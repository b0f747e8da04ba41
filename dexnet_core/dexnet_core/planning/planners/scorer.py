"""Scorers: from a segmented scene to the quality of cells, for each kind of network."""

from __future__ import annotations

from collections.abc import Sequence
import math
from typing import NamedTuple, Protocol, TypeVar

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.networks.session import NetworkSession
from dexnet_core.planning.perception.cells import CellGrid
from dexnet_core.planning.perception.metric_view import (
    metric_view,
    MetricView,
    MOST_PIXELS,
    PixelBox,
)
from dexnet_core.planning.perception.regions import object_regions
from dexnet_core.planning.perception.segment import box_around, SegmentedImage
import numpy as np
from numpy.typing import NDArray

_CONTEXT = 0.07
"""Margin in metres around the objects in the input of the network."""


class ScorerInput(NamedTuple):
    """The input of a network.

    Attributes:
        tensor: Input of the network, float32.
        grid: Positions of the output cells in the image.
        parts: Boxes of the tensor to score; empty for all of it.
    """

    tensor: NDArray[np.float32]
    grid: CellGrid
    parts: Sequence[PixelBox] = ()


Prepared = TypeVar('Prepared')
"""The input that a scorer prepares for its network."""


class Scorer(Protocol[Prepared]):
    """A network with the preparation of its input."""

    @property
    def name(self) -> str:
        """Name and version of the network."""

    def scaled(self, scale: float) -> Scorer[Prepared]:
        """Return a scorer with the same network for a gripper of another size.

        Args:
            scale: Size of the gripper over that of the gripper of the network.
        """

    def prepare(self, segmented: SegmentedImage) -> Prepared:
        """Return the input of the network; there must be at least one object pixel."""

    def score(self, prepared: Prepared) -> NDArray[np.float32]:
        """Return (channels, h, w) quality in [0, 1] of the cells of the grid."""


class ViewScorer:
    """A fully convolutional network on the metric view around the objects."""

    def __init__(self, session: NetworkSession, scale: float = 1.0) -> None:
        """Create a scorer.

        Args:
            session: The network.
            scale: Size of the gripper over that of the gripper of the network.
        """
        self._session = session
        self._scale = scale
        self._contract = session.contract.scaled(scale)

    @property
    def name(self) -> str:
        """Name and version of the network."""
        return f'{self._session.contract.name} {self._session.contract.version}'

    def scaled(self, scale: float) -> ViewScorer:
        """Return a scorer with the same network for a gripper of another size."""
        return ViewScorer(self._session, scale)

    def prepare(self, segmented: SegmentedImage) -> ScorerInput:
        """Return the metric view of the objects and their surroundings.

        If it would be too large, it is cropped around the middle object pixel.
        """
        depth, objects, camera = segmented.depth, segmented.objects, segmented.camera
        reference = float(np.median(depth[objects]))
        context = _CONTEXT * self._scale
        box = box_around(objects, round(context * camera.fx / reference))
        box = _bounded(box, objects, MOST_PIXELS * self._pixels_of(camera, reference))
        view = metric_view(depth, camera, reference, self._contract, box)
        return ScorerInput(view.tensor, view.grid, self._parts(view, objects, context))

    def score(self, prepared: ScorerInput) -> NDArray[np.float32]:
        """Return (channels, h, w) quality of the cells; 0 far from objects."""
        stride = self._contract.stride
        height, width = (side // stride for side in prepared.tensor.shape[2:])
        cells = np.zeros((self._channels, height, width), np.float32)
        for part in prepared.parts:
            rows, columns = part.slices
            view = np.ascontiguousarray(prepared.tensor[:, :, rows, columns])
            top, left = part.v0 // stride, part.u0 // stride
            scored = self._session.run(view)
            _, h, w = scored.shape
            cells[:, top : top + h, left : left + w] = scored
        return cells

    @property
    def _channels(self) -> int:
        return self._contract.jaw.channels if self._contract.jaw else 1

    def _pixels_of(self, camera: CameraIntrinsics, reference: float) -> float:
        """Return the number of image pixels that a pixel of the view spans."""
        return camera.fx * camera.fy * (self._contract.metres_per_pixel / reference) ** 2

    def _parts(
        self, view: MetricView, objects: NDArray[np.bool_], context: float
    ) -> list[PixelBox]:
        """Return the boxes of a view around its objects, in multiples that the network accepts."""
        multiple = self._contract.multiple
        blocks = tuple(side // multiple for side in view.tensor.shape[2:])
        cells = view.grid.on(objects, tuple(side // view.stride for side in view.tensor.shape[2:]))
        per_block = multiple // view.stride
        inside = cells.reshape(blocks[0], per_block, blocks[1], per_block)
        on: NDArray[np.bool_] = np.any(inside, axis=(1, 3))
        margin = math.ceil(context / (multiple * self._contract.metres_per_pixel))
        if not on.any():
            return []
        return [
            PixelBox(*(multiple * edge for edge in region))
            for region in object_regions(on, margin)
        ]


def _bounded(box: PixelBox, objects: NDArray[np.bool_], most: float) -> PixelBox:
    """Return the part of a box around the middle object pixel, of at most `most` pixels."""
    width, height = box.u1 - box.u0, box.v1 - box.v0
    if width * height <= most:
        return box
    rows, columns = np.nonzero(objects)
    side = math.sqrt(most)
    wide = int(min(width, max(side, most / height)))
    high = int(min(height, most / wide))
    u0 = int(np.clip(np.median(columns) - wide / 2, box.u0, box.u1 - wide))
    v0 = int(np.clip(np.median(rows) - high / 2, box.v0, box.v1 - high))
    return PixelBox(u0, v0, u0 + wide, v0 + high)
