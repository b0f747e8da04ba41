"""Cache of the labels of a set as memory-mapped uint8 arrays.

    ROOT/cache/grasps/007-FINGERPRINT.npy                 (P, 3, 12, 300, 4) uint8 codes
    ROOT/cache/points/007-FINGERPRINT.npy                 (P, 3) float32 metres
    ROOT/cache/collisions/scene_0012-FINGERPRINT-007.npy  (P, 1800) uint8, 8 grasps in each

The arrays are created once from the files of the set. The fingerprint is computed from these
source files, so an array of older files is not used. The angle axis precedes the view axis
because queries reduce over angles. Only the requested rows are read.
"""

from __future__ import annotations

from collections.abc import Sequence
import hashlib
from pathlib import Path
from typing import NamedTuple

from dexnet_core.datasets.graspnet_files.set_contents import ObjectLabels
from dexnet_core.datasets.graspnet_files.set_layout import Layout, UNLABELLED_OBJECTS
from dexnet_core.datasets.graspnet_files.set_reader import (
    read_collisions,
    read_labels,
    read_object_list,
    read_tolerance,
    tolerance_path,
)
from dexnet_core.io.files.atomic import read_array, write_array
from dexnet_core.io.progress import Progress
import numpy as np
from numpy.typing import NDArray

FRICTION_STEP = 0.01
"""Friction coefficient per code unit; code 0: the grasp does not hold."""
WIDTH_STEP = 0.0005
"""Width in metres per code unit; the maximum code also represents larger widths."""
TOLERANCE_STEP = 0.00025
"""Tolerance in metres per code unit."""
_GREATEST = 255


class CodedGrasps(NamedTuple):
    """Labels of k points; arrays (k, 12, 300, 4) uint8. The step constants define the codes."""

    friction: NDArray[np.uint8]
    width: NDArray[np.uint8]
    tolerance: NDArray[np.uint8]


class LabelStore:
    """Cached labels of some scenes of a set."""

    def __init__(self, layout: Layout, scenes: Sequence[int], progress: Progress) -> None:
        """Create the missing arrays of all objects and scenes.

        Args:
            layout: Layout of the set.
            scenes: Numbers of the scenes that will be queried.
            progress: Called with (numbers, description, total); yields the same numbers.

        Raises:
            FileNotFoundError: A file is missing.
            ValueError: A file is of another kind, or has labels of other objects or points.
        """
        self._layout = layout
        self._objects = {scene: labelled_objects(layout, scene) for scene in scenes}
        numbers = sorted({number for objects in self._objects.values() for number in objects})
        for number in progress(numbers, 'grasp labels', len(numbers)):
            self._code_grasps(number)
        for scene in progress(scenes, 'collision labels', len(scenes)):
            self._code_collisions(scene)

    def has(self, scene: int, number: int) -> bool:
        """Return whether an object of a scene has usable labels."""
        return number in self._objects[scene]

    def points(self, number: int) -> NDArray[np.float32]:
        """Return the labelled points (P, 3) of an object in metres in its frame."""
        return read_array(self._points_path(number), (None, 3)).astype(np.float32, copy=False)

    def grasps(self, scene: int, number: int, rows: NDArray[np.integer]) -> CodedGrasps:
        """Return the labels of some points of an object; friction is 0 for colliding grasps.

        Args:
            scene: Number of one of the scenes of the store.
            number: Object id.
            rows: (k,) indices of the points.
        """
        grasps = np.load(self._grasps_path(number), mmap_mode='r', allow_pickle=False)[rows]
        packed = np.load(self._collisions_path(scene, number), mmap_mode='r', allow_pickle=False)
        hits = np.unpackbits(packed[rows], axis=1).reshape(grasps[:, 0].shape).view(bool)
        friction, width, tolerance = (grasps[:, kind] for kind in range(3))
        return CodedGrasps(friction * ~hits, width, tolerance)

    def _code_grasps(self, number: int) -> None:
        path = self._grasps_path(number)
        if path.exists() and self._points_path(number).exists():
            return
        labels = read_labels(self._layout, number)
        tolerance = read_tolerance(self._layout, number, len(labels.points))
        try:
            codes = coded_grasps(labels, tolerance)
        except ValueError as error:
            raise ValueError(f'{self._layout.grasp_labels(number)}: {error}') from error
        write_array(self._points_path(number), labels.points)
        write_array(path, np.ascontiguousarray(codes))  # each row is one contiguous read

    def _code_collisions(self, scene: int) -> None:
        numbers = self._objects[scene]
        if all(self._collisions_path(scene, number).exists() for number in numbers):
            return
        labels = read_collisions(self._layout, scene)
        for number, collision in zip(labels.object_ids, labels.collision, strict=True):
            if number not in numbers:
                continue
            points = len(self.points(number))
            if len(collision) != points:
                got = f'{len(collision)} points of object {number}'
                raise ValueError(
                    f'{self._layout.collisions(scene)} has {got}, its labels have {points}'
                )
            angles_first = collision.swapaxes(1, 2).reshape(points, -1)
            write_array(self._collisions_path(scene, number), np.packbits(angles_first, axis=1))

    def _points_path(self, number: int) -> Path:
        name = f'{number:03d}-{self._fingerprint_of(number)}.npy'
        return self._layout.root / 'cache' / 'points' / name

    def _grasps_path(self, number: int) -> Path:
        name = f'{number:03d}-{self._fingerprint_of(number)}.npy'
        return self._layout.root / 'cache' / 'grasps' / name

    def _collisions_path(self, scene: int, number: int) -> Path:
        print_ = _fingerprint(self._layout.collisions(scene))
        name = f'scene_{scene:04d}-{print_}-{number:03d}.npy'
        return self._layout.root / 'cache' / 'collisions' / name

    def _fingerprint_of(self, number: int) -> str:
        layout = self._layout
        return _fingerprint(layout.grasp_labels(number), tolerance_path(layout, number))


def labelled_objects(layout: Layout, scene: int) -> tuple[int, ...]:
    """Return the ids of the objects of a scene with usable labels.

    Raises:
        FileNotFoundError: The object list is missing.
        ValueError: A line of the list is not a number.
    """
    numbers = read_object_list(layout, scene)
    own = layout.own
    return tuple(number for number in numbers if own or number not in UNLABELLED_OBJECTS)


def coded_grasps(labels: ObjectLabels, tolerance: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return the codes (P, 3, 12, 300, 4) of friction, width and tolerance.

    Raises:
        ValueError: A label is NaN or infinite.
    """
    widths = labels.offsets[..., 2]
    for what, array in (('scores', labels.scores), ('widths', widths), ('tolerance', tolerance)):
        if not np.isfinite(array).all():
            raise ValueError(f'{what} have NaN or infinite values, expected finite ones')
    friction = np.maximum(_coded(labels.scores, FRICTION_STEP), labels.scores > 0)
    kinds = friction, _coded(widths, WIDTH_STEP), _coded(tolerance, TOLERANCE_STEP)
    return np.stack([kind.astype(np.uint8).swapaxes(1, 2) for kind in kinds], axis=1)


def _coded(values: NDArray[np.floating], step: float) -> NDArray[np.floating]:
    return np.clip(np.round(values / step), 0, _GREATEST)


def _fingerprint(*paths: Path) -> str:
    """Return a short digest of the sizes and modification times of files."""
    facts = [(path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]
