"""Closed bodies of an exported mesh: repairs small defects and fills cavities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast, NamedTuple

import numpy as np
from numpy.typing import NDArray
import trimesh

_WELDS = (None, 6, 5)
"""Decimal digits of a metre to which vertices are merged, in order; None: trimesh's default."""
_LITTLE = 0.02
"""Maximum fraction of the surface area that may be missing, or belong to open parts."""


class Bodies(NamedTuple):
    """The parts of a mesh.

    Attributes:
        solids: Closed meshes with outward normals; they may overlap.
        repairs: Descriptions of the changes of the shape; empty if there are none.
    """

    solids: list[trimesh.Trimesh]
    repairs: list[str]


class _Welded(NamedTuple):
    """A mesh with merged vertices, split into connected parts."""

    parts: list[trimesh.Trimesh]
    repairs: list[str]

    @property
    def closed(self) -> bool:
        return bool(self.parts) and all(part.is_watertight for part in self.parts)


def closed_bodies(mesh: trimesh.Trimesh) -> Bodies:
    """Return the closed bodies of a mesh in metres.

    Vertices that differ only in texture or normals are merged. Degenerate and duplicate faces are
    removed. Small holes are closed, and small open parts are removed. Closed cavities inside a
    body are filled, because no gripper can reach them.

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
    filled = _repair_note(cavities, 'filled {} closed {}', 'cavity')
    return Bodies(solids, [*welded.repairs, *filled])


def _weldings(mesh: trimesh.Trimesh) -> Iterator[_Welded]:
    """Yield variants of the mesh with increasingly tolerant merging of vertices and faces."""
    for digits in _WELDS:
        plain = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
        plain.merge_vertices(digits_vertex=digits)
        corners = np.sort(plain.faces, axis=1)
        plain.update_faces((corners[:, 1:] != corners[:, :-1]).all(axis=1))
        repairs = [] if digits is None else [f'merged vertices within {10.0**-digits:g} m']
        once = plain.unique_faces()
        for mask, template in (
            (once, 'removed {} duplicate {}'),
            (once & ~_cancelled(plain), 'removed {} {} between bodies'),
        ):
            chosen = plain.copy()
            chosen.update_faces(mask)
            chosen.remove_unreferenced_vertices()
            removed = _repair_note(int((~mask).sum()), template, 'face')
            parts = list(chosen.split(only_watertight=False, repair=False))
            yield _Welded(parts, [*repairs, *removed])
        yield _Welded(_in_order(plain), repairs)


def _in_order(mesh: trimesh.Trimesh) -> list[trimesh.Trimesh]:
    """Return consecutive closed groups of faces in file order; the bodies may touch."""
    loose: set[tuple[int, int]] = set()
    ends = []
    for number, edges in enumerate(mesh.edges_sorted.reshape(-1, 3, 2).tolist(), start=1):
        loose ^= set(map(tuple, edges))
        if not loose:
            ends.append(number)
    groups = np.split(np.arange(len(mesh.faces)), ends)
    bodies = [mesh.submesh([group], append=True, repair=False) for group in groups if len(group)]
    return cast('list[trimesh.Trimesh]', bodies)  # append=True never returns lists of meshes


def _cancelled(mesh: trimesh.Trimesh) -> NDArray[np.bool_]:
    """Return (n,) True for faces that occur equally often with both orientations."""
    order = np.argsort(mesh.faces, axis=1)
    turn = np.where(np.isin((order[:, 1] - order[:, 0]) % 3, 1), 1, -1)
    _, group = np.unique(np.sort(mesh.faces, axis=1), axis=0, return_inverse=True)
    cancelled: NDArray[np.bool_] = np.bincount(group.ravel(), turn)[group.ravel()] == 0
    return cancelled


def _mended(welded: _Welded) -> _Welded:
    """Close small holes and remove small open parts, or raise ValueError."""
    area = sum(part.area for part in welded.parts)
    filled = [_filled(part, _LITTLE * area) for part in welded.parts]
    closed = [part for part in filled if part.is_watertight]
    left_out = sum(part.area for part in filled if not part.is_watertight)
    if not closed or left_out > _LITTLE * area:
        raise ValueError(_why_open([part for part in welded.parts if not part.is_watertight]))
    holes = sum(new is not old for new, old in zip(filled, welded.parts, strict=True))
    repairs = [
        *welded.repairs,
        *_repair_note(holes, 'closed small holes of {} {}', 'part'),
        *_repair_note(len(filled) - len(closed), 'removed {} open {}', 'part'),
    ]
    return _Welded(closed, repairs)


def _filled(part: trimesh.Trimesh, most: float) -> trimesh.Trimesh:
    """Return a part with its holes closed if this adds at most `most` square metres."""
    if part.is_watertight:
        return part
    whole = part.copy()
    trimesh.repair.fix_winding(whole)
    trimesh.repair.fill_holes(whole, use_fan=True)
    return whole if whole.is_watertight and whole.area - part.area <= most else part


def _why_open(parts: list[trimesh.Trimesh]) -> str:
    loose = sum(len(trimesh.grouping.group_rows(part.edges_sorted, 1)) for part in parts)
    many = 'edges with more than two faces'
    why = f'{_counted(loose, "edge")} with only one face' if loose else many
    return (
        f'is not watertight ({why}), so it has no volume and no centre of mass: close its holes, '
        'and give thin sheets a thickness'
    )


def _without_cavities(parts: list[trimesh.Trimesh]) -> tuple[list[trimesh.Trimesh], int]:
    """Orient normals outwards and remove cavities; return the bodies and the cavity count."""
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
    """Return whether a closed body lies inside another body that it does not intersect."""
    low, high = other.bounds
    if (part.bounds < low).any() or (part.bounds > high).any():
        return False
    return bool(other.contains(part.vertices[:1])[0])


def _repair_note(count: int, template: str, noun: str) -> list[str]:
    """Return a template filled with a count and its noun; no text for a count of 0."""
    return [template.format(*_counted(count, noun).split())] if count else []


def _counted(count: int, noun: str) -> str:
    plural = f'{noun[:-1]}ies' if noun.endswith('y') else f'{noun}s'
    return f'{count} {noun if count == 1 else plural}'
