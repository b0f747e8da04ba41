"""Settings of the planners: one dataclass, from which command line and ROS take their defaults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, Field, field, fields
import math
from typing import TypeVar

from dexnet_core.planning.perception.segment import Box

T = TypeVar('T', int, float)
Setting = int | float | str


def setting(default: T, description: str, least: float, most: float) -> T:
    """Return a dataclass field with a description and a range."""
    metadata = {'description': description, 'least': least, 'most': most}
    return field(default=default, metadata=metadata)


def choice(default: str, description: str, options: Sequence[str]) -> str:
    """Return a dataclass field with a description and options."""
    return field(default=default, metadata={'description': description, 'options': tuple(options)})


APPROACHES = ('camera', 'down', 'any')
_APPROACH = (
    'Direction that grasps come from: `camera` = along the optical axis, `down` = along gravity, '
    '`any` = within max_tilt of gravity.'
)
_MAX_TILT = 'Maximum angle in radians between a grasp and the direction that `approach` sets.'
_WORKSPACE = 'Workspace: {} in metres. In the optical frame, {} points {}.'
KNOWN = 'known'
SUPPORTS = ('auto', 'none', KNOWN)


@dataclass(frozen=True)
class PlannerSettings:
    """Settings that all planners have; metres, probabilities.

    Raises:
        ValueError: A value is out of its range.
    """

    max_grasps: int = setting(10, 'Maximum number of grasps in one answer.', 1, 100)
    min_score: float = setting(
        0.2, 'Minimum score of a grasp, which is the predicted probability that it holds.', 0, 1
    )
    spacing: float = setting(0.015, 'Minimum distance between two grasps, in metres.', 0, 1)
    approach: str = choice('down', _APPROACH, APPROACHES)
    max_tilt: float = setting(0.8, _MAX_TILT, 0, math.pi / 2)
    min_depth: float = setting(0.15, 'Minimum depth in metres; nearer points are ignored.', 0, 100)
    max_depth: float = setting(3.0, 'Maximum depth in metres; farther points are ignored.', 0, 100)
    min_x: float = setting(-100.0, _WORKSPACE.format('minimum x', 'x', 'right'), -100, 100)
    max_x: float = setting(100.0, _WORKSPACE.format('maximum x', 'x', 'right'), -100, 100)
    min_y: float = setting(-100.0, _WORKSPACE.format('minimum y', 'y', 'down'), -100, 100)
    max_y: float = setting(100.0, _WORKSPACE.format('maximum y', 'y', 'down'), -100, 100)
    avoid_radius: float = setting(
        0.025, 'Minimum distance in metres from a grasp to a place where one failed.', 0, 1
    )
    support: str = choice(
        'auto',
        'How the support plane, on which objects stand, is determined: `auto` = it is detected;'
        ' `known` = it is level, at support_distance, and up must be known; `none` = there is'
        ' none, and all measured points are objects.',
        SUPPORTS,
    )
    support_height: float = setting(
        0.004, 'Minimum height in metres of an object above the support plane.', 0, 1
    )

    support_distance: float = setting(
        0.0,
        'Distance in metres along gravity from the camera, or from the origin of a cloud, to the'
        ' support plane; 0 = unknown. With support `auto`, depth images are scaled to agree with'
        ' it.',
        -100,
        100,
    )

    def __post_init__(self) -> None:
        for item in fields(self):
            check_setting(item, getattr(self, item.name))
        for end in ('depth', 'x', 'y'):
            least, most = getattr(self, f'min_{end}'), getattr(self, f'max_{end}')
            if least >= most:
                raise ValueError(f'min_{end} {least} is not below max_{end} {most}')

    @property
    def workspace(self) -> Box:
        """Bounds of the grasps; points outside are only obstacles."""
        return Box(
            (self.min_x, self.min_y, self.min_depth), (self.max_x, self.max_y, self.max_depth)
        )


@dataclass(frozen=True)
class SuctionSettings(PlannerSettings):
    """Settings of the suction planner; metres, radians, probabilities."""

    max_residual: float = setting(
        0.001,
        'Maximum RMS distance in metres between the surface under the cup and a plane. Up to '
        'twice as much is accepted from a noisy camera. Only used without an evaluator.',
        0,
        1,
    )
    min_coverage: float = setting(
        0.6, 'Minimum share of the disc under the cup that was measured on an object.', 0, 1
    )
    clearance: float = setting(
        0.04, 'Length in metres behind the rim, along the approach, that must be free.', 0, 1
    )


@dataclass(frozen=True)
class JawSettings(PlannerSettings):
    """Settings of the planner of a parallel jaw; metres, probabilities."""

    clearance: float = setting(
        0.004,
        'Distance in metres between a finger and the surfaces beside it. If no grasp has a high'
        ' score, half of it is tried as well.',
        0,
        0.1,
    )


@dataclass(frozen=True)
class GraspNetSettings(PlannerSettings):
    """Settings of the GraspNet planner; metres, radians, probabilities."""

    approach: str = choice('any', _APPROACH, APPROACHES)
    max_tilt: float = setting(math.pi / 2, _MAX_TILT, 0, math.pi / 2)
    min_score: float = setting(
        0.2, 'Minimum score of a grasp. Without an evaluator, scores may exceed 1.', 0, 10
    )
    spacing: float = setting(
        0.03,
        'Two grasps nearer than this, in metres, and turned by less than max_turn count as one.',
        0,
        1,
    )
    max_turn: float = setting(
        math.pi / 6,
        'Two grasps turned by less than this, in radians, and nearer than spacing count as one.',
        0,
        math.pi,
    )
    max_filled: float = setting(
        0.01,
        'Maximum share of the space of the gripper and its approach that measured points fill.',
        0,
        1,
    )
    min_between: float = setting(
        0.01, 'Minimum share of the space between the fingers that measured points fill.', 0, 1
    )


def check_setting(item: Field[Setting], value: object) -> None:
    """Raise ValueError unless the value has the field's type and range, or is an option of it."""
    if 'options' in item.metadata:
        options = item.metadata['options']
        if value not in options:
            raise ValueError(f'{item.name} is {value!r}, expected {" or ".join(options)}')
        return
    wanted = int if isinstance(item.default, int) else (int, float)
    if isinstance(value, bool) or not isinstance(value, wanted):
        raise ValueError(f'{item.name} is {value!r}, expected {type(item.default).__name__}')
    least, most = item.metadata['least'], item.metadata['most']
    if not least <= value <= most:
        raise ValueError(f'{item.name} is {value}, expected {least} to {most:.4g}')
