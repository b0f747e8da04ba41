"""Reader of a table of picks from other sources: a folder with depth images and `picks.csv`.

Required columns: `image`, a depth image in the folder; `x`, `y`, `z` in metres and the quaternion
`qx`, `qy`, `qz`, `qw` of the commanded grasp frame, see `dexnet_core.planning.grasp`; `held`, 1 or
0; for jaws `width`, the opening in metres before the jaw closed. Optional columns: `frame`, either
`camera` (the default), the optical frame of the image (x right, y down, z forward), or a name from
`frames.csv`; `up_x`, `up_y`, `up_z`, the direction against gravity in the optical frame (default:
from the support plane); `mask`, a mask in the folder; `note`.

Other files of the folder: `camera.yaml` (.json, .txt, ...), the intrinsics, see `read_camera`;
`gripper.yaml`, optional, without it the default gripper; and `frames.csv`, optional, with the
columns `frame`, `x`, `y`, `z`, `qx`, `qy`, `qz`, `qw`: the pose of each frame in the optical frame
of the camera, T_camera_frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
import csv
from functools import lru_cache, partial
import math
from pathlib import Path

from dexnet_core.geometry.camera import project
from dexnet_core.geometry.transform import pose_matrix, rotation_of
from dexnet_core.io.files.depth_images import DepthImage, read_depth_image
from dexnet_core.io.picks.tried_pick import Offered, Pick
from dexnet_core.planning.grippers.gripper_files import Gripper, read_gripper
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.observation import of_image
import numpy as np
from numpy.typing import NDArray

TABLE, FRAMES, CAMERA, GRIPPER = 'picks.csv', 'frames.csv', 'camera', 'gripper.yaml'
"""File names; that of the camera has no suffix, and is also the name of the optical frame."""

_POSE = ('x', 'y', 'z', 'qx', 'qy', 'qz', 'qw')
_UP = ('up_x', 'up_y', 'up_z')
_HELD = {'1': True, 'true': True, 'yes': True, '0': False, 'false': False, 'no': False}
_UNIT = 0.01
"""Largest difference of the length of a quaternion from 1."""
_FARTHEST = 6.5
"""Largest distance in metres along z; the log stores no larger depth either."""


def read_table(folder: Path, kind: type[Gripper]) -> Iterator[tuple[str, Pick]]:
    """Yield the picks of a table, each with its file and row.

    Args:
        folder: Folder of the table.
        kind: Type of the gripper.

    Raises:
        FileNotFoundError: There is no table or no camera.
        ValueError: A row cannot be used; the message names file and row, the value and what is
            expected.
    """
    path = folder / TABLE
    needed = ['image', *_POSE, 'held']
    if kind is JawGripper:
        needed.append('width')
    rows = _rows(path, needed)
    frames = _frames(folder / FRAMES)
    gripper = read_gripper(folder / GRIPPER, kind) if (folder / GRIPPER).is_file() else kind()
    image_of = lru_cache(maxsize=1)(partial(_read_image, folder))
    for number, row in rows:
        where = f'{path}, row {number}'
        try:
            image = image_of(row['image'], row.get('mask', ''))
            yield where, _pick(row, image, _camera_pose(row, frames), gripper)
        except (ValueError, OSError) as error:
            raise ValueError(f'{where}: {error}') from error


def _read_image(folder: Path, name: str, mask: str) -> DepthImage:
    """Read an image of a folder with its camera and its mask."""
    path = folder / name
    if not name or not path.is_file():
        raise FileNotFoundError(f'image is {name!r}, expected a depth image in {folder}')
    return read_depth_image(path, _camera_of(path, folder), folder / mask if mask else None)


def _camera_of(image: Path, folder: Path) -> str | None:
    """Return the camera file of an image; None if the image file contains the camera."""
    found = sorted(folder.glob(f'{CAMERA}.*'))
    if not found and image.suffix.lower() == '.npz':
        return None
    if len(found) != 1:
        names = ', '.join(path.name for path in found) or f'no {CAMERA}.yaml'
        raise FileNotFoundError(
            f'{folder} has {names}, expected one file {CAMERA}.yaml (.json, .txt, ...) with the '
            'intrinsics of the camera'
        )
    return str(found[0])


def _rows(path: Path, needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a table, each with its line number; the header is line 1."""
    try:
        with path.open(newline='', encoding='utf-8-sig') as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            got = list(reader.fieldnames or ())
            rows = [(reader.line_num, row) for row in reader]
    except (csv.Error, UnicodeDecodeError) as error:
        raise ValueError(f'{path} is not a table in UTF-8: {error}') from error
    missing = [name for name in needed if name not in got]
    if missing:
        raise ValueError(
            f'{path} has no column {", ".join(missing)} but {", ".join(got) or "nothing"}: '
            f'expected a header row with the names {",".join(needed)}'
        )
    return [
        (number, {name: (value or '').strip() for name, value in row.items() if name})
        for number, row in rows
    ]


