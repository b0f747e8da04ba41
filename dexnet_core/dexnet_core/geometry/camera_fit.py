"""Whether a camera fits the size of an image, and what it is at that size."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics

_ODD = 0.10
"""Share of the image by which few principal points are off the middle."""
_OUTSIDE = 0.5
"""Share by which one is off that is outside of the image."""
_ALIKE = 0.05
"""Share by which two sizes in the same proportion may differ, as centres are not exact."""
_ROUNDING = 1.0
"""Pixels by which the height of a rescaled image may be off, as heights are whole numbers."""


class CameraFit(NamedTuple):
    """A camera at the size of an image.

    Attributes:
        camera: Its intrinsics there.
        note: What the user is told; empty where nothing is odd.
    """

    camera: CameraIntrinsics
    note: str = ''


def fit_camera(camera: CameraIntrinsics, shape: tuple[int, int]) -> CameraFit:
    """Return a camera at the size (H, W) of an image.

    A camera that says another size in the same proportion is rescaled. Another proportion may be
    cropped or stretched, which nobody can tell. Where the sizes are the same, or the numbers came
    without a size and have that of the image, the principal point tells whether they belong
    together.

    Args:
        camera: Intrinsics at the size that they say.
        shape: (H, W) of the image.

    Raises:
        ValueError: The camera cannot be that of the image; the message has the likely reason.
    """
    if camera.shape == tuple(shape):
        _require_plausible(camera)
        return CameraFit(camera, _far_from_the_middle(camera))
    height, width = shape
    got = f'camera is for {camera.width}x{camera.height}, the image is {width}x{height}'
    scale = width / camera.width
    if abs(camera.height * scale - height) > _ROUNDING:
        turned = camera.shape == (width, height)
        hint = 'is the image turned by 90 degrees?' if turned else 'is the image cropped?'
        raise ValueError(f'{got}: {hint} Expected the intrinsics of this image')
    scaled = rescaled(camera, shape)
    _require_plausible(scaled)
    note = f'{got}: taken as rescaled, the focal length is {scaled.fx:.1f} pixels'
    return CameraFit(scaled, note)


def rescaled(camera: CameraIntrinsics, shape: tuple[int, int]) -> CameraIntrinsics:
    """Return the camera of the same picture with (H, W) pixels."""
    x, y = shape[1] / camera.width, shape[0] / camera.height
    return CameraIntrinsics(
        shape[1],
        shape[0],
        camera.fx * x,
        camera.fy * y,
        (camera.cx + 0.5) * x - 0.5,
        (camera.cy + 0.5) * y - 0.5,
    )


def _off_middle(camera: CameraIntrinsics) -> float:
    """Return how far the principal point is from the middle, as a share of the size."""
    return max(
        abs((camera.cx + 0.5) / camera.width - 0.5), abs((camera.cy + 0.5) / camera.height - 0.5)
    )


def _far_from_the_middle(camera: CameraIntrinsics) -> str:
    off = _off_middle(camera)
    if off <= _ODD:
        return ''
    return (
        f'the principal point ({camera.cx:g}, {camera.cy:g}) is {off:.0%} of the image off its '
        f'middle, {camera.width}x{camera.height}: is the camera that of this image?'
    )


def _require_plausible(camera: CameraIntrinsics) -> None:
    """Raise ValueError if the principal point is outside, or in the middle of another size."""
    hint = ''
    if _is_turned(camera):
        hint = 'is the image turned by 90 degrees?'
    elif _is_of_another_size(camera):
        own = rescaled(_of_middle(camera), camera.shape)
        numbers = ','.join(f'{value:.1f}' for value in (own.fx, own.fy, own.cx, own.cy))
        hint = f'it is the middle of about {_of_middle_size(camera)}; if rescaled, use {numbers}'
    elif _off_middle(camera) > _OUTSIDE:
        hint = 'it is outside; is the camera that of this image?'
    if hint:
        raise ValueError(
            f'the principal point ({camera.cx:g}, {camera.cy:g}) is not that of an image of '
            f'{camera.width}x{camera.height} pixels: {hint}'
        )


def _is_turned(camera: CameraIntrinsics) -> bool:
    """Tell whether the principal point is in the middle only with width and height swapped."""
    turned = replace(camera, width=camera.height, height=camera.width)
    return _off_middle(turned) <= _ALIKE and _off_middle(camera) > _ODD


def _is_of_another_size(camera: CameraIntrinsics) -> bool:
    """Tell whether the principal point is the middle of an image of another size but alike."""
    if _off_middle(camera) <= _ODD or min(camera.cx, camera.cy) <= 0:
        return False
    across, down = (2 * camera.cx + 1) / camera.width, (2 * camera.cy + 1) / camera.height
    return abs(across / down - 1) <= _ALIKE


def _of_middle(camera: CameraIntrinsics) -> CameraIntrinsics:
    """Return the camera with the size that its principal point is the middle of."""
    width, height = round(2 * camera.cx + 1), round(2 * camera.cy + 1)
    return replace(camera, width=width, height=height)


def _of_middle_size(camera: CameraIntrinsics) -> str:
    own = _of_middle(camera)
    return f'{own.width}x{own.height}'
