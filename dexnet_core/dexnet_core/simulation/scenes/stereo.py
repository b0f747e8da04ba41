"""Simulation of an active stereo camera with a dot projector.

Two infrared images are rendered with the dot pattern of a projector between the lenses and matched
by OpenCV (semi-global matching, Hirschmueller, PAMI 2008). Occlusions of a lens or of the
projector, edge fattening and quantised depth arise in the same way as in a real camera.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
from dexnet_core.geometry.camera import CameraIntrinsics, deproject
from dexnet_core.geometry.transform import invert, pose_matrix, transform_points, unit
from dexnet_core.planning.values.checks import require_not_negative, require_positive
from dexnet_core.simulation.scenes.rendered_view import render, RenderedView
from dexnet_core.simulation.scenes.scene import Scene
import numpy as np
from numpy.typing import NDArray

_STEPS = 16
"""Disparity steps per pixel in OpenCV; the number of disparities must be a multiple of it."""
_FINER = 2
"""Horizontal upsampling factor before matching, because matches are biased to whole pixels."""
_PATTERN = 1024
_NEARER = 0.85
"""Ratio of the minimum searched depth to the minimum depth of the scene."""
_OFF_SURFACE = 1e-4
_ALBEDO = (0.35, 1.0)
_GREY = 170
"""Grey level, of 255, of a white surface that faces the camera."""


@dataclass(frozen=True)
class StereoSettings:
    """Settings of a stereo camera; its depth image is in the frame of the left lens.

    Attributes:
        baseline: Distance between the lenses in metres.
        dots: Fraction of lit cells in the pattern.
        dot_size: Approximate size of a pattern cell in image pixels.
        ambient: Ambient light relative to the light of the dots.
        noise: Standard deviation of the grey level, of 255.
        block: Block size of the matcher in pixels, odd.

    Raises:
        ValueError: A number is out of range.
    """

    baseline: float = 0.05
    dots: float = 0.35
    dot_size: float = 2.5
    ambient: float = 0.35
    noise: float = 3.0
    block: int = 7

    def __post_init__(self) -> None:
        require_positive(self, 'baseline', 'dots', 'dot_size', 'block')
        require_not_negative(self, 'ambient', 'noise')


def measure_stereo(
    scene: Scene, view: RenderedView, settings: StereoSettings, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return the measured depth (H, W) float32 in metres; 0 where there is no match.

    Args:
        scene: The scene.
        view: Noise-free view of the left lens; at least one pixel has depth.
        settings: Settings of the stereo camera.
        rng: Random generator for the pattern, the albedos and the noise.
    """
    T_left_right = pose_matrix([settings.baseline, 0, 0], np.eye(3))
    other = render(scene, view.camera, view.T_world_camera @ T_left_right)
    light = _Light(
        view.T_world_camera @ pose_matrix([settings.baseline / 2, 0, 0], np.eye(3)),
        (rng.random((_PATTERN, _PATTERN)) < settings.dots).astype(np.float32),
        rng.uniform(*_ALBEDO, len(scene.objects) + 1),
    )
    left, right = (_infrared(scene, seen, light, settings, rng) for seen in (view, other))
    nearest = _NEARER * float(view.depth[view.depth > 0].min())
    span = view.camera.fx * settings.baseline
    disparity = _matched(left, right, span / nearest, settings.block)
    found = disparity > 0
    return np.where(found, span / np.where(found, disparity, 1), 0).astype(np.float32)


class _Light(NamedTuple):
    """Illumination and reflectance of a scene.

    Attributes:
        T_world_projector: (4, 4) pose of the projector.
        pattern: (n, n) light intensity in [0, 1] of the cells of the projected pattern.
        albedo: (k + 1,) albedos of the k objects and of the table.
    """

    T_world_projector: NDArray[np.float64]
    pattern: NDArray[np.float32]
    albedo: NDArray[np.float64]


def _infrared(
    scene: Scene,
    view: RenderedView,
    light: _Light,
    settings: StereoSettings,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """Return the infrared image (H, W) as grey levels."""
    points = transform_points(
        view.T_world_camera, deproject(view.depth, view.camera).reshape(-1, 3)
    )
    normals = scene.surface.normals[view.triangle.ravel()]
    to_light = light.T_world_projector[:3, 3] - points
    distance = np.linalg.norm(to_light, axis=1)
    to_light = unit(to_light)
    facing = np.abs(np.einsum('ni,ni->n', normals, to_light))
    towards = np.where(np.einsum('ni,ni->n', normals, to_light)[:, None] < 0, -normals, normals)
    hits = scene.surface.caster.first_hits(points + _OFF_SURFACE * towards, to_light)
    lit = hits.distance > distance
    local = transform_points(invert(light.T_world_projector), points)
    dots = _dots(local, view.camera, light.pattern, settings)
    bright = (settings.ambient + dots * lit) * facing * light.albedo[view.owner.ravel()]
    reference = float(np.median(distance))
    grey = _GREY * bright * (reference / np.maximum(distance, 1e-3)) ** 2 / (1 + settings.ambient)
    grey = np.where(view.depth.ravel() > 0, grey, 0) + rng.normal(0, settings.noise, len(grey))
    image = grey.clip(0, 255).reshape(view.camera.shape).astype(np.uint8)
    return cv2.GaussianBlur(image, (3, 3), 0.6).astype(np.uint8, copy=False)


def _dots(
    points: NDArray[np.float64],
    camera: CameraIntrinsics,
    pattern: NDArray[np.float32],
    settings: StereoSettings,
) -> NDArray[np.float32]:
    """Return the pattern intensity (n,) at points (n, 3) in the projector frame."""
    scale = camera.fx / settings.dot_size / np.maximum(points[:, 2], 1e-3)
    u, v = (points[:, axis] * scale + _PATTERN / 2 for axis in (0, 1))
    column, row = (values.astype(np.float32).reshape(camera.shape) for values in (u, v))
    sampled = cv2.remap(pattern, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return sampled.ravel().astype(np.float32, copy=False)


def _matched(
    left: NDArray[np.uint8], right: NDArray[np.uint8], most: float, block: int
) -> NDArray[np.float32]:
    """Return the disparity (H, W) in pixels; 0 or less where there is no match."""
    count = int(np.ceil(_FINER * most / _STEPS)) * _STEPS
    matcher = cv2.StereoSGBM.create(
        minDisparity=0,
        numDisparities=count,
        blockSize=block,
        P1=4 * block**2,
        P2=24 * block**2,
        disp12MaxDiff=1,
        uniquenessRatio=5,
        speckleWindowSize=80,
        speckleRange=2,
        mode=cv2.STEREO_SGBM_MODE_SGBM_3WAY,
    )
    height, width = left.shape
    fine = [
        cv2.resize(image, (_FINER * width, height), interpolation=cv2.INTER_CUBIC)
        for image in (left, right)
    ]
    # OpenCV gives no disparity in the first `count` columns, so the images are padded there.
    wide = [cv2.copyMakeBorder(image, 0, 0, count, 0, cv2.BORDER_REPLICATE) for image in fine]
    disparity = matcher.compute(*wide)[:, count::_FINER]
    return np.asarray(disparity.astype(np.float32) / (_STEPS * _FINER), np.float32)
