"""The closed bodies of a mesh as people export it: small faults mended, cavities filled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast, NamedTuple

import numpy as np
from numpy.typing import NDArray
import trimesh

_WELDS = (None, 6, 5)
"""Decimals of a metre that corners are the same to: those of trimesh first."""
_LITTLE = 0.02
"""Share of the surface that may be missing, or be of parts that are not closed."""


class Bodies(NamedTuple):
    """The parts of a mesh.

    Attributes:
        solids: Closed, with outward normals; they may overlap.
        repairs: What was changed about the shape, in words; empty if nothing.
    """

    solids: list[trimesh.Trimesh]
    repairs: list[str]


class _Welded(NamedTuple):
    """A mesh by its places alone, in connected parts."""

    parts: list[trimesh.Trimesh]
    repairs: list[str]

    @property
    def closed(self) -> bool:
        return bool(self.parts) and all(part.is_watertight for part in self.parts)


def closed_bodies(mesh: trimesh.Trimesh) -> Bodies:
    """Return the closed bodies of a mesh in metres.

    Corners that differ in texture or normals only are one, and faces without area or that are
    there twice do not count. Holes and open parts of little area are closed, or left out. A
    closed cavity inside a body is filled: no gripper gets there.

    Raises:
        ValueError: The mesh is not closed.
    """
    tried = []
    for welded in _weldings(mesh):
        if welded.closed:
            break
        tried.append(welded)
    else:
        welded = _mended(tried[0])
    solids, cavities = _without_cavities(welded.parts)
    return Bodies(solids, [*welded.repairs, *_said(cavities, 'filled {} closed {}', 'cavity')])


def _weldings(mesh: trimesh.Trimesh) -> Iterator[_Welded]:
    """Yield ever bolder ways to take corners and faces for the same."""
    for digits in _WELDS:
        plain = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
        plain.merge_vertices(digits_vertex=digits)
        corners = np.sort(plain.faces, axis=1)
        plain.update_faces((corners[:, 1:] != corners[:, :-1]).all(axis=1))
        said = [] if digits is None else [f'joined corners within {10.0**-digits:g} m']
        once = plain.unique_faces()
        for kept, what in ((once, 'twice'), (once & ~_cancelled(plain), 'between bodies')):
            chosen = plain.copy()
            chosen.update_faces(kept)
            chosen.remove_unreferenced_vertices()
            gone = _said(int((~kept).sum()), f'took away {{}} {{}} {what}', 'face')
            yield _Welded(list(chosen.split(only_watertight=False, repair=False)), [*said, *gone])
        yield _Welded(_in_order(plain), said)


def _in_order(mesh: trimesh.Trimesh) -> list[trimesh.Trimesh]:
    """Return bodies that follow each other in a file, which may touch each other."""
    loose: set[tuple[int, int]] = set()
    ends = []
    for number, edges in enumerate(mesh.edges_sorted.reshape(-1, 3, 2).tolist(), start=1):
        loose ^= set(map(tuple, edges))
        if not loose:
            ends.append(number)
    groups = np.split(np.arange(len(mesh.faces)), ends)
    bodies = [mesh.submesh([group], append=True, repair=False) for group in groups if len(group)]
    return cast('list[trimesh.Trimesh]', bodies)  # joined, so never lists of meshes


def _cancelled(mesh: trimesh.Trimesh) -> NDArray[np.bool_]:
    """Return (n,) which faces are there as often one way round as the other."""
    order = np.argsort(mesh.faces, axis=1)
    turn = np.where(np.isin((order[:, 1] - order[:, 0]) % 3, 1), 1, -1)
    _, group = np.unique(np.sort(mesh.faces, axis=1), axis=0, return_inverse=True)
    cancelled: NDArray[np.bool_] = np.bincount(group.ravel(), turn)[group.ravel()] == 0
    return cancelled


def _mended(welded: _Welded) -> _Welded:
    """Close little holes, and leave out what is little and open."""
    area = sum(part.area for part in welded.parts)
    filled = [_filled(part, _LITTLE * area) for part in welded.parts]
    closed = [part for part in filled if part.is_watertight]
    left_out = sum(part.area for part in filled if not part.is_watertight)
    if not closed or left_out > _LITTLE * area:
        raise ValueError(_why_open([part for part in welded.parts if not part.is_watertight]))
    holes = sum(new is not old for new, old in zip(filled, welded.parts, strict=True))
    repairs = [
        *welded.repairs,
        *_said(holes, 'closed small holes of {} {}', 'part'),
        *_said(len(filled) - len(closed), 'left out {} open {}', 'part'),
    ]
    return _Welded(closed, repairs)


def _filled(part: trimesh.Trimesh, most: float) -> trimesh.Trimesh:
    """Return a part with its holes closed, if that takes no more than an area."""
    if part.is_watertight:
        return part
    whole = part.copy()
    trimesh.repair.fix_winding(whole)
    trimesh.repair.fill_holes(whole, use_fan=True)
    return whole if whole.is_watertight and whole.area - part.area <= most else part


def _why_open(parts: list[trimesh.Trimesh]) -> str:
    loose = sum(len(trimesh.grouping.group_rows(part.edges_sorted, 1)) for part in parts)
    why = f'{_many(loose, "edge")} of one face only' if loose else 'edges of more than two faces'
    return (
        f'is not watertight ({why}), so it has no volume and no centre of mass: close its holes, '
        'and give thin sheets a thickness'
    )


def _without_cavities(parts: list[trimesh.Trimesh]) -> tuple[list[trimesh.Trimesh], int]:
    """Turn bodies outside out; return them without cavities of others, and how many those are."""
    inward = [part.is_winding_consistent and part.volume < 0 for part in parts]
    for part in parts:
        trimesh.repair.fix_normals(part)
    solids = [
        part
        for part, turned in zip(parts, inward, strict=True)
        if not any(
            turned != other_turned and _inside(part, other)
            for other, other_turned in zip(parts, inward, strict=True)
            if other is not part
        )
    ]
    return solids, len(parts) - len(solids)


def _inside(part: trimesh.Trimesh, other: trimesh.Trimesh) -> bool:
    """Return whether a closed body lies in another that it does not cut."""
    low, high = other.bounds
    if (part.bounds < low).any() or (part.bounds > high).any():
        return False
    return bool(other.contains(part.vertices[:1])[0])


def _said(count: int, text: str, what: str) -> list[str]:
    """Return a text with a number and what is counted; nothing for none."""
    return [text.format(*_many(count, what).split())] if count else []


def _many(count: int, what: str) -> str:
    plural = f'{what[:-1]}ies' if what.endswith('y') else f'{what}s'
    return f'{count} {what if count == 1 else plural}'
