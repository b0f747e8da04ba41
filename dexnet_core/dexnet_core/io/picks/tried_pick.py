"""A pick: depth image, offered grasps, the grasp that was tried, and its result.

A file NAME.npz holds these arrays, in metres and in the optical frame of the image:

    format          () version, see FORMAT
    depth_tenth_mm  (H, W) uint16 depth image; 0 = no measurement, or farther than 6.5535 m
    intrinsics      (4,) fx fy cx cy
    up              (3,) direction against gravity; zeros = unknown
    mask            (H, W) uint8, 1 = may be grasped; (0, 0) = the planner segmented the image
    poses           (n, 4, 4) of the offered grasps, best first
    widths, depths, scores  (n,) of the offered grasps
    tried           () index of the grasp that was tried; -1 = none
    held            () 1 or 0; -1 = unknown
    about           () JSON text of the gripper, planner, model, settings, frame, stamp and note
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
import json
from pathlib import Path
from typing import Any, NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.io.files.atomic import read_arrays, write_arrays
from dexnet_core.planning.grasp import GraspPlan
from dexnet_core.planning.grippers.gripper_files import Gripper, TYPES
from dexnet_core.planning.observation import Observation, of_image
from dexnet_core.planning.values.typed_values import typed_values
import numpy as np
from numpy.typing import NDArray

FORMAT = 1
"""Version of the file format; other versions are refused."""

_TENTH_MM = 1e-4
_DEEPEST = 65535
_UNKNOWN = -1
_ARRAYS = (
    *('format', 'depth_tenth_mm', 'intrinsics', 'up', 'mask', 'poses', 'widths', 'depths'),
    *('scores', 'tried', 'held', 'about'),
)


class Offered(NamedTuple):
    """n offered grasps, best first.

    Attributes:
        poses: (n, 4, 4) T_camera_grasp, the commanded poses in the optical frame; see
            `dexnet_core.planning.grasp`.
        widths: (n,) opening of the jaw in metres; 0 for suction.
        depths: (n,) metres from the surface to the fingertips along z; NaN = unknown.
        scores: (n,) in [0, 1]; NaN = unknown.
    """

    poses: NDArray[np.float64]
    widths: NDArray[np.float64]
    depths: NDArray[np.float64]
    scores: NDArray[np.float64]


class Made(NamedTuple):
    """Origin of a plan: planner, settings and input message.

    Attributes:
        planner: Name of the planner, see `planner_registry`; empty if unknown.
        model: Name and version of its network.
        settings: Settings of the planner by name; missing ones have their defaults.
        frame: Frame of the published plan.
        stamp_ns: Stamp of the image in nanoseconds; 0 if unknown.
    """

    planner: str = ''
    model: str = ''
    settings: Mapping[str, Any] = {}
    frame: str = ''
    stamp_ns: int = 0


@dataclass(frozen=True)
class Pick:
    """A pick and its result.

    Attributes:
        seen: Depth image with mask and up direction; labels are stored as a mask.
        gripper: Gripper of the robot.
        offered: Offered grasps.
        tried: Index of the grasp that was tried; None = none.
        held: Whether the object was lifted and held; None = unknown.
        made: Origin of the plan.
        note: Free text.

    Raises:
        ValueError: The observation is not a depth image, or `tried` is out of range.
    """

    seen: Observation
    gripper: Gripper
    offered: Offered
    tried: int | None = None
    held: bool | None = None
    made: Made = field(default_factory=Made)
    note: str = ''

    def __post_init__(self) -> None:
        if self.seen.depth is None:
            raise ValueError('a pick on a cloud cannot be logged, expected a depth image')
        count = len(self.offered.scores)
        if self.tried is not None and not 0 <= self.tried < count:
            raise ValueError(f'grasp {self.tried} was tried, expected 0 to {count - 1}')


def offered_by(plan: GraspPlan) -> Offered:
    """Return the grasps of a plan in the frame of its observation."""
    grasps = plan.grasps
    return Offered(
        np.array([grasp.T_camera_grasp for grasp in grasps]).reshape(-1, 4, 4),
        np.array([grasp.width for grasp in grasps]),
        np.array([grasp.depth for grasp in grasps]),
        np.array([grasp.score for grasp in grasps]),
    )


def write_pick(path: Path, pick: Pick) -> None:
    """Write a pick to a file atomically."""
    (depth, camera), offered = pick.seen.image, pick.offered
    levels = np.round(depth / _TENTH_MM)
    up, mask = pick.seen.up, pick.seen.allowed
    write_arrays(
        path,
        format=np.array(FORMAT),
        depth_tenth_mm=np.where((levels > 0) & (levels <= _DEEPEST), levels, 0).astype(np.uint16),
        intrinsics=np.array([camera.fx, camera.fy, camera.cx, camera.cy]),
        up=np.zeros(3) if up is None else up,
        mask=np.zeros((0, 0), np.uint8) if mask is None else mask.astype(np.uint8),
        **offered._asdict(),
        tried=np.array(_UNKNOWN if pick.tried is None else pick.tried),
        held=np.array(_UNKNOWN if pick.held is None else int(pick.held)),
        about=np.array(json.dumps(_about(pick))),
    )


def read_pick(path: Path) -> Pick:
    """Read a pick from a file.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is damaged, or has another format or version; the message names it.
    """
    got = dict(zip(_ARRAYS, read_arrays(path, *_ARRAYS), strict=True))
    if got['format'].shape != () or got['format'] != FORMAT:
        raise ValueError(f'{path} has format {got["format"]}, expected {FORMAT}')
    try:
        return _pick_of(got)
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f'{path} is not a pick: {error!r}') from error


def _pick_of(got: Mapping[str, NDArray[np.generic]]) -> Pick:
    levels = got['depth_tenth_mm']
    height, width = levels.shape
    about = json.loads(str(got['about']))
    kind = TYPES[about['gripper'].pop('type')]
    tried, held = int(got['tried']), int(got['held'])
    return Pick(
        of_image(
            levels.astype(np.float32) * np.float32(_TENTH_MM),
            CameraIntrinsics(width, height, *map(float, got['intrinsics'])),
            mask=got['mask'].astype(bool) if got['mask'].size else None,
            up=got['up'].astype(float) if got['up'].any() else None,
        ),
        typed_values(kind, about['gripper'], 'gripper'),
        _checked(Offered(*(got[name].astype(float) for name in Offered._fields))),
        tried=None if tried == _UNKNOWN else tried,
        held=None if held == _UNKNOWN else bool(held),
        made=Made(**about['made']),
        note=about['note'],
    )


def _checked(offered: Offered) -> Offered:
    count = len(offered.poses)
    got = [values.shape for values in offered]
    if got != [(count, 4, 4), (count,), (count,), (count,)]:
        raise ValueError(f'it has grasps of shapes {got}')
    return offered


def _about(pick: Pick) -> dict[str, Any]:
    kind = next(name for name, one in TYPES.items() if isinstance(pick.gripper, one))
    return {
        'gripper': {'type': kind, **asdict(pick.gripper)},
        'made': pick.made._asdict(),
        'note': pick.note,
    }
