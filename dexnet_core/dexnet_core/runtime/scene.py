"""The scene as it was seen: measured points, which of them are objects, and where up is."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.geometry.camera import deproject
from dexnet_core.graspnet.cloud import in_box, measured, usable_points
from dexnet_core.observation import Observation
from dexnet_core.perception.segment import Box, Ground, observe, Observed, segment_points, within
from dexnet_core.perception.support import Plane
from dexnet_core.runtime.settings import PlannerSettings
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

SUPPORT_PLANE = 'support plane'
"""Where up comes from if nobody gave it."""

_WIDEST = 3.0
"""Distance over depth of what a lens of 140 degrees shows at its edge."""
_NEIGHBOURS_OF = 200
"""Points whose distance to their neighbours is measured."""


class SeenScene(NamedTuple):
    """What a planner works on.

    Attributes:
        observation: Where it comes from.
        points: (n, 3) float32 metres in the observation's frame, all that was measured.
        objects: (n,) bool, True on what may be grasped.
        labels: (n,) int, the object of each point; None without labels.
        observed: The segmented depth image; None for a cloud.
        plane: That objects stand on; None where there is none.
        spacing: Metres, the typical distance between neighbouring points on objects.
        inside: (n,) bool, True in the workspace; what is outside is only in the way.
    """

    observation: Observation
    points: NDArray[np.float32]
    objects: NDArray[np.bool_]
    labels: NDArray[np.integer] | None
    observed: Observed | None
    plane: Plane | None
    spacing: float
    inside: NDArray[np.bool_]

    @property
    def seen(self) -> bool:
        """Whether anything was measured in the workspace."""
        return bool(self.inside.any())

    @property
    def up(self) -> NDArray[np.float64] | None:
        """(3,) unit vector against gravity as given, else the plane's normal, else None."""
        if self.observation.up is not None:
            return self.observation.up
        return None if self.plane is None else self.plane.normal

    @property
    def up_from(self) -> str:
        """Where up comes from; empty where it is unknown."""
        if self.observation.up is not None:
            return self.observation.up_from
        return '' if self.plane is None else SUPPORT_PLANE


def see(observation: Observation, settings: PlannerSettings) -> SeenScene:
    """Tell objects from what they stand on, in a depth image or a cloud.

    Raises:
        ValueError: The points of a cloud cannot be metres, or not in the frame that is said.
    """
    ground = Ground(settings.support_height, observation.up, settings.support != 'none')
    if observation.is_image:
        return _see_image(observation, ground, settings.workspace)
    return _see_cloud(observation, ground, settings.workspace)


def _see_image(observation: Observation, ground: Ground, workspace: Box) -> SeenScene:
    depth, camera = observation.depth, observation.camera
    observed = observe(depth, camera, observation.allowed, ground, workspace)
    measured_at = observed.depth > 0
    objects = observed.objects[measured_at]
    labels = None if observation.labels is None else observation.labels[measured_at]
    middle = float(np.median(observed.depth[observed.objects])) if objects.any() else 0.0
    return SeenScene(
        observation,
        deproject(observed.depth, camera)[measured_at],
        objects,
        labels,
        observed,
        observed.plane,
        middle / camera.fx,
        within(depth, camera, workspace)[measured_at],
    )


def _see_cloud(observation: Observation, ground: Ground, workspace: Box) -> SeenScene:
    is_measured = measured(observation.points)
    points = usable_points(observation.points)
    near = np.ones(len(points), bool)
    least, most = np.asarray(workspace, np.float32)
    if observation.axis is not None:
        along = points @ observation.axis.astype(np.float32)
        _require_seen_from_origin(points, along)
        near = (along >= least[2]) & (along <= most[2])
    points = points[near]
    unbounded = np.array([np.inf], np.float32)
    inside = in_box(points, np.append(least[:2], -unbounded), np.append(most[:2], unbounded))
    segmented = segment_points(points[inside], ground, observation.viewpoint)
    objects = inside.copy()
    if observation.allowed is None:
        objects[inside] = segmented.objects
    else:
        objects &= observation.allowed[is_measured][near]
    labels = None if observation.labels is None else observation.labels[is_measured][near]
    return SeenScene(
        observation,
        points,
        objects,
        labels,
        None,
        segmented.plane,
        _spacing(points[objects]),
        inside,
    )


def _require_seen_from_origin(points: NDArray[np.float32], along: NDArray[np.floating]) -> None:
    """Raise ValueError if a camera at the origin cannot have seen most points.

    They are behind it, or so far aside that no lens shows them, as in the frame of a robot.
    """
    aside = np.linalg.norm(points, axis=1) > _WIDEST * along
    odd = int(np.count_nonzero(aside | (along <= 0)))
    if odd > len(along) / 2:
        raise ValueError(
            f'{odd} of {len(along)} points have z <= 0 or are far aside, expected an optical frame'
            ' (x right, y down, z forward): say where up is for a cloud in another frame'
        )


def _spacing(points: NDArray[np.float32]) -> float:
    """Return the median distance of some points to their nearest neighbours; 0 without two."""
    if len(points) < 2:
        return 0.0
    some = points[:: 1 + len(points) // _NEIGHBOURS_OF]
    return float(np.median(cKDTree(points).query(some, k=2)[0][:, 1]))
