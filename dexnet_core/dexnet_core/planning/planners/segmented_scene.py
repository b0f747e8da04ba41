"""The segmented scene: measured points, segmented objects and the up direction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
import math
from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics, deproject
from dexnet_core.geometry.lengths import require_metres
from dexnet_core.geometry.spacing import point_spacing
from dexnet_core.planning.graspnet.cloud import in_box, measured, usable_points
from dexnet_core.planning.observation import Observation
from dexnet_core.planning.perception.flying_pixels import flying_pixels
from dexnet_core.planning.perception.ground import Ground
from dexnet_core.planning.perception.segment import (
    Box,
    segment_image,
    segment_points,
    SegmentedImage,
    within,
)
from dexnet_core.planning.perception.support import Plane
from dexnet_core.planning.planners.settings import KNOWN, PlannerSettings
import numpy as np
from numpy.typing import NDArray

SUPPORT_PLANE = 'support plane'
"""Source of up if it was not given."""

_WIDEST = 3.0
"""Distance over depth at the edge of the image of a lens of 140 degrees."""
_MOST_PIXELS = 1_600_000
"""Maximum number of processed pixels; the finest depth cameras have twice as many."""
_WRONG_DISTANCE = 0.12
"""Maximum relative error of the distance of the support plane; cameras have smaller errors."""
_STEP = 8
"""Pixels between the samples for the check of the unit."""


class ScenePoints(NamedTuple):
    """The measured points in the observation's frame.

    Attributes:
        points: (n, 3) float32 metres.
        objects: (n,) bool, True where grasps are allowed.
        labels: (n,) int, the object of each point; None without labels.
        inside: (n,) bool, True in the workspace; points outside are only obstacles.
    """

    points: NDArray[np.float32]
    objects: NDArray[np.bool_]
    labels: NDArray[np.integer] | None
    inside: NDArray[np.bool_]


@dataclass(frozen=True)
class SegmentedScene:
    """The segmented scene that a planner works on.

    Attributes:
        observation: The input of the planner.
        segmented: The segmented depth image, with fewer pixels if it was very large; None for a
            cloud.
        plane: The support plane; None if there is none.
        spacing: Metres, the typical distance between neighbouring points on objects.
        seen: Whether anything was measured in the workspace.
        has_objects: Whether grasps are allowed anywhere.
        make_points: Returns the points; called on demand, as it is slow and not always needed.
    """

    observation: Observation
    segmented: SegmentedImage | None
    plane: Plane | None
    spacing: float
    seen: bool
    has_objects: bool
    make_points: Callable[[], ScenePoints]

    @property
    def image(self) -> SegmentedImage:
        """The segmented depth image.

        Raises:
            ValueError: The observation is a cloud.
        """
        if self.segmented is None:
            raise ValueError('the observation is a cloud, expected a depth image')
        return self.segmented

    @cached_property
    def cloud(self) -> ScenePoints:
        """All measured points."""
        return self.make_points()

    @property
    def object_points(self) -> NDArray[np.float32]:
        """(m, 3) metres, the points that may be grasped."""
        return self.cloud.points[self.cloud.objects]

    @property
    def up(self) -> NDArray[np.float64] | None:
        """(3,) unit vector against gravity as given, else the plane's normal, else None."""
        if self.observation.up is not None:
            return self.observation.up
        return None if self.plane is None else self.plane.normal

    @property
    def up_from(self) -> str:
        """Source of up; empty if unknown."""
        if self.observation.up is not None:
            return self.observation.up_from
        return '' if self.plane is None else SUPPORT_PLANE


def segment_scene(observation: Observation, settings: PlannerSettings) -> SegmentedScene:
    """Segment the objects in a depth image or a cloud.

    Raises:
        ValueError: The points of a cloud cannot be in metres or in the given frame, or the
            support plane of an image is not at its known distance.
    """
    distance = settings.support_distance if settings.support == KNOWN else None
    exists = settings.support != 'none'
    ground = Ground(settings.support_height, observation.up, exists, distance)
    if observation.is_image:
        return _segmented_image(observation, ground, settings)
    return _segmented_cloud(observation, ground, settings.workspace)


def _segmented_image(
    observation: Observation, ground: Ground, settings: PlannerSettings
) -> SegmentedScene:
    small, workspace = _thinned(observation), settings.workspace
    depth, camera = small.image
    _require_depth_in_metres(depth)
    depth = _without_flying(depth)
    segmented = segment_image(depth, camera, small.allowed, ground, workspace)
    scale = 1.0
    if ground.distance is None:
        scale = _depth_scale(segmented.plane, settings.support_distance)
    if scale != 1:
        depth = depth * np.float32(scale)
        segmented = segment_image(depth, camera, small.allowed, ground, workspace)
    inside = within(depth, camera, workspace)
    has_objects = bool(segmented.objects.any())
    middle = float(np.median(segmented.depth[segmented.objects])) if has_objects else 0.0

    def points() -> ScenePoints:
        seen = segmented.depth > 0
        return ScenePoints(
            deproject(segmented.depth, camera)[seen],
            segmented.objects[seen],
            None if small.labels is None else small.labels[seen],
            inside[seen],
        )

    return SegmentedScene(
        observation,
        segmented,
        segmented.plane,
        middle / camera.fx,
        bool(inside.any()),
        has_objects,
        points,
    )


