"""Scorers with networks of aligned crops: crop by crop on a lattice, or as a heat map.

Both shift depth so that the crops around the objects have the mean depth of the training crops.
Therefore the camera may be at another height than in the training data.
"""

from __future__ import annotations

import math
from typing import NamedTuple, TypeVar

import cv2
from dexnet_core.planning.contracts.view_contract import JawCells
from dexnet_core.planning.networks.session import CropSession
from dexnet_core.planning.perception.cells import CellGrid
from dexnet_core.planning.perception.crop import aligned_crops, filled, suction_angles
from dexnet_core.planning.perception.object_image import level_of, median_depth, object_image
from dexnet_core.planning.perception.patch import fit_patches
from dexnet_core.planning.perception.segment import box_around, SegmentedImage
from dexnet_core.planning.planners.scorer import ScorerInput
import numpy as np
from numpy.typing import NDArray

_CONTEXT = 10
"""Crop pixels around a crop in the receptive field of a heat map (9, rounded up to even)."""

_MOST_SIDE = 800
_SPACING = 0.006
_MOST_CROPS = 768
_BATCH = 64
_LEAST = 1e-6  # least quality of a crop; 0 marks cells without a crop


class CropInput(NamedTuple):
    """Input of a crop network.

    Attributes:
        inputs: Input arrays of the network, n rows each.
        grid: Positions of the output cells in the image.
        shape: (channels, h, w) of the cells.
        cells: (3, n) channel, row and column of the cell of each crop.
    """

    inputs: tuple[NDArray[np.float32], ...]
    grid: CellGrid
    shape: tuple[int, int, int]
    cells: NDArray[np.intp]


S = TypeVar('S', bound='_Scorer')


class _Scorer:
    """A network of crops; with `jaw`, its crops are rotated to each closing direction."""

    def __init__(self, session: CropSession, jaw: JawCells | None = None) -> None:
        self._session = session
        self._contract = session.contract
        self._jaw = jaw

    @property
    def name(self) -> str:
        """Name and version of the network."""
        return f'{self._contract.name} {self._contract.version}'

    def scaled(self: S, scale: float) -> S:
        """Return the same scorer: crops always have the size of the training crops."""
        return self

    @property
    def _angles(self) -> NDArray[np.float64]:
        """Directions in the image, in radians from +u towards +v, one for each channel."""
        count = self._jaw.angles if self._jaw else 1
        return np.arange(count) * np.pi / count

    def _normalised(self, crops: NDArray[np.float32], level: float) -> NDArray[np.float32]:
        """Return (n, s, s) metres around a level as (n, 1, s, s) input of the network."""
        return ((crops - level) / self._contract.std).astype(np.float32)[:, None]


class HeatmapScorer(_Scorer):
    """A fully convolutional network, run on a rotated image for each closing direction."""

    def prepare(self, segmented: SegmentedImage) -> ScorerInput:
        """Resample the surroundings of the objects to the scale of the crops.

        Raises:
            ValueError: The image would be too large.
        """
        contract = self._contract
        place = object_image(segmented, contract.metres_per_pixel)
        half = place.size / 2
        reach = math.hypot(*half) if len(self._angles) > 1 else half.max()
        around = math.ceil(reach / contract.stride) + math.ceil(_CONTEXT / contract.stride)
        side = 2 * around * contract.stride + contract.crop
        if side > _MOST_SIDE:
            raise ValueError(f'objects span {side} pixels of crops, expected at most {_MOST_SIDE}')
        depth = filled(segmented.depth)
        images = place.images(depth, segmented, self._angles, side)
        level = level_of(depth, segmented, contract.scale)
        grid = place.grid(2 * around + 1, contract.stride)
        return ScorerInput(self._normalised(images, level), grid)

    def score(self, prepared: ScorerInput) -> NDArray[np.float32]:
        """Return (channels, h, w) quality of the cells; 0 outside of a rotated image."""
        maps = [self._session.run(image[None])[0, 0] for image in prepared.tensor]
        return np.stack([_turned_back(*pair) for pair in zip(maps, self._angles, strict=True)])


