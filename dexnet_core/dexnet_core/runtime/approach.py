"""From where grasps come: along the camera's axis, along gravity, or any direction about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dexnet_core.geometry.transform import frames_along
from dexnet_core.runtime.scene import SeenScene
from dexnet_core.runtime.settings import PlannerSettings
import numpy as np
from numpy.typing import NDArray

OPTICAL_AXIS = 'optical axis'
_TILT = np.radians(35)
"""Of the further directions from the main one, less where the cone is narrower."""
_AROUND = 4


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
        raise ValueError('approach is camera, but it is unknown where the camera looked')
    raise ValueError('it is unknown where up is, and no support plane was found: give up')


def further_directions(
    scene: SeenScene, approach: Approach, settings: PlannerSettings
) -> Iterator[NDArray[np.float64]]:
    """Yield directions (3,) about the main one, those that look at seen sides first.

    They are tilted to the side from which the camera looked, to both sides of it, and away.
    """
    tilt = min(_TILT, settings.max_tilt)
    frame = frames_along(approach.direction)
    towards = _seen_from(scene, approach, frame)
    for turn in (0.0, np.pi / 2, -np.pi / 2, np.pi)[:_AROUND]:
        aside = np.cos(towards + turn) * frame[:, 0] + np.sin(towards + turn) * frame[:, 1]
        yield np.cos(tilt) * approach.direction + np.sin(tilt) * aside


def _seen_from(scene: SeenScene, approach: Approach, frame: NDArray[np.float64]) -> float:
    """Return the angle about the main direction towards which the camera looked; 0 if unknown."""
    axis, viewpoint = scene.observation.axis, scene.observation.viewpoint
    if axis is None and viewpoint is not None:
        axis = scene.object_points.mean(axis=0) - viewpoint
    if axis is None:
        return 0.0
    x, y = axis @ frame[:, 0], axis @ frame[:, 1]
    return float(np.arctan2(y, x))
