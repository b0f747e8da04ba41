"""Writer of generated data in the file format of a published release.

    ROOT/staging/unit_000012.npz       rows of one unit of work, until the set is complete
    ROOT/tensors/FIELD_00000.npz       1000 rows each, `arr_0`
    ROOT/config.json                   fields and rows per file
    ROOT/metadata.json                 names and numbers of the objects
    ROOT/splits/object_wise/*.npz      rows for training and validation

Units can be staged in any order and by any process. The files are assembled in the order of the
units, so they do not depend on the order of the work. They are written to `tensors.partial`, which
is renamed when all files are complete.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
import json
from pathlib import Path
import shutil
from typing import NamedTuple

from dexnet_core.datasets.crops.releases import ARRAY, Release, TEMPLATE
from dexnet_core.geometry.array_records import concatenated
from dexnet_core.io.files.atomic import read_arrays, write_arrays, write_text
from dexnet_core.io.progress import Progress
import numpy as np
from numpy.typing import NDArray

OBJECT_WISE = 'object_wise'


class GraspRows(NamedTuple):
    """n crops and their grasps.

    Attributes:
        images: (n, S, S) float32 depth in metres.
        poses: (n, pose_width) float32 grasps in the columns of the release.
        metric: (n,) float32 robust quality; 0 for a grasp that collides.
        collision_free: (n,) uint32, 0 or 1.
        obj_labels: (n,) uint32 number of the object.
        pose_labels: (n,) uint32 number of the stable pose, over all objects.
        image_labels: (n,) uint32 number of the camera image, over all poses.
        camera_intrs: (n, 4) float32 fx, fy, cx, cy of the camera image in pixels.
        camera_poses: (n, 7) float32 pose of the optical frame in the world frame: quaternion x,
            y, z, w and position x, y, z in metres.
    """

    images: NDArray[np.float32]
    poses: NDArray[np.float32]
    metric: NDArray[np.float32]
    collision_free: NDArray[np.uint32]
    obj_labels: NDArray[np.uint32]
    pose_labels: NDArray[np.uint32]
    image_labels: NDArray[np.uint32]
    camera_intrs: NDArray[np.float32]
    camera_poses: NDArray[np.float32]


class Unit(NamedTuple):
    """A unit of work: all rows of one object.

    Attributes:
        number: Number of the object, from 0.
        name: Name of the object.
        split: Data split: train or val; in any other split it has no rows.
    """

    number: int
    name: str
    split: str


def no_rows(release: Release) -> GraspRows:
    """Return the rows of a unit without grasps."""
    return GraspRows(*(np.zeros((0, *shape), dtype) for shape, dtype in _layout(release)))


class TensorWriter:
    """Stages the rows of units and assembles the data set."""

    def __init__(self, root: Path, release: Release) -> None:
        """Set the folder and the release that defines the file format."""
        self._root = root
        self._release = release

    @property
    def complete(self) -> bool:
        """Whether the data set is complete."""
        return (self._root / 'tensors').is_dir()

    def staged(self, number: int) -> bool:
        """Return whether a unit is staged."""
        return self._unit_path(number).exists()

    def stage(self, unit: Unit, rows: GraspRows) -> None:
        """Write the rows of a unit atomically.

        Raises:
            ValueError: Rows do not have the shapes of the release, or are not finite.
            OSError: The disk is full; the unit is not staged.
        """
        _require_layout(rows, self._release)
        facts = {'name': np.array(unit.name), 'side': np.array(unit.split)}
        write_arrays(self._unit_path(unit.number), **facts, **rows._asdict())

    def assemble(self, units: range, progress: Progress) -> int:
        """Assemble the staged units; return the number of rows.

        Args:
            units: Numbers of all units; all of them are staged.
            progress: Called with (units, description, total); yields the same units.

        Raises:
            ValueError: No unit has rows, or a staged unit is damaged. Remove a damaged unit and
                generate it again.
            OSError: The disk is full; the files written so far remain in `tensors.partial`.
        """
        building = self._root / 'tensors.partial'
        for scratch in building.glob('.*.npz'):  # left by an interrupted write
            scratch.unlink()
        labels = []
        parts = map(self._read_rows, progress(units, 'files', len(units)))
        for number, rows in enumerate(_in_files(parts, self._release.rows_per_file)):
            self._write_file(building, number, rows)
            labels.append(rows.obj_labels)
        if not labels:
            splits = Counter(self._read_unit(number).split for number in units)
            got = ', '.join(f'{count} for {split}' for split, count in splits.items())
            raise ValueError(
                f'{self._root}: none of {len(units)} objects or views has a grasp to label '
                f'({got}; test objects are not used)'
            )
        objects = np.concatenate(labels)
        self._write_facts([self._read_unit(number) for number in units], objects)
        building.rename(self._root / 'tensors')
        shutil.rmtree(self._root / 'staging')
        return len(objects)

    def _unit_path(self, number: int) -> Path:
        return self._root / 'staging' / f'unit_{number:06d}.npz'

    def _read_rows(self, number: int) -> GraspRows:
        path = self._unit_path(number)
        rows = GraspRows._make(read_arrays(path, *GraspRows._fields))
        try:
            _require_layout(rows, self._release)
        except ValueError as error:
            raise ValueError(f'{path}: {error}') from error
        return rows

    def _read_unit(self, number: int) -> Unit:
        return Unit(number, *map(str, read_arrays(self._unit_path(number), 'name', 'side')))

    def _write_file(self, building: Path, number: int, rows: GraspRows) -> None:
        """Write file `number` of every field; complete files of an interrupted run are kept."""
        published = rows._replace(images=rows.images[..., None])
        for name, array in zip(_names(self._release), published, strict=True):
            path = building / TEMPLATE.format(field=name, number=number)
            if not path.exists():
                write_arrays(path, **{ARRAY: array})

    def _write_facts(self, units: list[Unit], objects: NDArray[np.uint32]) -> None:
        """Write the names of the objects, the split of the rows and the fields."""
        self._write_json('metadata.json', {'objects': {unit.name: unit.number for unit in units}})
        self._write_json('config.json', self._config())
        folder = Path('splits') / OBJECT_WISE
        is_val = np.isin(objects, [unit.number for unit in units if unit.split == 'val'])
        for side, chosen in (('train', ~is_val), ('val', is_val)):
            path = self._root / folder / f'{side}_indices.npz'
            write_arrays(path, **{ARRAY: np.flatnonzero(chosen)})
        facts = {'field_name': 'obj_labels', 'train_pct': float(1 - is_val.mean())}
        self._write_json(folder / 'metadata.json', facts)

    def _write_json(self, name: Path | str, facts: dict[str, object]) -> None:
        write_text(self._root / name, json.dumps(facts, indent=2) + '\n')

    def _config(self) -> dict[str, object]:
        """Return the configuration in the format of autolab_core's TensorDataset."""
        fields = {}
        for name, (shape, dtype) in zip(
            _names(self._release), _layout(self._release), strict=True
        ):
            sizes = dict(zip(('height', 'width'), shape, strict=False))
            channels = {'channels': 1} if len(shape) == 2 else {}
            fields[name] = {'dtype': dtype, **sizes, **channels}
        return {'datapoints_per_file': self._release.rows_per_file, 'fields': fields}


