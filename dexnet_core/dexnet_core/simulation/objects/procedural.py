"""Procedural objects of many shapes, 2 to 20 cm long.

Each family is a function that maps a random generator to a shape in metres. The name of an object
consists of its family, seed and number. Equal names always give equal meshes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast, NamedTuple

from dexnet_core.geometry.transform import circle
from dexnet_core.simulation.objects.grasp_object import grasp_object, GraspObject, Split, split_of
from dexnet_core.simulation.objects.pieces import ring_pieces, shell_pieces, tray_pieces
import numpy as np
from shapely.geometry import box as rectangle
from shapely.geometry import LineString, Point, Polygon
import trimesh
from trimesh import creation
from trimesh.transformations import euler_matrix

Rng = np.random.Generator
Solids = Sequence[trimesh.Trimesh]


class Shape(NamedTuple):
    """Parts of an object, before `grasp_object` unites and checks them.

    Attributes:
        solids: Meshes of the boolean union.
        cuts: Meshes that are subtracted from the union.
        pieces: Convex collision meshes of a hollow object; default is `solids`.
    """

    solids: Solids
    cuts: Solids = ()
    pieces: Solids = ()


_SECTIONS = 48
_RING = 12
"""Number of convex pieces around a pipe."""
_BANDS = [1, 5, 8, 11]
"""Indices of the profile points of a bowl that bound its convex wall pieces."""
LONGEST = (0.02, 0.20)
"""Minimum and maximum length of an object in metres."""


def procedural_object(index: int, seed: int = 0) -> GraspObject:
    """Return object `index` of the unlimited series of a seed."""
    rng = np.random.default_rng((seed, index))
    shape = FAMILIES[_family(index)](rng)
    return grasp_object(_name(index, seed), *_resized(shape))


class ProceduralObjects(Sequence[GraspObject]):
    """The first `count` objects of a series, or those of one split; created on first access."""

    def __init__(self, count: int, seed: int = 0, split: Split | None = None) -> None:
        """Select the objects of a split; None selects all splits."""
        self._seed = seed
        self._indices = [
            index
            for index in range(count)
            if split is None or split_of(_name(index, seed)) is split
        ]
        self._made: dict[int, GraspObject] = {}

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, place: int) -> GraspObject:  # type: ignore[override]
        """Return the object at an index; slices are not supported."""
        index = self._indices[place]
        if index not in self._made:
            self._made[index] = procedural_object(index, self._seed)
        return self._made[index]


def _family(index: int) -> str:
    families = list(FAMILIES)
    return families[index % len(families)]


def _name(index: int, seed: int) -> str:
    return f'{_family(index)}_{seed}_{index:05d}'


def _resized(shape: Shape) -> Shape:
    """Scale all meshes by one factor such that the longest side is within LONGEST."""
    bounds = np.concatenate([solid.bounds for solid in shape.solids])
    longest = float(np.ptp(bounds, axis=0).max())
    scale = np.clip(longest, *LONGEST) / longest
    return Shape(*([mesh.apply_scale(scale) for mesh in meshes] for meshes in shape))


def _moved(mesh: trimesh.Trimesh, x: float = 0, y: float = 0, z: float = 0) -> trimesh.Trimesh:
    moved: trimesh.Trimesh = mesh.apply_translation((x, y, z))
    return moved


def _turned(mesh: trimesh.Trimesh, a: float = 0, b: float = 0, c: float = 0) -> trimesh.Trimesh:
    return mesh.apply_transform(euler_matrix(a, b, c))


def _lathe(profile: Sequence[tuple[float, float]]) -> trimesh.Trimesh:
    """Revolve a profile of (radius, height) about z; it starts and ends on the axis."""
    return creation.revolve(np.asarray(profile, float), sections=_SECTIONS)


def _box(rng: Rng) -> Shape:
    x, y, z = np.sort(rng.uniform(0.02, 0.18, 3) * [1, 0.8, 0.6])[::-1]
    bevel = rng.choice([0.0, 0.08, 0.2]) * z
    if bevel == 0:
        return Shape([creation.box((x, y, z))])
    corners = [creation.box(np.array((x, y, z)) - np.roll((0, 2, 2), k) * bevel) for k in range(3)]
    joined = cast('trimesh.Trimesh', trimesh.util.concatenate(corners))
    return Shape([joined.convex_hull])


def _plate(rng: Rng) -> Shape:
    x, y, z = rng.uniform(0.05, 0.18), rng.uniform(0.03, 0.12), rng.uniform(0.002, 0.008)
    cuts = []
    for _ in range(rng.integers(0, 4)):
        hole = creation.cylinder(rng.uniform(0.003, 0.012), 3 * z, sections=32)
        cuts.append(_moved(hole, rng.uniform(-0.4, 0.4) * x, rng.uniform(-0.4, 0.4) * y))
    return Shape([creation.box((x, y, z))], cuts)


def _cylinder(rng: Rng) -> Shape:
    radius, height = rng.uniform(0.008, 0.05), rng.uniform(0.01, 0.18)
    return Shape([creation.cylinder(radius, height, sections=_SECTIONS)])


def _bottle(rng: Rng) -> Shape:
    r, h = rng.uniform(0.015, 0.045), rng.uniform(0.08, 0.20)
    neck, shoulder, cap = rng.uniform(0.25, 0.7), rng.uniform(0.55, 0.8), rng.uniform(1.0, 1.3)
    waist = rng.uniform(0.85, 1.0)
    profile = [
        (0, 0), (0.9 * r, 0), (r, 0.03 * h), (r, 0.2 * h), (waist * r, 0.35 * h), (r, 0.5 * h),
        (r, shoulder * h), (neck * r, 0.88 * h), (neck * cap * r, 0.89 * h),
        (neck * cap * r, h), (0, h),
    ]  # fmt: skip
    return Shape([_lathe(profile)])


def _cup(rng: Rng) -> Shape:
    r, h, wall = rng.uniform(0.025, 0.045), rng.uniform(0.05, 0.11), rng.uniform(0.002, 0.005)
    base = r * rng.uniform(0.7, 1.0)
    outer = _lathe([(0, 0), (base, 0), (r, h), (0, h)])
    inner = _lathe([(0, wall), (base - wall, wall), (r - wall, 1.1 * h), (0, 1.1 * h)])
    solids = [outer]
    if rng.random() < 0.6:
        ring = _turned(creation.torus(0.28 * h, 0.06 * h, 24, 12), np.pi / 2)
        solids.append(_moved(ring, r * 0.92 + 0.12 * h, 0, h / 2))
    hollow = shell_pieces([(base, 0), (r, h)], [(base - wall, wall), (r - wall, h)], wall)
    return Shape(solids, [inner], [*hollow, *(part.convex_hull for part in solids[1:])])


def _bowl(rng: Rng) -> Shape:
    r, depth, wall = rng.uniform(0.04, 0.09), rng.uniform(0.4, 0.8), rng.uniform(0.003, 0.006)
    angle = np.linspace(0, np.pi / 2, 12)
    arc = np.column_stack([r * np.sin(angle), depth * r * (1 - np.cos(angle))])
    inner = arc * (1 - wall / r) + [0, wall]
    outer = _lathe([*map(tuple, arc), (0, depth * r)])
    hollow = shell_pieces(arc[_BANDS], np.minimum(inner[_BANDS], (r, depth * r)), wall)
    return Shape([outer], [_lathe([*map(tuple, inner), (inner[-1][0], r), (0, r)])], hollow)


def _tray(rng: Rng) -> Shape:
    x, y, z = rng.uniform(0.05, 0.18), rng.uniform(0.04, 0.13), rng.uniform(0.015, 0.06)
    wall = rng.uniform(0.002, 0.005)
    inner = creation.box((x - 2 * wall, y - 2 * wall, z))
    hollow = tray_pieces((x, y, z), wall, wall)
    return Shape([creation.box((x, y, z))], [_moved(inner, z=wall)], hollow)


def _bracket(rng: Rng) -> Shape:
    a, b, w = rng.uniform(0.03, 0.12), rng.uniform(0.02, 0.09), rng.uniform(0.015, 0.06)
    t = rng.uniform(0.003, 0.012)
    foot = _moved(creation.box((a, w, t)), a / 2, 0, t / 2)
    walls = [_moved(creation.box((t, w, b)), t / 2, 0, b / 2)]
    if rng.random() < 0.4:
        walls.append(_moved(creation.box((t, w, b)), a - t / 2, 0, b / 2))
    hole = creation.cylinder(min(w, a) * rng.uniform(0.08, 0.2), 4 * t, sections=32)
    return Shape([foot, *walls], [_moved(hole, 0.6 * a)] if rng.random() < 0.6 else [])


def _hammer(rng: Rng) -> Shape:
    length, r = rng.uniform(0.10, 0.19), rng.uniform(0.006, 0.012)
    head = creation.box(rng.uniform((0.015, 0.04, 0.015), (0.03, 0.08, 0.03)))
    handle = _turned(creation.cylinder(r, length, sections=24), 0, np.pi / 2)
    return Shape([handle, _moved(head, x=length / 2)])


def _screwdriver(rng: Rng) -> Shape:
    length, r = rng.uniform(0.09, 0.19), rng.uniform(0.008, 0.016)
    grip = creation.cylinder(r, 0.45 * length, sections=int(rng.choice([6, 8, 32])))
    shaft = _moved(creation.cylinder(0.3 * r, 0.6 * length, sections=16), z=0.5 * length)
    return Shape([grip, shaft])


def _wrench(rng: Rng) -> Shape:
    length, t = rng.uniform(0.08, 0.19), rng.uniform(0.004, 0.012)
    width = length * rng.uniform(0.08, 0.16)
    ends = [Point(x, 0).buffer(width * rng.uniform(0.8, 1.3)) for x in (0, length)]
    holes = [Point(x, 0).buffer(width * rng.uniform(0.3, 0.6)) for x in (0, length)]
    bar = LineString([(0, 0), (length, 0)]).buffer(width / 2)
    jaw = rectangle(length, -width * 0.4, length + 3 * width, width * 0.4)
    solids = [creation.extrude_polygon(shape, t) for shape in (bar, *ends)]
    cuts = [creation.extrude_polygon(s, 3 * t) for s in (*holes, jaw)]
    return Shape(solids, [_moved(cut, z=-t) for cut in cuts])


def _ellipsoid(rng: Rng) -> Shape:
    """Return a superellipsoid, from the shape of a pebble to that of a bar of soap."""
    sphere = creation.icosphere(subdivisions=3)
    power = rng.uniform(0.4, 1.2)
    points = np.sign(sphere.vertices) * np.abs(sphere.vertices) ** power
    points *= rng.uniform((0.02, 0.015, 0.01), (0.08, 0.05, 0.04))
    return Shape([trimesh.convex.convex_hull(points)])


def _capsule(rng: Rng) -> Shape:
    height, radius = rng.uniform(0.02, 0.12), rng.uniform(0.008, 0.035)
    return Shape([creation.capsule(height=height, radius=radius, count=[24, 24])])


def _prism(rng: Rng) -> Shape:
    """Return a polygonal or toothed disc: gears, knobs, nuts."""
    corners = int(rng.integers(3, 16))
    r, notch = rng.uniform(0.015, 0.06), rng.choice([1.0, 1.0, rng.uniform(0.6, 0.95)])
    angle = np.linspace(0, 2 * np.pi, 2 * corners, endpoint=False)
    radius = np.where(np.arange(2 * corners) % 2, notch * r * np.cos(np.pi / 2 / corners), r)
    outline = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    height = rng.uniform(0.005, 0.06)
    bore = r * rng.uniform(0.15, 0.45)
    solid = creation.extrude_polygon(Polygon(outline), height)
    if rng.random() >= 0.5:
        return Shape([solid])
    hole = creation.cylinder(bore, 3 * height, sections=32)
    return Shape([solid], [hole], ring_pieces(outline, bore, height, 0.0))


def _pipe(rng: Rng) -> Shape:
    r, height = rng.uniform(0.012, 0.05), rng.uniform(0.01, 0.15)
    bore = r * rng.uniform(0.5, 0.92)
    solid, hole = (
        creation.cylinder(radius, length, sections=_SECTIONS)
        for radius, length in ((r, height), (bore, 2 * height))
    )
    return Shape([solid], [hole], ring_pieces(r * circle(_RING), bore, height, -height / 2))


def _cone(rng: Rng) -> Shape:
    base, top, height = rng.uniform(0.02, 0.06), rng.uniform(0.002, 0.03), rng.uniform(0.03, 0.15)
    return Shape([_lathe([(0, 0), (base, 0), (top, height), (0, height)])])


def _composition(rng: Rng) -> Shape:
    """Return a union of a few overlapping primitives: toys, castings, figures."""
    solids: list[trimesh.Trimesh] = []
    for _ in range(rng.integers(2, 6)):
        family = _PRIMITIVES[rng.integers(len(_PRIMITIVES))]
        part = family(rng).solids[0].apply_scale(rng.uniform(0.3, 0.8))
        _turned(part, *rng.choice([0, 0, np.pi / 2, rng.uniform(0, np.pi)], 3))
        if solids:
            seat = solids[rng.integers(len(solids))]
            corner = seat.vertices[rng.integers(len(seat.vertices))]
            part.apply_translation(0.75 * corner + 0.25 * seat.centroid - part.centroid)
        solids.append(part)
    return Shape(solids)


_PRIMITIVES = (_box, _cylinder, _ellipsoid, _capsule, _cone, _prism)

FAMILIES: dict[str, Callable[[Rng], Shape]] = {
    'box': _box,
    'plate': _plate,
    'cylinder': _cylinder,
    'bottle': _bottle,
    'cup': _cup,
    'composition': _composition,
    'bowl': _bowl,
    'tray': _tray,
    'bracket': _bracket,
    'hammer': _hammer,
    'carton': _box,
    'screwdriver': _screwdriver,
    'wrench': _wrench,
    'ellipsoid': _ellipsoid,
    'casting': _composition,
    'capsule': _capsule,
    'prism': _prism,
    'pipe': _pipe,
    'cone': _cone,
}
"""Families in the order of the series, which repeats them."""
