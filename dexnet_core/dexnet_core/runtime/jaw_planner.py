"""The planner of parallel-jaw grasps: the best closing directions whose fingers find room."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import cv2
from dexnet_core.contract import JawCells
from dexnet_core.geometry.camera import CameraIntrinsics, pixel_rays, project
from dexnet_core.geometry.transform import pose_matrix
from dexnet_core.grasp import Grasp, Gripper
from dexnet_core.gripper import JawGripper
from dexnet_core.perception.cells import CellGrid
from dexnet_core.perception.fingers import find_slots
from dexnet_core.perception.height_map import block_unseen_margins, height_map, HeightMap
from dexnet_core.perception.segment import box_around, Observed
from dexnet_core.runtime.peaks import keep_apart, layer_peaks
from dexnet_core.runtime.planner import Choice, Planner
from dexnet_core.runtime.scorer import Scorer
from dexnet_core.runtime.settings import JawSettings
import numpy as np
from numpy.typing import NDArray

_MOST_CANDIDATES = 256

_STEADIED = 5
"""Pixels over which single noisy measurements are outvoted."""


class Closings(NamedTuple):
    """n places to close the jaw at, in the optical frame.

    Attributes:
        pixels: (n, 2) u and v of the surface point between the fingers.
        points: (n, 3) that point in metres.
        angles: (n,) radians of the closing direction from +x towards +y.
        offsets: (n,) metres from the point down to the middle of the pads.
        scores: (n,) in [0, 1].
    """

    pixels: NDArray[np.float64]
    points: NDArray[np.float64]
    angles: NDArray[np.float64]
    offsets: NDArray[np.float64]
    scores: NDArray[np.float64]

    @property
    def axes(self) -> NDArray[np.float64]:
        """(n, 3) unit closing directions."""
        return np.stack([np.cos(self.angles), np.sin(self.angles), 0 * self.angles], axis=1)


class Placed(NamedTuple):
    """The m closings whose fingers find room.

    Attributes:
        index: (m,) which closing.
        middles: (m, 3) metres, midway between the pads.
        openings: (m,) metres between the fingers.
    """

    index: NDArray[np.int64]
    middles: NDArray[np.float64]
    openings: NDArray[np.float64]


class JawPlanner(Planner[JawSettings]):
    """Plans parallel-jaw grasps along the optical axis with one loaded network.

    Attributes:
        settings: How grasps are chosen.
        cells: What the channels of the network mean.
    """

    no_room = (
        'no candidate leaves room for the fingers within an opening of {0.max_opening} m'
        ' and a clearance of {0.clearance} m'
    )

    def __init__(self, scorer: Scorer, settings: JawSettings, cells: JawCells) -> None:
        super().__init__(scorer, settings)
        self.cells = cells

    def with_settings(self, settings: JawSettings) -> JawPlanner:
        """Return a planner with other settings and the same network."""
        return JawPlanner(self._scorer, settings, self.cells)

    def choose(self, observed: Observed, cells: NDArray[np.float32], grid: CellGrid) -> Choice:
        """Return the candidates with room for the fingers, kept apart, best first."""
        closings = self._candidates(observed, cells, grid)
        gripper = self.cells.gripper
        opening = min(self.settings.max_opening, gripper.max_opening)
        gripper = replace(gripper, max_opening=opening)
        for clearance in (self.settings.clearance, self.settings.clearance / 2):
            placed = place_fingers(observed, closings, gripper, clearance)
            if len(placed.index):
                break
        kept = keep_apart(placed.middles, self.settings.spacing, self.settings.max_grasps)
        grasps = (
            jaw_grasp(observed.camera, closings, placed, k, (gripper, clearance)) for k in kept
        )
        return Choice(tuple(grasps), len(closings.scores))

    def _candidates(
        self, observed: Observed, cells: NDArray[np.float32], grid: CellGrid
    ) -> Closings:
        """Return the best cells of all channels that no neighbour in their channel exceeds."""
        allowed = grid.on(observed.objects, cells.shape[1:])
        peaks = layer_peaks(cells, allowed, self.settings.min_score, _MOST_CANDIDATES)
        pixels = grid.pixels_of_cells(peaks.cells)
        angle, offset = np.divmod(peaks.channels, len(self.cells.offsets))
        return Closings(
            pixels,
            surface_points(observed, pixels),
            angle * np.pi / self.cells.angles,
            np.asarray(self.cells.offsets)[offset],
            peaks.scores,
        )


def surface_points(observed: Observed, pixels: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the (n, 3) points measured at (n, 2) object pixels, steadied by their neighbours.

    The depth is the median of the measured object pixels among the 3x3 around.
    """
    around = np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1]), axis=-1).reshape(-1, 2)
    at = np.round(pixels).astype(int)[:, None] + around
    column, row = at.clip(0, (observed.camera.width - 1, observed.camera.height - 1)).T
    depth = np.where(observed.objects[row, column], observed.depth[row, column], np.nan)
    z = np.nanmedian(depth, axis=0)
    return pixel_rays(pixels[:, 0], pixels[:, 1], observed.camera) * z[:, None]