class CropScorer(_Scorer):
    """A network of single crops, run on a lattice over the objects."""

    def prepare(self, segmented: SegmentedImage) -> CropInput:
        """Cut aligned crops on a lattice, which is coarser for large objects."""
        angles = self._angles
        grid, allowed = _lattice(segmented, _MOST_CROPS // len(angles))
        rows, columns = np.nonzero(allowed)
        channel, each = np.indices((len(angles), len(rows))).reshape(2, -1)
        pixels = grid.pixels_of_cells(np.column_stack([columns, rows]))
        normals = self._normals(segmented, pixels)
        u, v = np.round(pixels).astype(int).T
        distances = segmented.depth[v, u].astype(float)[each]
        turns = angles[channel] if self._jaw else suction_angles(-normals)[each]
        place = (pixels[each], turns, distances)
        depth = filled(segmented.depth)
        crops = aligned_crops(depth, segmented.camera, *place, self._contract.scale)
        level = level_of(depth, segmented, self._contract.scale)
        poses = self._poses(normals[each], distances + self._contract.mean - level)
        cells = np.stack([channel, rows[each], columns[each]])
        inputs = (self._normalised(crops, level), *poses)
        return CropInput(inputs, grid, (len(angles), *allowed.shape), cells)

    def score(self, prepared: CropInput) -> NDArray[np.float32]:
        """Return (channels, h, w) quality of the cells; off the objects, that of nearby cells."""
        batches = [
            self._session.run(*(rows[start : start + _BATCH] for rows in prepared.inputs))
            for start in range(0, len(prepared.inputs[0]), _BATCH)
        ]
        quality = np.zeros(prepared.shape, np.float32)
        found = np.concatenate([np.empty(0, np.float32), *batches])
        quality[tuple(prepared.cells)] = np.maximum(found, _LEAST)
        return np.stack([filled(cells) for cells in quality])

    def _normals(
        self, segmented: SegmentedImage, pixels: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return (n, 3) normals under a cup; for a jaw, the direction towards the camera."""
        if self._jaw is not None:
            return np.tile([0.0, 0.0, -1.0], (len(pixels), 1))
        return fit_patches(segmented, pixels, self._contract.cup_radius).normal

    def _poses(
        self, normals: NDArray[np.float64], distances: NDArray[np.float64]
    ) -> tuple[NDArray[np.float32], ...]:
        """Return the pose inputs of each crop as one array, or nothing if there are none."""
        contract = self._contract
        if not contract.pose_inputs:
            return ()
        values = {
            'depth': distances + (self._jaw.offsets[0] if self._jaw else 0.0),
            'angle': np.arccos(np.clip(-normals[:, 2], -1, 1)),
        }
        poses = np.column_stack([values[name] for name in contract.pose_inputs])
        return (((poses - contract.pose_mean) / contract.pose_std).astype(np.float32),)


def _lattice(segmented: SegmentedImage, most: int) -> tuple[CellGrid, NDArray[np.bool_]]:
    """Return a grid over the objects and its (h, w) cells on them, about `most` or fewer."""
    camera, objects = segmented.camera, segmented.objects
    reference = median_depth(segmented)
    box = box_around(objects, 0)
    area = np.count_nonzero(objects) * reference**2 / (camera.fx * camera.fy)
    spacing = max(_SPACING, math.sqrt(area / most))
    step = (spacing * camera.fx / reference, spacing * camera.fy / reference)
    size = np.array([box.u1 - box.u0, box.v1 - box.v0])
    columns, rows = np.maximum(1, np.floor(size / step).astype(int))
    spare = (size - 1 - (np.array([columns, rows]) - 1) * step) / 2
    grid = CellGrid((box.u0 + spare[0], box.v0 + spare[1]), step)
    return grid, grid.on(objects, (int(rows), int(columns)))


def _turned_back(cells: NDArray[np.float32], angle: float) -> NDArray[np.float32]:
    """Rotate the (n, n) cells of an image that was rotated by an angle back to upright."""
    if angle == 0:
        return cells
    middle = (len(cells) - 1) / 2
    cos, sin = math.cos(angle), math.sin(angle)
    R = np.array([[cos, sin], [-sin, cos]])
    M = np.column_stack([R, middle - R @ [middle, middle]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = cells.shape[1], cells.shape[0]
    turned = cv2.warpAffine(cells, M, size, flags=flags, borderValue=0)
    return turned.astype(np.float32, copy=False)
