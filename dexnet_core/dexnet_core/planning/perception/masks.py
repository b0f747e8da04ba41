"""Decoding of masks and label images in their common encodings."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_LIKELY = 0.5
"""Minimum probability of a selected pixel."""
_WHITE = 128
"""Minimum grey level, of 255, of a selected pixel in a grey image."""
_MOST_LEVELS = 32
"""Maximum number of different 8-bit values that are labels of objects, not grey levels."""
_EXTREME = 16
"""Maximum distance from black or white of the levels of an interpolated or compressed mask."""
_MOST_OBJECTS = 1000
_MOST_COLOURS = 256
_MOST_CHANNELS = 4
_NEARLY_ALL = 0.7
"""Minimum share of the image in a mask that may be inverted."""


class Selection(NamedTuple):
    """The pixels or points that may be grasped, as a mask or as labels of objects.

    Attributes:
        mask: True where grasps are allowed; None with labels.
        labels: int32 object of each pixel or point, 0 for none; None with a mask.
        note: Message for the user; empty if nothing is unusual.
    """

    mask: NDArray[np.bool_] | None
    labels: NDArray[np.int32] | None = None
    note: str = ''


def selection_of(values: NDArray[np.generic], label: int | None = None) -> Selection:
    """Decode which pixels or points may be grasped.

    Masks are booleans, two values (the higher one is selected), probabilities (0.5 or more),
    logits (floating point with negative values; more than 0), grey images (128 or more) and the
    alpha channel of a partly transparent image. Labels are other integers, colours (one per
    object, black for none, numbered from 1 in the order of red, green, blue) and stacks (k, H, W)
    of masks, numbered from 1; where masks overlap, the smallest is on top.

    Args:
        values: (H, W) or (n,); (H, W, 1 to 4) colours in the order of OpenCV; or (k, H, W).
        label: The one object that may be grasped; None for all.

    Raises:
        ValueError: The values are none of these, or nothing has that label.
    """
    values = np.asarray(values)
    if not values.size:
        raise ValueError(f'mask has shape {values.shape}, expected at least one pixel')
    if values.dtype.kind not in 'buif':
        raise ValueError(f'mask is {values.dtype}, expected numbers or booleans')
    flat = _flattened(values)
    if label is not None:
        return _only(_ids(flat), label)
    if _are_labels(flat):
        return Selection(None, _ids(flat))
    mask = _mask(flat)
    return Selection(mask, None, _doubt(mask))


def _flattened(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return (H, W) or (n,) of channels or of a stack."""
    if values.ndim in (1, 2):
        return values
    if values.ndim != 3:
        raise ValueError(f'mask has shape {values.shape}, expected (height, width) or (n,)')
    if values.shape[2] <= _MOST_CHANNELS:
        return _of_colours(values)
    return values[0] if len(values) == 1 else _of_stack(values)


def _of_colours(values: NDArray[np.generic]) -> NDArray[np.generic]:
    if values.shape[2] in (2, 4):
        opacity, values = values[..., -1], values[..., :-1]
        if opacity.min() != opacity.max():
            return opacity
    if (values == values[..., :1]).all():
        return values[..., 0]
    if values.dtype.kind == 'f':
        raise ValueError(f'mask has shape {values.shape} of {values.dtype}, expected one channel')
    numbers = values[..., 2].astype(np.int64) << 32 | values[..., 1].astype(np.int64) << 16
    numbers |= values[..., 0].astype(np.int64)
    colours, index = np.unique(numbers, return_inverse=True)
    if len(colours) > _MOST_COLOURS:
        raise ValueError(
            f'mask has {len(colours)} colours, expected one per object: is it the colour image, '
            'or compressed with losses?'
        )
    labels: NDArray[np.int32] = index.reshape(values.shape[:2]).astype(np.int32)
    return labels + np.int32(colours[0] != 0)


def _of_stack(values: NDArray[np.generic]) -> NDArray[np.int32]:
    """Return labels from 1 of a stack of masks; the smallest mask is on top."""
    if len(values) > _MOST_OBJECTS:
        raise ValueError(f'mask has shape {values.shape}, expected at most {_MOST_OBJECTS} masks')
    masks = [_mask(one) for one in values]
    labels = np.zeros(values.shape[1:], np.int32)
    for k in sorted(range(len(masks)), key=lambda k: -np.count_nonzero(masks[k])):
        labels[masks[k]] = k + 1
    return labels


def _are_labels(values: NDArray[np.generic]) -> bool:
    """Return whether values are labels of several objects, and not a mask."""
    if values.dtype.kind == 'b':
        return False
    if values.dtype.kind == 'f':
        seen = values[np.isfinite(values)]
        return bool(seen.size and seen.max() > 1 and (seen == np.rint(seen)).all())
    levels = np.unique(values)
    if len(levels) <= 2:
        return False
    return not _are_grey(levels)


def _are_grey(levels: NDArray[np.integer]) -> bool:
    """Return whether values are grey levels, not labels; they have 8 bits, and some are white."""
    if levels.dtype.itemsize > 1 or levels[-1] < _WHITE:
        return False
    between = (levels > _EXTREME) & (levels < 255 - _EXTREME)
    return len(levels) > _MOST_LEVELS or not between.any()


def _ids(values: NDArray[Any]) -> NDArray[np.int32]:
    """Return integers, or integers in floating point, as labels; 0 where negative."""
    if values.dtype.kind == 'f':
        values = np.where(np.isfinite(values), values, 0)
        if (values != np.rint(values)).any():
            raise ValueError('mask has fractions, expected whole numbers as labels')
    if values.max() > np.iinfo(np.int32).max:
        raise ValueError(f'mask has the label {values.max()}, expected at most 2147483647')
    return np.where(values > 0, values, 0).astype(np.int32)


def _only(labels: NDArray[np.int32], label: int) -> Selection:
    chosen = labels == label
    if label > 0 and chosen.any():
        return Selection(None, np.where(chosen, np.int32(label), np.int32(0)))
    there = [str(one) for one in np.unique(labels[labels > 0])]
    shown = ', '.join(there[:20]) + (' ...' if len(there) > 20 else '')
    raise ValueError(f'label {label} is not in the mask, which has {shown or "none"}')


def _mask(values: NDArray[Any]) -> NDArray[np.bool_]:
    if values.dtype.kind == 'b':
        return values
    if values.dtype.kind == 'f':
        return _of_floats(values)
    low, high = values.min(), values.max()
    if low == high:
        return values > 0
    return values >= _WHITE if _are_grey(np.unique(values)) else values == high


def _of_floats(values: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return where logits are positive, probabilities or grey levels high; False for NaN."""
    seen = np.where(np.isfinite(values), values, 0)
    low, high = seen.min(), seen.max()
    if low < 0:
        return seen > 0
    if high <= 1:
        return seen >= _LIKELY
    if high <= 255:
        return seen >= _WHITE
    raise ValueError(f'mask has values up to {high:g}, expected probabilities, logits or labels')


def _doubt(mask: NDArray[np.bool_]) -> str:
    """Return a hint if a mask may be inverted: it covers nearly all of the image, but not all."""
    share = np.count_nonzero(mask) / mask.size
    if mask.ndim == 1 or share < _NEARLY_ALL or share == 1:
        return ''
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    return f'the mask covers {share:.0%} of the image: is it inverted?' if border.all() else ''
