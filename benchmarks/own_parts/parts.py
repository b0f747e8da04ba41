"""Writes three parts of no procedural family as STL files: a bracket, a heat sink, a valve body.

    python benchmarks/own_parts/parts.py out/parts

Lengths are metres. Each part has flat places that a cup of 15 mm seals on, and many where
it does not: holes, fins and curved walls.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
import sys

import trimesh
from trimesh.creation import box, cylinder
from trimesh.transformations import rotation_matrix

SECTIONS = 64


def moved(mesh: trimesh.Trimesh, x: float, y: float, z: float) -> trimesh.Trimesh:
    """Return the mesh after a shift in metres."""
    return mesh.apply_translation((x, y, z))


def along_x(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    """Return a mesh that lay along z along x."""
    return mesh.apply_transform(rotation_matrix(1.5707963267948966, (0, 1, 0)))


def joined(solids: Iterable[trimesh.Trimesh], cuts: Iterable[trimesh.Trimesh]) -> trimesh.Trimesh:
    """Return the union of the solids without the cuts."""
    return trimesh.boolean.difference([trimesh.boolean.union(list(solids)), *cuts])


def perforated_bracket() -> trimesh.Trimesh:
    """Return an angle of two plates; one half of each has holes, the other is flat."""
    base = moved(box((0.10, 0.06, 0.004)), 0, 0, 0.002)
    wall = moved(box((0.004, 0.06, 0.06)), -0.048, 0, 0.03)
    holes = [
        moved(cylinder(0.004, 0.02, SECTIONS), x, y, 0)
        for x in (0.002, 0.015, 0.028, 0.041)
        for y in (-0.021, -0.007, 0.007, 0.021)
    ]
    side = [
        moved(along_x(cylinder(0.004, 0.02, SECTIONS)), -0.048, y, z)
        for y in (-0.021, -0.007, 0.007, 0.021)
        for z in (0.036, 0.05)
    ]
    return joined([base, wall], [*holes, *side])


def heat_sink() -> trimesh.Trimesh:
    """Return a plate with fins, flat below and on a boss in the middle of the fins."""
    base = moved(box((0.08, 0.08, 0.006)), 0, 0, 0.003)
    fins = [moved(box((0.003, 0.08, 0.022)), x / 1000, 0, 0.017) for x in range(-36, 37, 8)]
    room = moved(box((0.04, 0.04, 0.05)), 0, 0, 0.031)
    boss = moved(box((0.036, 0.036, 0.012)), 0, 0, 0.008)
    return trimesh.boolean.union([joined([base, *fins], [room]), boss])


def valve_body() -> trimesh.Trimesh:
    """Return a pipe with two flanges and an outlet that ends in a flat lid."""
    pipe = along_x(cylinder(0.017, 0.08, SECTIONS))
    flanges = [moved(box((0.006, 0.056, 0.056)), x, 0, 0) for x in (-0.04, 0.04)]
    outlet = moved(cylinder(0.02, 0.034, SECTIONS), 0, 0, 0.017)
    bolts = [
        moved(along_x(cylinder(0.0035, 0.2, SECTIONS)), 0, y, z)
        for y in (-0.021, 0.021)
        for z in (-0.021, 0.021)
    ]
    return joined([pipe, *flanges, outlet], bolts)


PARTS = (perforated_bracket, heat_sink, valve_body)


def main() -> None:
    """Write the parts to the folder that the command line names."""
    if len(sys.argv) != 2:
        raise SystemExit('usage: parts.py DIR')
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        part().export(folder / f'{part.__name__}.stl')


if __name__ == '__main__':
    main()
