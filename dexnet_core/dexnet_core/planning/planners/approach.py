"""Approach directions of grasps: along the camera's axis, along gravity, or tilted from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dexnet_core.geometry.transform import frames_along, unit
from dexnet_core.planning.planners.segmented_scene import SegmentedScene
from dexnet_core.planning.planners.settings import PlannerSettings
import numpy as np
from numpy.typing import NDArray

OPTICAL_AXIS = 'optical axis'
_TILT = np.radians(35)
"""Angle between the further directions and the main one; smaller if max_tilt is smaller."""
_ALONG = np.cos(np.radians(10))
"""Cosine of the angle up to which a camera counts as looking along the main direction."""


class Approach(NamedTuple):
    """The main approach direction of grasps.

    Attributes:
        direction: (3,) unit vector into the scene, in the observation's frame.
        comes_from: Source of the direction: `optical axis`, `given` or `support plane`.
    """

    direction: NDArray[np.float64]
    comes_from: str


def main_approach(scene: SegmentedScene, settings: PlannerSettings) -> Approach:
    """Return the main approach direction for the setting `approach`.

    With `down` and `any`, it is along gravity if up is known or a support plane was found, else
    along the camera's axis.

    Raises:
        ValueError: The direction is unknown; the message names the inputs that define it.
    """
    axis, up = scene.observation.axis, scene.up
    if settings.approach != 'camera' and up is not None:
        return Approach(-up, scene.up_from)
    if axis is not None:
        return Approach(axis, OPTICAL_AXIS)
    if settings.approach == 'camera':
        raise ValueError(
            "approach is 'camera', but the camera's axis is unknown: expected down or any"
        )
    raise ValueError(
        'the direction of gravity is unknown and no support plane was found: expected up, by '
        "option --up or by the node's parameters gravity_frame, camera_pose or use_imu"
    )


def further_directions(
    scene: SegmentedScene, approach: Approach, settings: PlannerSettings
) -> Iterator[NDArray[np.float64]]:
    """Yield further directions (3,), tilted from the main one.

    For one camera at the side, only the direction that is tilted towards the camera's axis shows
    more of the scene. Otherwise, two directions at a right angle are used.
    """
    towards = _camera_angle(scene, approach)
    for turn in (0.0, np.pi / 2) if towards is None else (towards,):
        yield _tilted(approach, turn, settings)


def _tilted(approach: Approach, turn: float, settings: PlannerSettings) -> NDArray[np.float64]:
    """Return the main direction, tilted to one side (radians about the main direction)."""
    tilt = min(_TILT, settings.max_tilt)
    frame = frames_along(approach.direction)
    aside = np.cos(turn) * frame[:, 0] + np.sin(turn) * frame[:, 1]
    tilted: NDArray[np.float64] = np.cos(tilt) * approach.direction + np.sin(tilt) * aside
    return tilted


def _camera_angle(scene: SegmentedScene, approach: Approach) -> float | None:
    """Return the angle of the camera's axis about the main direction.

    Returns:
        Radians; None if the axis is unknown, or nearly along the main direction.
    """
    axis, viewpoint = scene.observation.axis, scene.observation.viewpoint
    if axis is None and viewpoint is not None:
        axis = unit(scene.object_points.mean(axis=0) - viewpoint)
    if axis is None or axis @ approach.direction > _ALONG:
        return None
    frame = frames_along(approach.direction)
    return float(np.arctan2(axis @ frame[:, 1], axis @ frame[:, 0]))
