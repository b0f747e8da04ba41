"""Placement of an opened parallel jaw around an object."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import cv2
from dexnet_core.geometry.array_records import rows
from dexnet_core.geometry.camera import CameraIntrinsics, pixel_rays, project
from dexnet_core.geometry.transform import pose_matrix
from dexnet_core.planning.grasp import Grasp, GripperKind
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.perception.fingers import find_slots
from dexnet_core.planning.perception.height_map import (
    block_unseen_margins,
    height_map,
    HeightMap,
    STEP,
)
from dexnet_core.planning.perception.jaw_patch import JawPlaces
from dexnet_core.planning.perception.segment import box_around, SegmentedImage
import numpy as np
from numpy.typing import NDArray

HIDDEN = 0.006
"""Metres by which objects are extended where they are occluded, for a jaw of the usual size."""
_BELOW = 0.3
"""Metres below the lowest grasp point beyond which surfaces are ignored."""
_STEADIED = 5
"""Size in pixels of the median filter against noise."""
_DENSE = 0.75
"""Minimum share of the measured pixels with measured surroundings in a dense image."""
_DEPTHS = np.array([1.0, 0.75, 0.5, 0.25])
"""Shares of the proposed depth, in the order in which they are tried."""

_DOWN = np.array([0.0, 0.0, 1.0])


class JawProposals(NamedTuple):
    """n proposed jaw grasps, in the optical frame.

    Attributes:
        points: (n, 3) surface points between the fingers, metres.
        angles: (n,) radians of the closing direction from +x towards +y.
        offsets: (n,) metres from the point down to the middle of the pads.
        scores: (n,) in [0, 1].
    """

    points: NDArray[np.float64]
    angles: NDArray[np.float64]
    offsets: NDArray[np.float64]
    scores: NDArray[np.float64]

    @property
    def surface(self) -> NDArray[np.float64]:
        """(n, 3) the points."""
        return self.points

    def take(self, which: NDArray[np.generic] | slice) -> JawProposals:
        """Return some of the proposals."""
        return rows(self, which)

    def turned(self, by: NDArray[np.floating] | float) -> JawProposals:
        """Return the proposals rotated about the optical axis, by (n,) angles or one angle."""
        return self._replace(angles=self.angles + by)


class PlacedJaws(NamedTuple):
    """m jaws that are placed where they have room, in the optical frame.

    Attributes:
        middles: (m, 3) metres, midway between the pads.
        angles: (m,) radians of the closing direction from +x towards +y.
        openings: (m,) metres between the fingers.
        offsets: (m,) metres from the surface between the fingers down to the middle of the pads.
        clearances: (m,) metres that were kept between a finger and everything else.
        scores: (m,) in [0, 1].
    """

    middles: NDArray[np.float64]
    angles: NDArray[np.float64]
    openings: NDArray[np.float64]
    offsets: NDArray[np.float64]
    clearances: NDArray[np.float64]
    scores: NDArray[np.floating]

    @property
    def places(self) -> JawPlaces:
        """Positions of the jaws."""
        return JawPlaces(self.middles, self.angles, self.openings)

    @property
    def surface(self) -> NDArray[np.float64]:
        """(m, 3) metres, the surface between the fingers."""
        surface: NDArray[np.float64] = self.middles - self.offsets[:, None] * _DOWN
        return surface

    @property
    def axes(self) -> NDArray[np.float64]:
        """(m, 3) unit closing directions."""
        return _axes(self.angles)

    def take(self, which: NDArray[np.generic] | slice) -> PlacedJaws:
        """Return some of the jaws."""
        return rows(self, which)

    def best_first(self) -> PlacedJaws:
        """Return the jaws by descending score; ties stay in order."""
        return self.take(np.argsort(-self.scores, kind='stable'))


class FittedJaws(NamedTuple):
    """The placed jaws of n proposals, in their order, and the (n,) mask of proposals with room."""

    jaws: PlacedJaws
    has_room: NDArray[np.bool_]


def no_jaws() -> PlacedJaws:
    """Return an empty set of jaws."""
    none = np.zeros(0)
    return PlacedJaws(np.zeros((0, 3)), none, none, none, none, none)


def surface_points(segmented: SegmentedImage, pixels: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the (n, 3) points measured at (n, 2) object pixels, smoothed by their neighbours.

    The depth is the median of the measured object pixels among the 3x3 around.
    """
    around = np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1]), axis=-1).reshape(-1, 2)
    at = np.round(pixels).astype(int)[:, None] + around
    column, row = at.clip(0, (segmented.camera.width - 1, segmented.camera.height - 1)).T
    depth = np.where(segmented.objects[row, column], segmented.depth[row, column], np.nan)
    z = np.nanmedian(depth, axis=0)
    points: NDArray[np.float64] = (
        pixel_rays(pixels[:, 0], pixels[:, 1], segmented.camera) * z[:, None]
    )
    return points


