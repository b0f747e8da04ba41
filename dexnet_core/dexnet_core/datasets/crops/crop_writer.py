"""Our own data in the files of a published release.

    ROOT/staging/unit_000012.npz       what one unit of work made, until the set is whole
    ROOT/tensors/FIELD_00000.npz       1000 rows each, `arr_0`
    ROOT/config.json                   fields and rows per file
    ROOT/metadata.json                 what was made, by name
    ROOT/splits/object_wise/*.npz      rows for training and validation

Units may be staged in any order and by any process; the files are put together from them in the
order of the units, so that they do not depend on who worked when. They lie in `tensors.partial`
until the last one is written: a set is there whole or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
import json
from pathlib import Path
import shutil
from typing import NamedTuple

from dexnet_core.datasets.crops.releases import ARRAY, Release, TEMPLATE
from dexnet_core.io.files.atomic import read_arrays, write_arrays, write_text
from dexnet_core.io.progress import Progress
import numpy as np
from numpy.typing import NDArray

OBJECT_WISE = 'object_wise'


class GraspRows(NamedTuple):
    """n crops and the grasps in them.

    Attributes:
        images: (n, S, S) float32 metres.
        poses: (n, pose_width) float32, as the release has them.
        metric: (n,) float32 robust quality, 0 for a grasp that collides.
        collision_free: (n,) uint32, 0 or 1.
        obj_labels: (n,) uint32 number of the object.
        pose_labels: (n,) uint32 number of the stable pose, over all objects.
        image_labels: (n,) uint32 number of the camera's image, over all poses.
        camera_intrs: (n, 4) float32 fx, fy, cx, cy in pixels of that image.
        camera_poses: (n, 7) float32 of the optical frame in the world: quaternion x, y, z, w and
            position x, y, z in metres.
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
    """A unit of work: everything of one object.

    Attributes:
        number: Of the object, from 0.
        name: Of the object.
        split: On which side it is: train or val; for any other it has no rows.
    """

    number: int
    name: str
    split: str


def no_rows(release: Release) -> GraspRows:
    """Return what a unit that found nothing makes."""
    return GraspRows(*(np.zeros((0, *shape), dtype) for shape, dtype in _layout(release)))


def joined(parts: Iterable[GraspRows]) -> GraspRows:
    """Return all rows of at least one part, in order."""
    return GraspRows(*map(np.concatenate, zip(*parts, strict=True)))


class TensorWriter:
    """Stages units and puts them together."""

    def __init__(self, root: Path, release: Release) -> None:
        """Choose a folder and the release whose files it shall look like."""
        self._root = root
        self._release = release

    @property
    def complete(self) -> bool:
        """Whether the data set is whole."""
        return (self._root / 'tensors').is_dir()

    def staged(self, number: int) -> bool:
        """Return whether a unit is done."""
        return self._unit_path(number).exists()

    def stage(self, unit: Unit, rows: GraspRows) -> None:
        """Keep what a unit made, whole or not at all.

        Raises:
            ValueError: Rows are not of the release's shapes, or not finite.
            OSError: The disk is full; the unit is not staged then.
        """
        _require_layout(rows, self._release)
        facts = {'name': np.array(unit.name), 'side': np.array(unit.split)}
        write_arrays(self._unit_path(unit.number), **facts, **rows._asdict())

    def assemble(self, units: range, progress: Progress) -> int:
        """Put the staged units together; return the number of rows.

        Args:
            units: All units; every one is staged.
            progress: Called with (units, description, total); yields them back.

        Raises:
            ValueError: No unit has any rows, or a staged unit is damaged; remove it and make it
                again.
            OSError: The disk is full; what was written is kept and not part of any set.
        """
        building = self._root / 'tensors.partial'
        for scratch in building.glob('.*.npz'):  # of a run that was killed while it wrote
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
                f'({got}; those for test are left out)'
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
        """Write file `number` of every field, but those that a killed run left."""
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
        """Return what autolab_core's TensorDataset reads."""
        fields = {}
        for name, (shape, dtype) in zip(
            _names(self._release), _layout(self._release), strict=True
        ):
            sizes = dict(zip(('height', 'width'), shape, strict=False))
            channels = {'channels': 1} if len(shape) == 2 else {}
            fields[name] = {'dtype': dtype, **sizes, **channels}
        return {'datapoints_per_file': self._release.rows_per_file, 'fields': fields}


def _names(release: Release) -> tuple[str, ...]:
    """Return what the fields of rows are called on disk."""
    return (
        release.image_field,
        release.pose_field,
        release.metric_field,
        *GraspRows._fields[3:],
    )


def _layout(release: Release) -> tuple[tuple[tuple[int, ...], str], ...]:
    """Return shape of one row and dtype of every field."""
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
    """Yield the rows of all parts, `size` at a time, the rest at last."""
    waiting: list[GraspRows] = []
    for part in parts:
        waiting.append(part)
        count = sum(len(rows.metric) for rows in waiting)
        if count >= size:
            rows = joined(waiting)
            for start in range(0, count - size + 1, size):
                yield _part(rows, start, start + size)
            waiting = [_part(rows, count - count % size, count)]
    if waiting and sum(len(rows.metric) for rows in waiting):
        yield joined(waiting)


def _part(rows: GraspRows, start: int, stop: int) -> GraspRows:
    return GraspRows._make(array[start:stop] for array in rows)
