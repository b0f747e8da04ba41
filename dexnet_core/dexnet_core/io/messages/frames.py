"""What kind of frame messages are in, as far as its name tells."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

IMAGE_FRAMES = ('auto', 'optical', 'x_forward')
"""Kinds of frame that a depth image may be said to be stamped with."""
CLOUD_FRAMES = ('auto', 'optical', 'x_forward', 'z_up')
"""Kinds of frame that a cloud may be said to be in."""

R_X_FORWARD_OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""How an optical frame (x right, y down, z forward) is turned in one with x forward and z up."""

_Z_UP = ('base', 'base_link', 'base_footprint', 'world', 'map', 'odom')
"""Frames whose z points upwards (REP 103, REP 105, REP 120)."""


class FrameKind(NamedTuple):
    """What kind of frame an input is in.

    Attributes:
        kind: optical, x_forward or z_up.
        doubt: What the user is told; empty where the kind is sure.
    """

    kind: str
    doubt: str = ''


def image_frame(frame: str, said: str) -> FrameKind:
    """Return what kind of frame a depth image is stamped with; its pixels are optical anyway.

    Args:
        frame: Name in the header of the image.
        said: One of IMAGE_FRAMES; `auto` tells it from the name.

    Raises:
        ValueError: The name does not tell.
    """
    name = frame.rpartition('/')[2]
    if said != 'auto':
        return FrameKind(said)
    if 'optical' in name or not name:
        return FrameKind('optical')
    if name in _Z_UP or name.endswith('_link'):
        raise ValueError(
            f'the frame {frame!r} of the depth image may look along z or along x: set image_frame '
            'to optical (z forward, as most drivers) or x_forward (x forward, as Gazebo)'
        )
    return FrameKind(
        'optical', f'the frame {frame!r} of the depth image is taken for an optical one'
    )


def cloud_frame(frame: str, said: str) -> FrameKind:
    """Return what kind of frame a cloud is in.

    Args:
        frame: Name in the header of the cloud.
        said: One of CLOUD_FRAMES; `auto` tells it from the name.

    Raises:
        ValueError: The name does not tell.
    """
    name = frame.rpartition('/')[2]
    if said != 'auto':
        return FrameKind(said)
    if 'optical' in name:
        return FrameKind('optical')
    if name in _Z_UP:
        return FrameKind('z_up')
    raise ValueError(
        f'the frame {frame!r} of the cloud is neither called optical nor one of '
        f'{", ".join(_Z_UP)}: set cloud_frame to optical, x_forward (as Gazebo) or z_up'
    )
