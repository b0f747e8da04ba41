"""Farthest point sampling, exact and without comparing every sample with every point.

A sample changes only the distances of points that are nearer to it than to all earlier samples;
these are few once some samples are taken. Two properties save work without changing a result:

- Points lie in blocks of neighbours. Rounding keeps order, so the distance computed to the
  nearest face of a block's bounding box never exceeds the distance computed to a point inside.
  Blocks whose points are all nearer to earlier samples are skipped.
- Distances only shrink. While the farthest of the points beyond some distance is still beyond
  it, no other point can be chosen. Many samples are taken among these few points before the
  distances of all other points are updated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from dexnet_core.geometry.pointcloud.runs import runs_of
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
Indices = NDArray[np.int32]

_BLOCK = 64
_GROUP = 8
"""Blocks that share a larger box."""

_SHARE = 0.85
"""Share of the greatest distance; points beyond it are candidates for the next samples."""

_AT_ONCE = 512
"""Maximum number of samples of a round; limits its memory."""

_PADDING = 1e-3
"""Squared metres; in the reference, points nearer to the origin are padding, never sampled."""

_THREADS = 512
"""Maximum number of threads of one search in the reference; it determines how ties are broken."""


class _Boxes(NamedTuple):
    """Bounding boxes: the least and greatest coordinates, (3, b) each."""

    low: Points
    high: Points

    @classmethod
    def around(cls, points: Points, size: int) -> _Boxes:
        """Return the boxes of every `size` consecutive points of (3, n)."""
        parts = points.reshape(3, -1, size)
        return cls(parts.min(axis=2), parts.max(axis=2))

    def of(self, which: NDArray[np.intp]) -> _Boxes:
        """Return the boxes of an index array, in its shape."""
        return _Boxes(self.low[:, which], self.high[:, which])

    def squared_distances(self, points: Points) -> Points:
        """Return the squared distances of (3, ...) points to boxes, 0 inside."""
        gaps = np.maximum(self.low - points, points - self.high)
        return _squared(np.maximum(gaps, 0, out=gaps))


class _Field(NamedTuple):
    """Points in blocks of neighbours, with their distances to the samples so far.

    Attributes:
        points: (3, n) coordinates, n a multiple of the points of a group.
        order: (n,) index of each point in the cloud.
        rank: (n,) tie-breaker: of equally far points, the lowest rank wins.
        far: (n,) float32 squared distance to the nearest sample; -1 for padding.
        blocks: Bounding boxes of every _BLOCK points.
        groups: Bounding boxes of every _GROUP blocks.
    """

    points: Points
    order: Indices
    rank: Indices
    far: NDArray[np.float32]
    blocks: _Boxes
    groups: _Boxes


class _Round(NamedTuple):
    """Samples that are taken before the distances of all points are updated.

    Attributes:
        places: (k,) indices of the samples in the field, in order.
        tied: (t,) indices of other points that were as far as a sample when it was taken.
    """

    places: NDArray[np.intp]
    tied: NDArray[np.intp]


def farthest_points(points: Points, count: int) -> Indices:
    """Choose points so that each is the farthest from all points chosen before.

    Source: Qi et al., PointNet++, NeurIPS 2017, section 3.2; conventions of its CUDA operator:
    the first point always comes first, points within a squared distance of 1e-3 of the origin are
    padding, distances are float32, and ties are won by the point whose index modulo the number of
    threads has the smallest reversed bits, then by the smallest index.

    Args:
        points: (n, 3) float32, finite, at least one.
        count: Number of points to choose; if points run out, the winner of the tie is repeated.

    Returns:
        (count,) int32 indices; all 0 if all points are padding.

    Raises:
        ValueError: The points have another shape, are empty or are not finite.
    """
    return farthest_levels(points, (count,))[0]


def farthest_levels(
    points: Points, counts: Sequence[int], taken: Callable[[Indices], None] | None = None
) -> list[Indices]:
    """Choose farthest points, then farthest points of these, and so on.

    The farthest points of a set of farthest points are its first points, unless there are ties:
    their winner depends on order and number of the points. Then each level is sampled separately.

    Args:
        points: As for `farthest_points`.
        counts: Points of each level, at least one level; no level has more than the one before.
        taken: Called with the next indices (k,) of the first level as soon as they are known.

    Returns:
        (count,) int32 indices into the cloud for each level.

    Raises:
        ValueError: The points have another shape, are empty or are not finite.
    """
    if points.ndim != 2 or points.shape[1] != 3 or not len(points):
        raise ValueError(f'points are {points.shape}, expected (n, 3) with n > 0')
    if not np.isfinite(points).all():
        raise ValueError('points have NaN or infinite coordinates, expected finite ones')
    points = np.asarray(points, np.float32)
    index, tied = _sample(points, counts[0], max(counts[1:], default=0), taken)
    levels = [index]
    for count in counts[1:]:
        before = levels[-1]
        again = farthest_points(points[before], count) if tied else slice(count)
        levels.append(before[again])
    return levels


def _sample(
    points: Points, count: int, untied: int, taken: Callable[[Indices], None] | None
) -> tuple[Indices, bool]:
    """Return the samples, and whether one of the first `untied` was as far as a later one."""
    field = _arrange(points)
    chosen, as_far = np.zeros(count, np.int32), np.zeros(len(points), bool)
    done, latest = 0, _Round(np.flatnonzero(field.order == 0)[:1], np.zeros(0, np.intp))
    while len(latest.places):
        begin, done = done, done + len(latest.places)
        chosen[begin:done] = field.order[latest.places]
        as_far[field.order[latest.tied]] |= begin < untied
        if taken:
            taken(chosen[begin:done])
        if done == count:
            break
        _update(field, field.points[:, latest.places])
        latest = _take(field, count - done)
    if done < count:
        chosen[done:] = _first_of_equals(field)
        if taken:
            taken(chosen[done:])
    return chosen, done < count or bool(as_far[chosen].any())


def _arrange(points: Points) -> _Field:
    """Return the points in the order of a space-filling curve, padded with the last one."""
    order = np.argsort(_morton_codes(points))
    missing = -len(order) % (_BLOCK * _GROUP)
    index = np.append(order, np.repeat(order[-1:], missing)).astype(np.int32)
    ordered = np.ascontiguousarray(points[index].T)
    sampled = _squared(ordered.copy()).astype(float) > _PADDING
    far = np.where(sampled, np.float32(1e10), np.float32(-1))
    far[len(points) :] = -1
    boxes = (_Boxes.around(ordered, size) for size in (_BLOCK, _BLOCK * _GROUP))
    return _Field(ordered, index, _tie_ranks(len(points))[index], far, *boxes)


def _morton_codes(points: Points) -> NDArray[np.uint32]:
    """Return (n,) Morton codes (interleaved bits), whose order keeps neighbours together."""
    least = points.min(axis=0)
    size = max(float((points.max(axis=0) - least).max()), 1e-30)
    bits = ((points - least).astype(float) * (1023 / size)).astype(np.uint32)
    for shift, mask in ((16, 0x030000FF), (8, 0x0300F00F), (4, 0x030C30C3), (2, 0x09249249)):
        bits = (bits | (bits << np.uint32(shift))) & np.uint32(mask)
    x, y, z = bits.T
    codes: NDArray[np.uint32] = x | (y << np.uint32(1)) | (z << np.uint32(2))
    return codes


def _tie_ranks(count: int) -> Indices:
    """Return (count,) ranks by which the thread reduction of the reference breaks ties."""
    bits = min(count.bit_length(), _THREADS.bit_length()) - 1
    index = np.arange(count, dtype=np.int32)
    thread, turn = index & ((1 << bits) - 1), index >> bits
    reversed_bits = np.zeros_like(thread)
    for bit in range(bits):
        reversed_bits |= ((thread >> bit) & 1) << (bits - 1 - bit)
    ranks: Indices = reversed_bits * (int(turn[-1]) + 1) + turn
    return ranks


def _squared(differences: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the squared lengths of differences whose first axis is x, y, z; overwrites them."""
    differences *= differences
    x, y, z = differences
    x += y
    x += z
    return np.asarray(x)


