"""Farthest point sampling and neighbour search with the same indices as on CUDA.

Source: Qi et al., PointNet++, NIPS 2017. The scan order, the comparisons and the resolution of
ties are those of the CUDA operators of graspnet-baseline. Indices are int64 and have no gradient.
Memory is bounded: at most `_AT_ONCE` distances are stored at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

NEAR_ORIGIN = 1e-3
"""Points whose squared distance from the origin is at most this, in m^2, are padding."""
_THREADS = 512
_AT_ONCE = 4_000_000
_SLACK = 1e-4


class Nearest(NamedTuple):
    """The three nearest points.

    Attributes:
        distances: (B, n, 3) distances in metres, ascending; infinite for missing points.
        indices: (B, n, 3) int64 indices; 0 for missing points.
    """

    distances: Tensor
    indices: Tensor


class Cylinder(NamedTuple):
    """Nested cylinders along the x axis of a grasp frame, in metres.

    Attributes:
        radius: Common radius.
        bottom: x of the common lower end.
        tops: x of the upper end of each cylinder.
    """

    radius: float
    bottom: float
    tops: tuple[float, ...]


@torch.no_grad()
def furthest_point_sample(points: Tensor, count: int) -> Tensor:
    """Return indices (B, count): point 0, then always the point farthest from the sampled ones.

    Points near the origin (see NEAR_ORIGIN) are not sampled, except point 0. If all points are
    sampled or near the origin, indices repeat.

    Args:
        points: (B, N, 3) points in metres.
        count: Number of samples, at least 1.

    Raises:
        ValueError: There is no point, or the count is below 1.
    """
    _require_points(points, 'points')
    if points.shape[1] < 1 or count < 1:
        raise ValueError(f'got {points.shape[1]} points and {count} samples, expected 1 or more')
    order = _tie_order(points.shape[1]).to(points.device)
    x, y, z = points[:, order].unbind(dim=2)
    padding = (x * x + y * y + z * z).double() <= NEAR_ORIGIN
    farthest = torch.full_like(x, 1e10).masked_fill_(padding, -1.0)
    taken = torch.zeros(len(points), count, dtype=torch.int64, device=points.device)
    for step in range(1, count):
        last = taken[:, step - 1 : step]
        dx, dy, dz = (axis - axis.gather(1, last) for axis in (x, y, z))
        distance = dx.mul_(dx).add_(dy.mul_(dy)).add_(dz.mul_(dz))
        torch.minimum(farthest, distance, out=farthest)
        taken[:, step] = farthest.argmax(dim=1)
    return order[taken]


def _tie_order(count: int) -> Tensor:
    """Return the order (count,) of preference among points at equal distance.

    On CUDA, thread t scans points t, t + T, ... and keeps the first maximum. The threads are then
    compared in pairs, which halves their number in each step. The threads with the most trailing
    zero bits win ties.
    """
    bits = min(_THREADS, 1 << (count.bit_length() - 1)).bit_length() - 1
    index = torch.arange(count)
    reversed_thread = sum(((index >> bit) & 1) << (bits - 1 - bit) for bit in range(bits))
    return torch.argsort(torch.zeros_like(index) + reversed_thread, stable=True)


@torch.no_grad()
def ball_query(radius: float, samples: int, points: Tensor, centres: Tensor) -> Tensor:
    """Return indices (B, m, samples) of the first points within a radius of each centre.

    The order is that of the points, not of the distance. If there are fewer points, the first
    index repeats. If there is none, the indices are 0.

    Args:
        radius: Radius in metres; points at exactly this distance are outside.
        samples: Number of neighbours per centre.
        points: (B, N, 3) points in metres.
        centres: (B, m, 3) centres in metres.
    """
    _require_points(points, 'points')
    _require_points(centres, 'centres')
    limit = torch.tensor(radius, dtype=points.dtype).square().item()
    parts = []
    for rows in _chunks(points, centres):
        hits = _squared_distances(rows, points) < limit
        row, column = hits.flatten(0, 1).nonzero(as_tuple=True)
        parts.append(_first(row, column, samples, rows.shape[:2]))
    return torch.cat(parts, dim=1) if parts else _no_rows(centres, samples)


@torch.no_grad()
def cylinder_query(
    cylinder: Cylinder, samples: int, points: Tensor, centres: Tensor, rotations: Tensor
) -> Tensor:
    """Return indices (B, m, depths, samples) of the first points in the cylinders of each centre.

    Order, repetition and missing points are as in `ball_query`. Points on the surface of a
    cylinder are outside.

    Args:
        cylinder: Cylinders; there is one depth per top.
        samples: Number of points per cylinder.
        points: (B, N, 3) points in metres.
        centres: (B, m, 3) centres in metres.
        rotations: (B, m, 3, 3) rotations; the columns are the axes of the cylinder frames.
    """
    _require_points(points, 'points')
    _require_points(centres, 'centres')
    around = _ball_around(cylinder)
    parts, start = [], 0
    for rows in _chunks(points, centres):
        frames = rotations[:, start : start + rows.shape[1]].flatten(0, 1)
        start += rows.shape[1]
        near = (_squared_distances(rows, points) < around).flatten(0, 1)
        row, column = near.nonzero(as_tuple=True)
        batch = row // rows.shape[1]
        local = _turned(points[batch, column] - rows.flatten(0, 1)[row], frames[row])
        inside = (
            _first(row[hit], column[hit], samples, rows.shape[:2])
            for hit in _in_cylinders(local, cylinder)
        )
        parts.append(torch.stack(list(inside), dim=2))
    empty = _no_rows(centres, samples)[:, :, None].expand(-1, -1, len(cylinder.tops), -1)
    return torch.cat(parts, dim=1) if parts else empty


@torch.no_grad()
def three_nearest(unknown: Tensor, known: Tensor) -> Nearest:
    """Return the three nearest known points of each unknown point; ties are resolved by index.

    Args:
        unknown: (B, n, 3) points in metres.
        known: (B, m, 3) points in metres; m is at least 1.

    Raises:
        ValueError: There is no known point.
    """
    _require_points(unknown, 'unknown')
    _require_points(known, 'known')
    if known.shape[1] < 1:
        raise ValueError('got 0 known points, expected 1 or more')
    parts = [_three(_squared_distances(rows, known)) for rows in _chunks(known, unknown)]
    if not parts:
        return Nearest(unknown, torch.zeros_like(unknown, dtype=torch.int64))
    squared, indices = (torch.cat(part, dim=1) for part in zip(*parts, strict=True))
    return Nearest(squared.sqrt(), indices)


def _three(squared: Tensor) -> Nearest:
    """Return the three smallest entries per row of (B, n, m), which is overwritten."""
    found = []
    for _ in range(3):
        index = squared.argmin(dim=2, keepdim=True)
        found.append((squared.gather(2, index), index))
        squared.scatter_(2, index, torch.inf)
    return Nearest(*(torch.cat(part, dim=2) for part in zip(*found, strict=True)))


def _require_points(points: Tensor, what: str) -> None:
    if points.ndim != 3 or points.shape[2] != 3:
        raise ValueError(f'{what} have shape {tuple(points.shape)}, expected (batch, count, 3)')


def _chunks(points: Tensor, centres: Tensor) -> Iterator[Tensor]:
    """Yield chunks of the centres such that at most `_AT_ONCE` distances are stored."""
    step = max(1, _AT_ONCE // max(1, points.shape[0] * points.shape[1]))
    for start in range(0, centres.shape[1], step):
        yield centres[:, start : start + step]


def _squared_distances(centres: Tensor, points: Tensor) -> Tensor:
    """Return (B, m, N) with the rounding of the CUDA kernels: differences first, no fused FMA."""
    apart = centres[:, :, None, 0] - points[:, None, :, 0]
    total = apart.mul_(apart)
    for axis in (1, 2):
        apart = centres[:, :, None, axis] - points[:, None, :, axis]
        total = total.add_(apart.mul_(apart))
    return total


def _first(row: Tensor, column: Tensor, samples: int, shape: Sequence[int]) -> Tensor:
    """Return the first columns of each row, shape + (samples,), from ordered pairs."""
    rows = shape[0] * shape[1]
    count = torch.bincount(row, minlength=rows)
    rank = torch.arange(len(row), device=row.device) - (count.cumsum(0) - count)[row]
    used = rank < samples
    found = torch.zeros(rows, samples, dtype=torch.int64, device=row.device)
    found[row[used], rank[used]] = column[used]
    missing = torch.arange(samples, device=row.device) >= count[:, None]
    return torch.where(missing, found[:, :1], found).reshape(*shape, samples)


def _no_rows(centres: Tensor, samples: int) -> Tensor:
    empty = (len(centres), 0, samples)
    return torch.zeros(empty, dtype=torch.int64, device=centres.device)


def _turned(apart: Tensor, frames: Tensor) -> tuple[Tensor, ...]:
    """Return the coordinates, (n,) each, of vectors (n, 3) in frames (n, 3, 3)."""
    x, y, z = apart.unbind(dim=1)
    return tuple(x * frames[:, 0, k] + y * frames[:, 1, k] + z * frames[:, 2, k] for k in range(3))


def _ball_around(cylinder: Cylinder) -> float:
    """Return the squared radius of a bounding ball of the cylinders, with a rounding margin."""
    farthest = max(abs(height) for height in (cylinder.bottom, *cylinder.tops))
    return (cylinder.radius**2 + farthest**2) * (1 + _SLACK)


def _in_cylinders(local: tuple[Tensor, ...], cylinder: Cylinder) -> Iterator[Tensor]:
    """Yield the mask of inner points for each cylinder."""
    x, y, z = local
    limit = torch.tensor(cylinder.radius, dtype=x.dtype).square().item()
    beside = (y * y + z * z < limit) & (x > cylinder.bottom)
    for top in cylinder.tops:
        yield beside & (x < top)
