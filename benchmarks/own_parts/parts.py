"""Writes parts of no procedural family as STL files, lengths in metres, in two folders.

    python benchmarks/own_parts/parts.py out/parts

`unusual`: a bracket, a heat sink and a valve body. Each has flat places that a cup of 15 mm seals
on, and many where it does not: holes, fins and curved walls.

`ribbed`: a lid, a knob and a scraper with ribs of 1 mm over a part of their faces, on which a cup
leaks. The ribs are as small as the noise of a depth camera, but each part has a shape that tells
which side is smooth.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
import sys

import trimesh
from trimesh.creation import box, cylinder
from trimesh.transformations import rotation_matrix

SECTIONS = 64
RIB, RIB_DEPTH = 0.004, 0.001


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


def ribs(first: float, last: float, *faces: float) -> list[trimesh.Trimesh]:
    """Return what is cut from faces at heights z for ribs along y, between two x."""
    count = round((last - first) / RIB)
    cut = (RIB / 2, 0.1, 2 * RIB_DEPTH)
    return [
        moved(box(cut), first + RIB * (number + 0.5), 0, z)
        for z in faces
        for number in range(count)
    ]


def ribbed_lid() -> trimesh.Trimesh:
    """Return a box with a lug; the third that is farthest from the lug is smooth."""
    body = moved(box((0.09, 0.06, 0.02)), 0, 0, 0.01)
    lug = moved(box((0.012, 0.02, 0.008)), -0.049, 0, 0.01)
    return joined([body, lug], ribs(-0.045, 0.009, 0, 0.02))


def ribbed_knob() -> trimesh.Trimesh:
    """Return a disc with a lug; the half that is farthest from the lug is smooth."""
    body = moved(cylinder(0.034, 0.024, sections=96), 0, 0, 0.012)
    lug = moved(box((0.016, 0.012, 0.010)), -0.038, 0, 0.012)
    return joined([body, lug], ribs(-0.034, 0.002, 0, 0.024))


def ribbed_scraper() -> trimesh.Trimesh:
    """Return a smooth blade with a ribbed grip."""
    grip = moved(box((0.07, 0.03, 0.012)), -0.035, 0, 0.006)
    blade = moved(box((0.05, 0.06, 0.012)), 0.02, 0, 0.006)
    return joined([grip, blade], ribs(-0.07, -0.002, 0, 0.012))


PARTS = {
    'unusual': (perforated_bracket, heat_sink, valve_body),
    'ribbed': (ribbed_lid, ribbed_knob, ribbed_scraper),
}


def main() -> None:
    """Write the parts to the folder that the command line names."""
    if len(sys.argv) != 2:
        raise SystemExit('usage: parts.py DIR')
    for name, parts in PARTS.items():
        folder = Path(sys.argv[1]) / name
        folder.mkdir(parents=True, exist_ok=True)
        for part in parts:
            part().export(folder / f'{part.__name__}.stl')


if __name__ == '__main__':
    main()