def _frames(path: Path) -> dict[str, NDArray[np.float64]]:
    """Return T_camera_frame (4, 4) of each frame by name."""
    known = {CAMERA: np.eye(4)}
    if path.is_file():
        for number, row in _rows(path, ['frame', *_POSE]):
            try:
                known[row['frame']] = _pose(row)
            except ValueError as error:
                raise ValueError(f'{path}, row {number}: {error}') from error
    return known


def _camera_pose(
    row: Mapping[str, str], frames: Mapping[str, NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return the (4, 4) T_camera_grasp of a row."""
    frame = row.get('frame') or CAMERA
    if frame not in frames:
        raise ValueError(
            f'frame is {frame!r}, expected one of {", ".join(frames)}: add its pose to {FRAMES}'
        )
    return frames[frame] @ _pose(row)


def _pick(
    row: Mapping[str, str], image: DepthImage, pose: NDArray[np.float64], gripper: Gripper
) -> Pick:
    _require_in_view(pose, image)
    held = _HELD.get(row['held'].lower())
    if held is None:
        raise ValueError(f'held is {row["held"]!r}, expected 1 or 0')
    unknown = np.full(1, np.nan)
    offered = Offered(pose[None], np.array([_width(row, gripper)]), unknown, unknown)
    up = np.array([_number(row, name) for name in _UP]) if row.get(_UP[0]) else None
    seen = of_image(image.depth, image.camera, image.allowed, up=up)
    return Pick(seen, gripper, offered, tried=0, held=held, note=row.get('note', ''))


def _pose(row: Mapping[str, str]) -> NDArray[np.float64]:
    """Return the (4, 4) pose of a row."""
    values = [_number(row, name) for name in _POSE]
    length = math.sqrt(sum(value**2 for value in values[3:]))
    if abs(length - 1) > _UNIT:
        raise ValueError(f'the quaternion {values[3:]} has length {length:g}, expected 1')
    return pose_matrix(values[:3], rotation_of(np.array(values[3:])))


def _number(row: Mapping[str, str], name: str) -> float:
    text = row.get(name, '')
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f'{name} is {text!r}, expected a number')
    return value


def _width(row: Mapping[str, str], gripper: Gripper) -> float:
    if not isinstance(gripper, JawGripper):
        return 0.0
    width, most = _number(row, 'width'), gripper.max_opening
    if not 0 < width <= most + 1e-6:
        raise ValueError(f'width is {width}, expected metres over 0 and up to {most}')
    return width


def _require_in_view(pose: NDArray[np.float64], image: DepthImage) -> None:
    """Raise ValueError unless a grasp is in the image and points away from the camera."""
    origin, approach, camera = pose[:3, 3], pose[:3, 2], image.camera
    place = '(' + ', '.join(f'{value:.3f}' for value in origin) + ')'
    if origin[2] <= 0:
        raise ValueError(f'the pose is at {place}, behind the camera: expected T_camera_grasp')
    if origin[2] > _FARTHEST:
        raise ValueError(f'the pose is at {place}, expected metres, up to {_FARTHEST} along z')
    u, v = project(origin, camera)
    if not (-0.5 <= u < camera.width - 0.5 and -0.5 <= v < camera.height - 0.5):
        raise ValueError(
            f'the pose is at {place}, pixel ({u:.0f}, {v:.0f}), expected one of the image of '
            f'{camera.width}x{camera.height} pixels: is it in metres and in the given frame?'
        )
    if approach @ origin <= 0:
        raise ValueError(
            f'the z axis of the pose is ({", ".join(f"{value:.2f}" for value in approach)}), '
            'towards the camera: expected +z into the object'
        )
