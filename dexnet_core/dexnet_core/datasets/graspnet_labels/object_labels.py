"""Grasp labels of one object: which of the grasps at its points hold, and how well.

The label pipeline of GraspNet-1Billion (Fang et al., CVPR 2020, section 3.2) with these
differences. The published widths and force closures come from a signed distance field and were
scored by Dex-Net's code; here the exact mesh is used: rays find the two contacts on the line
between the fingertips, and its triangles give the normals. A contact counts where a finger meets
the outside of the surface, so that a jaw within a wall holds nothing. And a grasp whose jaw hits
the object however wide it is opened is not scored at all, since it cannot be carried out; nor is
one that holds hardly any surface, which the benchmark of GraspNet-1Billion counts as empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dexnet_core.datasets.graspnet_files.set_contents import ObjectLabels
from dexnet_core.datasets.graspnet_files.set_layout import GRASPS
from dexnet_core.datasets.graspnet_labels.label_jaw import (
    all_rotations,
    DEPTHS,
    LabelJaw,
    point_grasps,
)
from dexnet_core.datasets.graspnet_labels.openings import free_openings
from dexnet_core.datasets.graspnet_labels.surface_grid import surface_grid
from dexnet_core.planning.graspnet.stages import ANGLES
from dexnet_core.simulation.jaw.antipodal import object_surfaces
from dexnet_core.simulation.jaw.jaw_contact import needed_friction, OpenJaws, Surfaces
from dexnet_core.simulation.objects.grasp_object import GraspObject
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
import trimesh

Floats = NDArray[np.floating]

NOT_GRASPABLE = -1.0
"""Score where no friction coefficient that is tried holds."""
_FRICTIONS = 10
"""Tried: 0.1, 0.2, ... 1.0."""
_ON_SURFACE = 0.005
_INSIDE = 0.01
"""Metres between the points that fill an object; less than a finger is thick."""


@dataclass(frozen=True)
class LabelSettings:
    """What is labelled.

    Attributes:
        spacing: Metres between the points of an object, about.
        most_points: Points of an object, at most; a larger one has them farther apart.
        fewest_inside: A jaw is empty with the surface in fewer cubes of 8 mm between its fingers;
            0 keeps grasps on things as thin as a pen, which the benchmark never counts as good.
        jaw: What grasps.

    Raises:
        ValueError: A number is too small.
    """

    spacing: float = 0.01
    most_points: int = 300
    fewest_inside: int = 10
    jaw: LabelJaw = field(default_factory=LabelJaw)

    def __post_init__(self) -> None:
        if not (self.spacing > 0 and self.most_points > 0):
            raise ValueError(
                f'spacing and most_points are {self.spacing} and {self.most_points}, expected > 0'
            )
        if self.fewest_inside < 0:
            raise ValueError(f'fewest_inside is {self.fewest_inside}, expected >= 0')


def filling_points(thing: GraspObject, seed: int) -> NDArray[np.float64]:
    """Return (n, 3) metres in the object's frame: points that no finger passes between.

    They lie on the surface, and on a grid inside, so that a jaw within a large body is found.
    """
    mesh = thing.mesh
    surface = _spread(thing, int(mesh.area / _ON_SURFACE**2) + 1, seed)
    sides = (np.arange(low + _INSIDE / 2, high, _INSIDE) for low, high in mesh.bounds.T)
    grid = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 3)
    return np.concatenate([surface, grid[mesh.contains(grid)]])


def label_object(thing: GraspObject, settings: LabelSettings, seed: int) -> ObjectLabels:
    """Return the grasp labels of an object; the same seed gives the same.

    Args:
        thing: The object.
        settings: How many points, and the jaw.
        seed: Decides the points.
    """
    count = min(settings.most_points, int(thing.mesh.area / settings.spacing**2) + 1)
    points = _spread(thing, count, seed).astype(np.float32)
    filling = filling_points(thing, seed)
    surfaces = object_surfaces(thing.mesh)
    tree, grid = cKDTree(filling), surface_grid(thing.mesh, seed)
    openings = np.zeros((len(points), *GRASPS), np.float32)
    scores = np.zeros_like(openings)
    for k, point in enumerate(points):
        near = filling[tree.query_ball_point(point, settings.jaw.reach)] - point
        openings[k] = free_openings(near, settings.jaw)
        scores[k] = friction_scores(surfaces, point, openings[k])
        scores[k][is_empty(grid - point, openings[k], scores[k], settings)] = NOT_GRASPABLE
    return ObjectLabels(points, offsets_of(openings), openings == 0, scores)


def is_empty(
    grid: Floats, openings: Floats, scores: Floats, settings: LabelSettings
) -> NDArray[np.bool_]:
    """Return (VIEWS, ANGLES, DEPTHS) which of the scored grasps hold hardly any surface.

    Args:
        grid: (m, 3) metres from the grasp point: one point of the surface in each cube of 8 mm.
        openings: (VIEWS, ANGLES, DEPTHS) metres.
        scores: (VIEWS, ANGLES, DEPTHS); what is not above 0 is not looked at.
        settings: What grasps, and when it is empty.
    """
    jaw = settings.jaw
    empty = np.zeros(scores.shape, bool)
    places = np.nonzero(scores > 0)
    grasps = point_grasps(places, openings[places])
    near = grid[np.einsum('mi,mi->m', grid, grid) < jaw.reach**2]
    x, y, z = grasps.local(near)
    between = (x > jaw.finger_start) & (x < grasps.tips[:, None]) & (np.abs(z) < jaw.height / 2)
    between &= np.abs(y) <= grasps.half[:, None]
    empty[places] = np.count_nonzero(between, axis=1) < settings.fewest_inside
    return empty


def offsets_of(openings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (P, VIEWS, ANGLES, DEPTHS, 3) turn, depth and width of grasps with these widths."""
    turns = np.arange(ANGLES)[:, None] * (np.pi / ANGLES)
    parts = (turns, np.array(DEPTHS), openings)
    shared = np.broadcast_arrays(*(np.asarray(part, np.float32) for part in parts))
    return np.stack(shared, axis=-1)


def friction_scores(
    surfaces: Surfaces, point: Floats, openings: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return (VIEWS, ANGLES, DEPTHS) least friction coefficient with which each grasp holds.

    Args:
        surfaces: Of the object, in its frame.
        point: (3,) metres.
        openings: (VIEWS, ANGLES, DEPTHS) metres; 0 where there is no grasp.

    Returns:
        float32 0.1, 0.2, ... 1.0; NOT_GRASPABLE where a finger touches nothing or more is needed.
    """
    scores = np.full(openings.shape, NOT_GRASPABLE, np.float32)
    view, turn, depth = np.nonzero(openings)
    rotations = all_rotations()[view, turn].astype(float)
    middles = point + np.array(DEPTHS)[depth, None] * rotations[:, :, 0]
    jaws = OpenJaws(middles, rotations[:, :, 1], openings[view, turn, depth].astype(float))
    needed = np.ceil(needed_friction(surfaces, jaws) * _FRICTIONS - 1e-6).clip(min=1)
    scores[view, turn, depth] = np.where(needed <= _FRICTIONS, needed / _FRICTIONS, NOT_GRASPABLE)
    return scores


def _spread(thing: GraspObject, count: int, seed: int) -> NDArray[np.float64]:
    """Return about `count` points evenly on the surface."""
    points, _ = trimesh.sample.sample_surface(thing.mesh, 4 * count, seed=seed)
    radius = np.sqrt(thing.mesh.area / (2 * count))
    return np.array(trimesh.points.remove_close(points, radius)[0][:count])