def _names(release: Release) -> tuple[str, ...]:
    """Return the names of the row fields on disk."""
    return (
        release.image_field,
        release.pose_field,
        release.metric_field,
        *GraspRows._fields[3:],
    )


def _layout(release: Release) -> tuple[tuple[tuple[int, ...], str], ...]:
    """Return row shape and dtype of every field."""
    return (
        ((release.crop, release.crop), 'float32'),
        ((release.pose_width,), 'float32'),
        ((), 'float32'),
        *(4 * [((), 'uint32')]),
        ((4,), 'float32'),
        ((7,), 'float32'),
    )


def _require_layout(rows: GraspRows, release: Release) -> None:
    count = len(rows.metric)
    for name, array, (shape, dtype) in zip(rows._fields, rows, _layout(release), strict=True):
        if array.shape != (count, *shape) or array.dtype != dtype:
            got = f'{array.shape} {array.dtype}'
            raise ValueError(f'{name} is {got}, expected {(count, *shape)} {dtype}')
        if not np.isfinite(array).all():
            raise ValueError(f'{name} is not finite in some of {count} rows')


def _in_files(parts: Iterable[GraspRows], size: int) -> Iterator[GraspRows]:
    """Yield the rows of all parts in groups of `size`; the last group can be smaller."""
    waiting: list[GraspRows] = []
    for part in parts:
        waiting.append(part)
        count = sum(len(rows.metric) for rows in waiting)
        if count >= size:
            rows = concatenated(waiting)
            for start in range(0, count - size + 1, size):
                yield _part(rows, start, start + size)
            waiting = [_part(rows, count - count % size, count)]
    if waiting and sum(len(rows.metric) for rows in waiting):
        yield concatenated(waiting)


def _part(rows: GraspRows, start: int, stop: int) -> GraspRows:
    return GraspRows._make(array[start:stop] for array in rows)
