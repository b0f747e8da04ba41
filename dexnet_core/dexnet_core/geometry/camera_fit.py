"""Check of camera intrinsics against the size of an image, and rescaling to that size."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics

_ODD = 0.10
"""Offset of the principal point from the image centre, as a share of the size, that few have."""
_OUTSIDE = 0.5
"""The same offset for a principal point at the edge of the image."""
_ALIKE = 0.05
"""Tolerance, as a share, when two sizes are compared; principal points are not exact."""
_ROUNDING = 1.0
"""Tolerance in pixels of the height of a rescaled image, which is a whole number."""


class CameraFit(NamedTuple):
    """A camera at the size of an image.

    Attributes:
        camera: Intrinsics at the size of the image.
        note: Message for the user; empty if nothing is unusual.
    """

    camera: CameraIntrinsics
    note: str = ''


def fit_camera(camera: CameraIntrinsics, shape: tuple[int, int]) -> CameraFit:
    """Return a camera at the size (H, W) of an image.

    Intrinsics of another size with the same aspect ratio are rescaled. Another aspect ratio is an
    error, as the image may be cropped or stretched. If the sizes are equal, or if the intrinsics
    came without a size and were given that of the image, the principal point is used to check
    that they belong to the image.

    Args:
        camera: Intrinsics and the image size that they are given for.
        shape: (H, W) of the image.

    Raises:
        ValueError: The intrinsics cannot belong to the image; the message gives the likely reason.
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
    """Return the intrinsics of the same image resized to (H, W) pixels."""
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
    """Return the offset of the principal point from the image centre, as a share of the size."""
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
    """Raise ValueError if the principal point is outside, or the centre of another image size."""
    hint = ''
    if _is_turned(camera):
        hint = 'is the image turned by 90 degrees?'
    elif _is_of_another_size(camera):
        fit = rescaled(_of_middle(camera), camera.shape)
        numbers = ','.join(f'{value:.1f}' for value in (fit.fx, fit.fy, fit.cx, fit.cy))
        hint = f'it is the middle of about {_of_middle_size(camera)}; if rescaled, use {numbers}'
    elif _off_middle(camera) > _OUTSIDE:
        hint = 'it is outside; is the camera that of this image?'
    if hint:
        raise ValueError(
            f'the principal point ({camera.cx:g}, {camera.cy:g}) is not that of an image of '
            f'{camera.width}x{camera.height} pixels: {hint}'
        )


def _is_turned(camera: CameraIntrinsics) -> bool:
    """Return whether the principal point is central only with width and height swapped."""
    turned = replace(camera, width=camera.height, height=camera.width)
    return _off_middle(turned) <= _ALIKE and _off_middle(camera) > _ODD


def _is_of_another_size(camera: CameraIntrinsics) -> bool:
    """Return whether the principal point is the centre of another size of this aspect ratio."""
    if _off_middle(camera) <= _ODD or min(camera.cx, camera.cy) <= 0:
        return False
    across, down = (2 * camera.cx + 1) / camera.width, (2 * camera.cy + 1) / camera.height
    return abs(across / down - 1) <= _ALIKE


def _of_middle(camera: CameraIntrinsics) -> CameraIntrinsics:
    """Return the camera with the image size whose centre is its principal point."""
    width, height = round(2 * camera.cx + 1), round(2 * camera.cy + 1)
    return replace(camera, width=width, height=height)


def _of_middle_size(camera: CameraIntrinsics) -> str:
    sized = _of_middle(camera)
    return f'{sized.width}x{sized.height}'
