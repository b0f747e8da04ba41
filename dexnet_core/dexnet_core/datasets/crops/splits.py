"""Splits of crops into training and validation rows."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.datasets.crops.crop_set import CropSet
from dexnet_core.datasets.crops.releases import ARRAY
from dexnet_core.io.files.atomic import read_arrays
import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]

SPLITS = ('object', 'pose', 'image', 'ordered', 'field')
_LABEL = {'object': 'object_labels', 'pose': 'pose_labels'}


class RowSplit(NamedTuple):
    """Usable rows of a data set, ascending.

    Attributes:
        train: (t,) rows for training.
        val: (v,) rows for validation.
    """

    train: Rows
    val: Rows


def split_rows(crops: CropSet, kind: str, val_share: float = 0.2, seed: int = 0) -> RowSplit:
    """Split a data set.

    Args:
        crops: The data set.
        kind: `object` and `pose` keep all crops of an object or of a stable pose in the same part.
            `image` draws single crops, so an object can be in both parts (image-wise in gqcnn).
            `ordered` uses the first rows for validation (Dex-Net 5.0). `field` reads the field
            `split`, where 0 is training. Any other value is the name of a folder in `splits`
            with train_indices.npz and val_indices.npz.
        val_share: Fraction of objects, poses or crops for validation, if the split is not stored.
        seed: Seed of the random selection.

    Raises:
        ValueError: The data set has no such labels or folder, val_share is not in (0, 1), or one
            part is empty.
    """
    if not 0 < val_share < 1:
        raise ValueError(f'val_share is {val_share}, expected between 0 and 1')
    if kind not in SPLITS:
        return _stored(crops, kind)
    chosen = np.isin(crops.rows, _val_rows(crops, kind, val_share, seed), assume_unique=True)
    return _both(crops, kind, RowSplit(crops.rows[~chosen], crops.rows[chosen]))


def _val_rows(crops: CropSet, kind: str, share: float, seed: int) -> Rows:
    rng = np.random.default_rng(seed)
    if kind == 'ordered':
        return np.arange(len(crops) - int((1 - share) * len(crops)))
    if kind == 'field':
        return np.flatnonzero(crops.label('split') != 0)
    if kind == 'image':
        return rng.permutation(len(crops))[: round(share * len(crops))]
    labels = crops.label(_LABEL[kind])
    groups = rng.permutation(np.unique(labels))
    return np.flatnonzero(np.isin(labels, groups[: round(share * len(groups))]))


def _stored(crops: CropSet, name: str) -> RowSplit:
    folder = crops.root / 'splits' / name
    if not folder.is_dir():
        raise ValueError(f'split is {name!r}, expected {", ".join(SPLITS)} or a folder {folder}')
    sides = []
    for side in RowSplit._fields:
        path = folder / f'{side}_indices.npz'
        (rows,) = read_arrays(path, ARRAY)
        if rows.ndim != 1 or rows.dtype.kind not in 'iu':
            raise ValueError(f'{path} is {rows.shape} {rows.dtype}, expected (n,) integers')
        if len(rows) and not 0 <= rows.min() <= rows.max() < len(crops):
            got = f'{rows.min()} to {rows.max()}'
            raise ValueError(f'{path} has row indices {got}, expected 0 to {len(crops) - 1}')
        sides.append(np.setdiff1d(rows.astype(np.int64), crops.dropped))
    split = RowSplit(*sides)
    if np.intersect1d(split.train, split.val).size:
        raise ValueError(f'{folder} has rows in both train and val, expected disjoint rows')
    return _both(crops, name, split)


def _both(crops: CropSet, kind: str, split: RowSplit) -> RowSplit:
    for side, rows in zip(split._fields, split, strict=True):
        if not len(rows):
            raise ValueError(f'{crops.root} split by {kind} has no rows for {side}')
    return split
