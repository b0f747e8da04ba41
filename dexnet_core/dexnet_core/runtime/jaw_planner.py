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
from dexnet_core.perception.height_map import height_map
from dexnet_core.perception.segment import box_around, Observed
from dexnet_core.runtime.peaks import keep_apart
from dexnet_core.runtime.planner import Choice, Planner
from dexnet_core.runtime.scorer import Scorer
from dexnet_core.runtime.settings import JawSettings
import numpy as np
from numpy.typing import NDArray

_MOST_CANDIDATES = 256


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
        grasps = place_fingers(observed, closings, gripper, self.settings.clearance)
        centres = np.array([grasp.position for grasp in grasps]).reshape(-1, 3)
        kept = keep_apart(centres, self.settings.spacing, self.settings.max_grasps)
        return Choice(tuple(grasps[k] for k in kept), len(closings.scores))

    def _candidates(
        self, observed: Observed, cells: NDArray[np.float32], grid: CellGrid
    ) -> Closings:
        """Return the best cells of all channels that no neighbour in their channel exceeds."""
        allowed = grid.on(observed.objects, cells.shape[1:])
        layers = np.ascontiguousarray(np.moveaxis(np.where(allowed, cells, -1), 0, 2))
        peak = (layers >= cv2.dilate(layers, np.ones((3, 3), np.uint8))) & (
            layers >= self.settings.min_score
        )
        row, column, channel = np.nonzero(peak)
        scores = layers[row, column, channel].astype(float)
        best = np.argsort(-scores, kind='stable')[:_MOST_CANDIDATES]
        pixels = grid.pixels_of_cells(np.column_stack([column, row])[best])
        angle, offset = np.divmod(channel[best], len(self.cells.offsets))
        return Closings(
            pixels,
            surface_points(observed, pixels),
            angle * np.pi / self.cells.angles,
            np.asarray(self.cells.offsets)[offset],
            scores[best],
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
) -> list[Grasp]:
    """Return the closings whose fingers find room, in their order."""
    if not len(closings.scores):
        return []
    reach = gripper.max_opening + gripper.finger_thickness
    pad = round(reach * observed.camera.fx / closings.points[:, 2].min())
    box = box_around(observed.objects, pad)
    seen = np.zeros_like(observed.depth)
    seen[box.slices] = observed.depth[box.slices]
    heights = height_map(seen, observed.camera, gripper.finger_width)
    tips = closings.points[:, 2] + closings.offsets + gripper.tip_reach
    grasps: dict[int, Grasp] = {}
    for angle in np.unique(closings.angles):
        own = np.flatnonzero(closings.angles == angle)
        points = closings.points[own, :2]
        slots = find_slots(heights, points, angle, tips[own, None], gripper, clearance)
        for k, slot in zip(own, zip(*(part[:, 0] for part in slots), strict=True), strict=True):
            if np.isfinite(slot).all():
                grasps[k] = _grasp(observed.camera, closings, k, slot, (gripper, clearance))
    return [grasps[k] for k in sorted(grasps)]


def _grasp(
    camera: CameraIntrinsics,
    closings: Closings,
    k: int,
    slot: tuple[float, float],
    jaw: tuple[JawGripper, float],
) -> Grasp:
    """Return the grasp that closes around point k; its contacts are where the slot ends."""
    (shift, opening), (gripper, clearance) = slot, jaw
    angle = closings.angles[k]
    closing = np.array([np.cos(angle), np.sin(angle), 0.0])
    down = np.array([0.0, 0.0, 1.0])
    middle = closings.points[k] + shift * closing + closings.offsets[k] * down
    origin = middle + gripper.tip_reach * down
    half = max(opening / 2 - clearance, 0.0) * closing
    rotation = np.column_stack([closing, np.cross(down, closing), down])
    u, v = project(origin, camera)
    return Grasp(
        gripper=Gripper.PARALLEL_JAW,
        T_camera_grasp=pose_matrix(origin, rotation),
        score=float(closings.scores[k]),
        pixel=(float(u), float(v)),
        contacts=np.stack([middle - half, middle + half]),
        normals=np.stack([-closing, closing]),
        width=float(opening),
    )
