"""Axis convention of the frame of a message, from a parameter or from the name of the frame."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

IMAGE_FRAMES = ('auto', 'optical', 'x_forward')
"""Values of the parameter image_frame."""
CLOUD_FRAMES = ('auto', 'optical', 'x_forward', 'z_up')
"""Values of the parameter cloud_frame."""

R_X_FORWARD_OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""Rotation from an optical frame (x right, y down, z forward) to one with x forward, z up."""

_Z_UP = ('base', 'base_link', 'base_footprint', 'world', 'map', 'odom')
"""Frames whose z points upwards (REP 103, REP 105, REP 120)."""


class FrameKind(NamedTuple):
    """Axis convention of the frame of an input.

    Attributes:
        kind: optical, x_forward or z_up.
        doubt: Warning for the user; empty if the convention is certain.
    """

    kind: str
    doubt: str = ''


def image_frame(frame: str, setting: str) -> FrameKind:
    """Return the axis convention of the frame in the header of a depth image.

    Args:
        frame: Name of the frame in the header.
        setting: One of IMAGE_FRAMES; `auto` derives it from the name.

    Raises:
        ValueError: The name is ambiguous.
    """
    name = frame.rpartition('/')[2]
    if setting != 'auto':
        return FrameKind(setting)
    if 'optical' in name or not name:
        return FrameKind('optical')
    if name in _Z_UP or name.endswith('_link'):
        raise ValueError(
            f'the frame {frame!r} of the depth image may have z or x forward: set image_frame '
            'to optical (z forward, as most drivers) or x_forward (x forward, as Gazebo)'
        )
    return FrameKind('optical', f'the frame {frame!r} of the depth image is assumed to be optical')


def cloud_frame(frame: str, setting: str) -> FrameKind:
    """Return the axis convention of the frame of a cloud.

    Args:
        frame: Name of the frame in the header.
        setting: One of CLOUD_FRAMES; `auto` derives it from the name.

    Raises:
        ValueError: The name is ambiguous.
    """
    name = frame.rpartition('/')[2]
    if setting != 'auto':
        return FrameKind(setting)
    if 'optical' in name:
        return FrameKind('optical')
    if name in _Z_UP:
        return FrameKind('z_up')
    raise ValueError(
        f'the frame {frame!r} of the cloud has no optical in its name and is not one of '
        f'{", ".join(_Z_UP)}: set cloud_frame to optical, x_forward (as Gazebo) or z_up'
    )
