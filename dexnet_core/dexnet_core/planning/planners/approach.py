"""From where grasps come: along the camera's axis, along gravity, or any direction about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dexnet_core.geometry.transform import frames_along, unit
from dexnet_core.planning.planners.observed_scene import SeenScene
from dexnet_core.planning.planners.settings import PlannerSettings
import numpy as np
from numpy.typing import NDArray

OPTICAL_AXIS = 'optical axis'
_TILT = np.radians(35)
"""Of the further directions from the main one, less where the cone is narrower."""
_ALONG = np.cos(np.radians(10))
"""Cosine of the angle up to which a camera looks along the main direction."""


class Approach(NamedTuple):
    """The main direction of grasps.

    Attributes:
        direction: (3,) unit vector into the scene, in the observation's frame.
        comes_from: What it was taken from: `optical axis`, `given` or `support plane`.
    """

    direction: NDArray[np.float64]
    comes_from: str


def main_approach(scene: SeenScene, settings: PlannerSettings) -> Approach:
    """Return the direction that the setting `approach` names.

    `down` and `any` are along gravity where up is known or a support plane was found, and along
    the camera's axis where neither is.

    Raises:
        ValueError: The direction is unknown; the message says what would tell it.
    """
    axis, up = scene.observation.axis, scene.up
    if settings.approach != 'camera' and up is not None:
        return Approach(-up, scene.up_from)
    if axis is not None:
        return Approach(axis, OPTICAL_AXIS)
    if settings.approach == 'camera':
        raise ValueError(
            "approach is 'camera', but where the camera looked is unknown: expected down or any"
        )
    raise ValueError(
        'the direction of gravity is unknown and no support plane was found: expected up, such as '
        "of --up, or of the node's gravity_frame, camera_pose or use_imu"
    )


def further_directions(
    scene: SeenScene, approach: Approach, settings: PlannerSettings
) -> Iterator[NDArray[np.float64]]:
    """Yield directions (3,) about the main one.

    From one camera at the side, only the direction that is tilted to the side it looked from
    shows more; otherwise two directions at a right angle are as good as any.
    """
    tilt = min(_TILT, settings.max_tilt)
    frame = frames_along(approach.direction)
    towards = _seen_from(scene, approach, frame)
    for turn in (0.0, np.pi / 2) if towards is None else (towards,):
        aside = np.cos(turn) * frame[:, 0] + np.sin(turn) * frame[:, 1]
        yield np.cos(tilt) * approach.direction + np.sin(tilt) * aside


def _seen_from(scene: SeenScene, approach: Approach, frame: NDArray[np.float64]) -> float | None:
    """Return the angle about the main direction towards which the camera looked.

    Returns:
        None where that is unknown, or the camera looked nearly along the main direction.
    """
    axis, viewpoint = scene.observation.axis, scene.observation.viewpoint
    if axis is None and viewpoint is not None:
        axis = unit(scene.object_points.mean(axis=0) - viewpoint)
    if axis is None or axis @ approach.direction > _ALONG:
        return None
    return float(np.arctan2(axis @ frame[:, 1], axis @ frame[:, 0]))
