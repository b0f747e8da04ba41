"""Settings of the planners: one dataclass, from which command line and ROS take their defaults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, Field, field, fields
import math
from typing import TypeVar

from dexnet_core.perception.segment import Box

T = TypeVar('T', int, float)
Setting = int | float | str


def setting(default: T, description: str, least: float, most: float) -> T:
    """Return a dataclass field that knows its range and what it means."""
    metadata = {'description': description, 'least': least, 'most': most}
    return field(default=default, metadata=metadata)


def choice(default: str, description: str, options: Sequence[str]) -> str:
    """Return a dataclass field that knows its options and what they mean."""
    return field(default=default, metadata={'description': description, 'options': tuple(options)})


APPROACHES = ('camera', 'down', 'any')
_APPROACH = (
    'From where grasps come: `camera` along the optical axis, `down` along gravity, `any` within '
    'max_tilt of gravity.'
)
_MAX_TILT = 'Greatest angle in radians between a grasp and the direction that `approach` names.'
KNOWN = 'known'
SUPPORTS = ('auto', 'none', KNOWN)


@dataclass(frozen=True)
class PlannerSettings:
    """How every planner chooses among what its network found; metres, probabilities.

    Raises:
        ValueError: A value is out of its range.
    """

    max_grasps: int = setting(10, 'Most grasps in one answer.', 1, 100)
    min_score: float = setting(0.2, 'Least predicted probability that a grasp holds.', 0, 1)
    spacing: float = setting(0.015, 'Least distance between two grasps in metres.', 0, 1)
    approach: str = choice('down', _APPROACH, APPROACHES)
    max_tilt: float = setting(0.8, _MAX_TILT, 0, math.pi / 2)
    min_depth: float = setting(0.15, 'Metres; nearer measurements are ignored.', 0, 100)
    max_depth: float = setting(3.0, 'Metres; farther measurements are ignored.', 0, 100)
    min_x: float = setting(-100.0, 'Left end of the workspace, optical frame, m.', -100, 100)
    max_x: float = setting(100.0, 'Right end of the workspace, optical frame, m.', -100, 100)
    min_y: float = setting(-100.0, 'Upper end of the workspace, optical frame, m.', -100, 100)
    max_y: float = setting(100.0, 'Lower end of the workspace, optical frame, m.', -100, 100)
    avoid_radius: float = setting(
        0.025, 'Distance in metres to a place where a grasp failed that others keep.', 0, 1
    )
    support: str = choice(
        'auto',
        'What objects stand on: `auto` looks for a plane; with `none`, all that was seen is an'
        ' object; `known` is level and at support_distance, and needs to know where up is.',
        SUPPORTS,
    )
    support_height: float = setting(
        0.004, 'Least height in metres over the support plane of what is an object.', 0, 1
    )

    support_distance: float = setting(
        0.0,
        'Metres along gravity from the camera, or from the origin of a cloud, to what objects'
        ' stand on. With support `auto`, depth images are scaled to agree; 0 = unknown.',
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
        """Where grasps are looked for; what is beside it may be hit."""
        return Box(
            (self.min_x, self.min_y, self.min_depth), (self.max_x, self.max_y, self.max_depth)
        )


@dataclass(frozen=True)
class SuctionSettings(PlannerSettings):
    """How the suction planner chooses; metres, radians, probabilities."""

    max_residual: float = setting(
        0.001,
        'Greatest RMS distance in metres of the surface under the cup from a plane, twice as '
        'much where the camera is that noisy; only counts without an evaluator.',
        0,
        1,
    )
    min_coverage: float = setting(
        0.6, 'Least share of the disc under the cup that is measured and on an object.', 0, 1
    )
    clearance: float = setting(
        0.04, 'Metres along the approach, from the rim backwards, that must be free.', 0, 1
    )


@dataclass(frozen=True)
class JawSettings(PlannerSettings):
    """How the planner of a parallel jaw chooses; metres, probabilities."""

    clearance: float = setting(
        0.004,
        'Metres between a finger and what it passes; half of it for some where none is sure.',
        0,
        0.1,
    )


@dataclass(frozen=True)
class GraspNetSettings(PlannerSettings):
    """How grasps of GraspNet are chosen; metres, radians, probabilities."""

    approach: str = choice('any', _APPROACH, APPROACHES)
    max_tilt: float = setting(math.pi / 2, _MAX_TILT, 0, math.pi / 2)
    min_score: float = setting(
        0.2, 'Least score of a grasp; raw scores of the network may be over 1.', 0, 10
    )
    spacing: float = setting(
        0.03, 'Grasps nearer than this and turned by less than max_turn are one.', 0, 1
    )
    max_turn: float = setting(
        math.pi / 6, 'Radians by which grasps that are one may be turned.', 0, math.pi
    )
    max_filled: float = setting(
        0.01, 'Greatest share of the gripper and its way that measured points fill.', 0, 1
    )
    min_between: float = setting(
        0.01, 'Least share of the space between the fingers that measured points fill.', 0, 1
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