def _require_depth_in_metres(depth: NDArray[np.float32]) -> None:
    some = depth[::_STEP, ::_STEP]
    try:
        require_metres(some[some > 0], 'the depth image')
    except ValueError as error:
        raise ValueError(f'{error} Then give depth_scale, the metres per unit') from error


def _without_flying(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    flying = flying_pixels(depth)
    return np.where(flying, np.float32(0), depth) if flying.any() else depth


def _depth_scale(plane: Plane | None, distance: float) -> float:
    """Return the factor from the measured to the known distance of a plane; 1 if unknown.

    Raises:
        ValueError: The two distances differ too much.
    """
    if plane is None or not distance:
        return 1.0
    seen = plane.height_of(np.zeros(3))
    if abs(seen / distance - 1) > _WRONG_DISTANCE:
        raise ValueError(
            f'the support plane is {seen:.3f} m from the camera, expected support_distance '
            f'{distance:.3f} m within {_WRONG_DISTANCE:.0%}'
        )
    return distance / seen


def _thinned(observation: Observation) -> Observation:
    """Return an image with every second, third, ... pixel if it has very many pixels."""
    full, camera = observation.image
    height, width = full.shape
    step = math.ceil(math.sqrt(height * width / _MOST_PIXELS))
    if step == 1:
        return observation
    depth = np.ascontiguousarray(full[::step, ::step])
    mask, labels = observation.mask, observation.labels
    fx, fy, cx, cy = (value / step for value in (camera.fx, camera.fy, camera.cx, camera.cy))
    return replace(
        observation,
        depth=depth,
        camera=CameraIntrinsics(depth.shape[1], depth.shape[0], fx, fy, cx, cy),
        mask=None if mask is None else np.ascontiguousarray(mask[::step, ::step]),
        labels=None if labels is None else np.ascontiguousarray(labels[::step, ::step]),
    )


def _segmented_cloud(observation: Observation, ground: Ground, workspace: Box) -> SegmentedScene:
    cloud = _without_flying_points(observation)
    is_measured = measured(cloud)
    points = usable_points(cloud)
    near, deeper = np.ones(len(points), bool), np.zeros(len(points), bool)
    least, most = np.asarray(workspace, np.float32)
    if observation.axis is not None:
        along = points @ observation.axis.astype(np.float32)
        _require_seen_from_origin(points, along)
        near, deeper = along >= least[2], along > most[2]
    points, deeper = points[near], deeper[near]
    unbounded = np.array([np.inf], np.float32)
    across = in_box(points, np.append(least[:2], -unbounded), np.append(most[:2], unbounded))
    inside = across & ~deeper
    segmented = segment_points(points, ground, observation.viewpoint, inside, across & deeper)
    if observation.allowed is None:
        objects = segmented.objects
    else:
        objects = inside & observation.allowed[is_measured][near]
    labels = None if observation.labels is None else observation.labels[is_measured][near][~deeper]
    points, objects, inside = points[~deeper], objects[~deeper], inside[~deeper]
    seen = ScenePoints(points, objects, labels, inside)
    return SegmentedScene(
        observation,
        None,
        segmented.plane,
        point_spacing(points[objects]),
        bool(inside.any()),
        bool(objects.any()),
        lambda: seen,
    )


def _without_flying_points(observation: Observation) -> NDArray[np.generic]:
    """Return the points, with NaN for flying points in an organised cloud of one camera."""
    points, axis = observation.cloud, observation.axis
    if points.ndim != 3 or axis is None or min(points.shape[:2]) < 2:
        return points
    known = np.where(measured(points)[..., None], points.astype(np.float32), 0)
    along = known @ axis.astype(np.float32)
    flying = flying_pixels(np.maximum(along, 0))
    return np.where(flying[..., None], np.float32(np.nan), points) if flying.any() else points


def _require_seen_from_origin(points: NDArray[np.float32], along: NDArray[np.floating]) -> None:
    """Raise ValueError if a camera at the origin cannot have seen most points.

    Such points are behind it or outside of the view of any lens, as in the frame of a robot.
    """
    aside = np.linalg.norm(points, axis=1) > _WIDEST * along
    odd = int(np.count_nonzero(aside | (along <= 0)))
    if odd > len(along) / 2:
        raise ValueError(
            f'{odd} of {len(along)} points have z <= 0 or are far aside, expected an optical frame'
            ' (x right, y down, z forward): for a cloud in another frame, give up or cloud_frame'
        )
