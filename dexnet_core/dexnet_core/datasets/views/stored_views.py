"""Labelled views on disk: one .npz per view, a folder per split.

    ROOT/dataset.json                     configuration of the data set
    ROOT/seals/OBJECT.npz                 seal samples of an object
    ROOT/views/SPLIT/scene_000012_1.npz   view 1 of scene 12

Arrays of a view:

    depth_tenth_mm  (H, W) uint16     noise-free depth in 0.1 mm; 0 without surface
    seen_tenth_mm   (H, W) uint16     noisy depth in 0.1 mm; 0 without measurement
    owner           (H, W) uint8      object index; 255 for table and bin
    intrinsics      (4,)              fx fy cx cy in pixels
    pixels          (n, 2) uint16     labelled pixels (u, v)
    quality         in [0, 1]         suction: (n,) float32 robust wrench resistance;
                                      jaw: (n, angles, offsets) float16 robust epsilon
                                      relative to an ideal grasp

The view can be a virtual view of points that a camera measured elsewhere (see `segmented_views`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.io.files.atomic import read_arrays, write_arrays
from dexnet_core.simulation.scenes.pixel_labels import PixelLabels
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dexnet_core.simulation.scenes.rendered_view import RenderedView

_TENTH_MM = 1e-4
_BACKGROUND = 255


@dataclass(frozen=True)
class LabelledView:
    """A depth image, its noisy measurement, and the quality of its labelled pixels.

    Attributes:
        camera: Intrinsics.
        depth: (H, W) float32 noise-free depth in metres; 0 where there is no surface.
        seen: (H, W) float32 measured depth in metres; 0 where there is no measurement.
        object_mask: (H, W) bool, True on objects.
        labels: Quality of the labelled pixels.
    """

    camera: CameraIntrinsics
    depth: NDArray[np.float32]
    seen: NDArray[np.float32]
    object_mask: NDArray[np.bool_]
    labels: PixelLabels


def view_path(root: Path, split: str, scene: int, number: int) -> Path:
    """Return the path of a view."""
    return root / 'views' / split / f'scene_{scene:06d}_{number}.npz'


def view_paths(root: Path, split: str) -> list[Path]:
    """Return the paths of all stored views of a split, in order.

    Raises:
        FileNotFoundError: The split has no view.
    """
    paths = sorted((root / 'views' / split).glob('scene_*.npz'))
    if not paths:
        raise FileNotFoundError(f'{root} holds no {split} views; make them with: dexnet generate')
    return paths


def write_view(
    path: Path, view: RenderedView, seen: NDArray[np.float32], labels: PixelLabels
) -> None:
    """Store a noise-free view, its noisy depth (H, W) in metres, and its labels."""
    camera = view.camera
    write_arrays(
        path,
        depth_tenth_mm=_in_tenth_mm(view.depth),
        seen_tenth_mm=_in_tenth_mm(seen),
        owner=np.where(view.object_mask, view.owner, _BACKGROUND).astype(np.uint8),
        intrinsics=np.array([camera.fx, camera.fy, camera.cx, camera.cy]),
        pixels=labels.pixels,
        quality=labels.quality,
    )


def read_view(path: Path) -> LabelledView:
    """Read a stored view.

    Raises:
        ValueError: The file is damaged or of another kind; the message contains its path.
    """
    names = ('depth_tenth_mm', 'seen_tenth_mm', 'owner', 'intrinsics', 'pixels', 'quality')
    depth, seen, owner, intrinsics, pixels, quality = read_arrays(path, *names)
    height, width = depth.shape
    return LabelledView(
        CameraIntrinsics(width, height, *map(float, intrinsics)),
        depth.astype(np.float32) * np.float32(_TENTH_MM),
        seen.astype(np.float32) * np.float32(_TENTH_MM),
        owner != _BACKGROUND,
        PixelLabels(pixels, quality),
    )


def _in_tenth_mm(depth: NDArray[np.float32]) -> NDArray[np.uint16]:
    return np.round(depth / _TENTH_MM).clip(0, 65535).astype(np.uint16)