def _update(field: _Field, samples: Points) -> None:
    """Lower the distances of points that are nearer to new samples (3, k)."""
    block, sample = _reached(field, samples)
    runs = runs_of(block)
    block, sample = block[runs.order], sample[runs.order]
    near = np.take(field.points.reshape(3, -1, _BLOCK), block, axis=1)
    near -= samples[:, sample, None]
    least = runs.reduced(np.minimum, _squared(near))
    block = block[: len(least)]
    far = field.far.reshape(-1, _BLOCK)
    far[block] = np.minimum(far[block], least)


def _reached(field: _Field, samples: Points) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs of blocks and samples that may lower a distance; groups are tested first."""
    most = field.far.reshape(-1, _BLOCK).max(axis=1)
    most_of_group = most.reshape(-1, _GROUP).max(axis=1, keepdims=True)
    each = np.arange(len(most_of_group))[:, None]
    gaps = field.groups.of(each).squared_distances(samples[:, None])
    group, sample = np.nonzero(gaps < most_of_group)
    block = (group[:, None] * _GROUP + np.arange(_GROUP)).ravel()
    sample = np.repeat(sample, _GROUP)
    near = field.blocks.of(block).squared_distances(samples[:, sample]) < most[block]
    return block[near], sample[near]


def _take(field: _Field, most: int) -> _Round:
    """Sample among the farthest points until others may be farther, or enough are taken.

    Returns:
        At most `most` samples; none if every point is a sample already, or padding.
    """
    least = np.float32(field.far.max() * _SHARE)
    places = np.flatnonzero((field.far >= least) & (field.far > 0))
    if not len(places):
        return _Round(places, places)
    places = places[np.argsort(field.rank[places])]
    far = np.empty((min(most, _AT_ONCE) + 1, len(places)), np.float32)
    far[0] = field.far[places]
    taken = _take_candidates(np.take(field.points, places, axis=1), far, least)
    equal = far[: len(taken)] == far[np.arange(len(taken)), taken][:, None]
    equal[np.arange(len(taken)), taken] = False
    return _Round(places[taken], places[equal.any(axis=0)])


def _take_candidates(
    points: Points, far: NDArray[np.float32], least: np.float32
) -> NDArray[np.intp]:
    """Sample until no point is at least as far as `least`, or `far` is full.

    Args:
        points: (3, c); of equally far points, the first wins.
        far: (k + 1, c) squared distances; row 0 is given, row i is set after sample i.
        least: Least squared distance of a sample.

    Returns:
        At most k columns, in the order of sampling.
    """
    samples = np.ascontiguousarray(points.T)[:, :, None]
    apart, taken = np.empty_like(points), []
    x, y, z = apart
    # The arrays are short and the loop runs thousands of times: the number of calls dominates.
    for now, after in pairwise(far):
        best = now.argmax()
        if now[best] < least:
            break
        taken.append(best)
        np.subtract(points, samples[best], out=apart)
        np.multiply(apart, apart, out=apart)
        np.add(x, y, out=x)
        np.add(x, z, out=x)
        np.minimum(now, x, out=after)
    return np.array(taken, np.intp)


def _first_of_equals(field: _Field) -> np.int32:
    """Return the index to repeat if every point is a sample already; 0 if all are padding."""
    places = np.flatnonzero(field.far == 0)
    return field.order[places[field.rank[places].argmin()]] if len(places) else np.int32(0)