def place_fingers(
    heights: HeightMap, proposals: JawProposals, gripper: JawGripper, clearance: float
) -> PlacedJaws:
    """Return the jaws of the proposals whose fingers and palm have room, in their order.

    Each jaw has the proposed depth, or less if there is no room at that depth.
    """
    return fit_fingers(heights, proposals, gripper, clearance).jaws


def fit_fingers(
    heights: HeightMap, proposals: JawProposals, gripper: JawGripper, clearance: float
) -> FittedJaws:
    """Return the jaws of `place_fingers`, and the mask of the proposals that have room."""
    offsets = proposals.offsets[:, None] * _DEPTHS
    tips = proposals.points[:, 2:] + offsets + gripper.tip_reach
    slots = find_slots(
        heights, proposals.points[:, :2], proposals.angles, tips, gripper, clearance
    )
    has_room = slots.found.any(axis=1)
    found = np.flatnonzero(has_room)
    deepest = slots.found[found].argmax(axis=1)
    shift, opening, offsets = (
        values[found, deepest] for values in (slots.shift, slots.opening, offsets)
    )
    middles = proposals.points[found] + shift[:, None] * _axes(proposals.angles[found])
    middles[:, 2] += offsets
    jaws = PlacedJaws(
        middles,
        proposals.angles[found],
        opening,
        offsets,
        np.full(len(found), clearance),
        proposals.scores[found],
    )
    return FittedJaws(jaws, np.asarray(has_room))


def _axes(angles: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the (n, 3) unit closing directions."""
    return np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)


def heights_around(
    segmented: SegmentedImage, points: NDArray[np.float64], gripper: JawGripper, step: float = STEP
) -> HeightMap:
    """Return the height map around the objects, on which (n, 3) points lie; n > 0."""
    reach = max(
        gripper.max_opening + gripper.finger_thickness,
        (gripper.max_opening + gripper.palm_width) / 2,
    )
    pad = round(reach * segmented.camera.fx / points[:, 2].min())
    box = box_around(segmented.objects, pad)
    camera = segmented.camera
    window = replace(camera, cx=camera.cx - box.u0, cy=camera.cy - box.v0)
    depth = segmented.depth[box.slices]
    depth = np.where(depth < points[:, 2].max() + _BELOW, depth, np.float32(0))
    heights = height_map(_steadied(depth), window, gripper.finger_width, step)
    return block_unseen_margins(heights, camera, float(np.median(points[:, 2])))


def _steadied(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the median around each measured pixel; 0 if most pixels around are not measured.

    A sparse image is returned unchanged, because its pixels have too few measured neighbours.
    """
    median = cv2.medianBlur(np.ascontiguousarray(depth), _STEADIED)
    steady = np.where(depth > 0, median, np.float32(0))
    dense = np.count_nonzero(steady) >= _DENSE * np.count_nonzero(depth)
    return steady if dense else depth


def sent_pose(T_frame_jaw: NDArray[np.float64], gripper: JawGripper) -> NDArray[np.float64]:
    """Return the (4, 4) pose to command so that a jaw reaches a pose (4, 4).

    The two differ only by the mounting offset in the description of the jaw.
    """
    return T_frame_jaw @ pose_matrix([-gripper.offset_x, -gripper.offset_y, 0.0], np.eye(3))


def reached_pose(T_frame_sent: NDArray[np.float64], gripper: JawGripper) -> NDArray[np.float64]:
    """Return the (4, 4) pose that a jaw reaches if a pose (4, 4) is commanded."""
    return T_frame_sent @ pose_matrix([gripper.offset_x, gripper.offset_y, 0.0], np.eye(3))


def jaw_grasp(camera: CameraIntrinsics, placed: PlacedJaws, k: int, gripper: JawGripper) -> Grasp:
    """Return placed jaw k with the pose to command; contacts are at the ends of the slot."""
    closing = placed.axes[k]
    origin = placed.middles[k] + gripper.tip_reach * _DOWN
    half = max(placed.openings[k] / 2 - placed.clearances[k], 0.0) * closing
    rotation = np.column_stack([closing, np.cross(_DOWN, closing), _DOWN])
    u, v = project(origin, camera)
    return Grasp(
        gripper=GripperKind.PARALLEL_JAW,
        T_camera_grasp=sent_pose(pose_matrix(origin, rotation), gripper),
        score=float(placed.scores[k]),
        pixel=(float(u), float(v)),
        contacts=np.stack([placed.middles[k] - half, placed.middles[k] + half]),
        normals=np.stack([-closing, closing]),
        width=float(placed.openings[k]),
        depth=float(placed.offsets[k] + gripper.tip_reach),
    )