def place_fingers(
    observed: Observed, closings: Closings, gripper: JawGripper, clearance: float
) -> Placed:
    """Return the closings whose fingers find room, in their order."""
    number = len(closings.scores)
    shift, opening = np.full(number, np.nan), np.full(number, np.nan)
    if number:
        heights = _heights_around(observed, closings, gripper)
        tips = closings.points[:, 2] + closings.offsets + gripper.tip_reach
        for angle in np.unique(closings.angles):
            own = closings.angles == angle
            points = closings.points[own, :2]
            slots = find_slots(heights, points, angle, tips[own, None], gripper, clearance)
            shift[own], opening[own] = slots.shift[:, 0], slots.opening[:, 0]
    index = np.flatnonzero(np.isfinite(opening))
    middles = closings.points[index] + shift[index, None] * closings.axes[index]
    middles[:, 2] += closings.offsets[index]
    return Placed(index, middles, opening[index])


def _heights_around(observed: Observed, closings: Closings, gripper: JawGripper) -> HeightMap:
    """Return what the jaw may meet around the objects."""
    reach = gripper.max_opening + gripper.finger_thickness
    pad = round(reach * observed.camera.fx / closings.points[:, 2].min())
    box = box_around(observed.objects, pad)
    camera = observed.camera
    window = replace(camera, cx=camera.cx - box.u0, cy=camera.cy - box.v0)
    depth = observed.depth[box.slices]
    steady = np.where(depth > 0, cv2.medianBlur(np.ascontiguousarray(depth), _STEADIED), 0)
    heights = height_map(steady, window, gripper.finger_width)
    return block_unseen_margins(heights, camera, float(np.median(closings.points[:, 2])))


def jaw_grasp(
    camera: CameraIntrinsics,
    closings: Closings,
    placed: Placed,
    k: int,
    jaw: tuple[JawGripper, float],
) -> Grasp:
    """Return placed jaw k; its contacts are where the slot ends.

    Args:
        camera: Of the image.
        closings: That were to be placed.
        placed: Those that found room.
        k: Of the placed ones.
        jaw: The gripper, and the clearance in metres that it was placed with.
    """
    gripper, clearance = jaw
    down = np.array([0.0, 0.0, 1.0])
    closing = closings.axes[placed.index[k]]
    origin = placed.middles[k] + gripper.tip_reach * down
    half = max(placed.openings[k] / 2 - clearance, 0.0) * closing
    rotation = np.column_stack([closing, np.cross(down, closing), down])
    u, v = project(origin, camera)
    return Grasp(
        gripper=Gripper.PARALLEL_JAW,
        T_camera_grasp=pose_matrix(origin, rotation),
        score=float(closings.scores[placed.index[k]]),
        pixel=(float(u), float(v)),
        contacts=np.stack([placed.middles[k] - half, placed.middles[k] + half]),
        normals=np.stack([-closing, closing]),
        width=float(placed.openings[k]),
        depth=float(closings.offsets[placed.index[k]] + gripper.tip_reach),
    )
