"""Grasp labels of one object: scores of the candidate grasps at its points.

This is the label pipeline of GraspNet-1Billion (Fang et al., CVPR 2020, section 3.2) with these
differences:

- The published widths and force closures come from a signed distance field and Dex-Net's code.
  Here rays on the exact mesh find the two contacts on the line between the fingertips, and the
  triangles give the normals.
- A contact is valid only if the finger meets the outside of the surface. A jaw inside a wall
  therefore has no contact.
- A grasp has no score if its jaw collides with the object at every opening, because it cannot be
  executed.
- A grasp has no score if there is hardly any surface between the fingers. The benchmark of
  GraspNet-1Billion counts such grasps as empty.
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
"""Score of a grasp that holds at none of the tested friction coefficients."""
_FRICTIONS = 10
"""Number of tested friction coefficients: 0.1, 0.2, ... 1.0."""
_ON_SURFACE = 0.005
_INSIDE = 0.01
"""Spacing of the grid inside an object in metres; not more than the finger thickness."""


@dataclass(frozen=True)
class LabelSettings:
    """Settings of the grasp labels.

    Attributes:
        spacing: Approximate distance between the grasp points of an object in metres.
        most_points: Maximum number of grasp points; large objects have a larger spacing.
        fewest_inside: Minimum number of 8 mm cubes with surface between the fingers; with fewer,
            a grasp is empty. 0 keeps grasps on objects as thin as a pen, which the benchmark
            never counts as good.
        jaw: Jaw model.

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
    """Return points (n, 3) in metres that fill an object more densely than a finger is thick.

    The points are in the object's frame, on the surface and on a grid inside. The grid detects a
    jaw inside a large body.
    """
    mesh = thing.mesh
    surface = _spread(thing, int(mesh.area / _ON_SURFACE**2) + 1, seed)
    sides = (np.arange(low + _INSIDE / 2, high, _INSIDE) for low, high in mesh.bounds.T)
    grid = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 3)
    return np.concatenate([surface, grid[mesh.contains(grid)]])


def label_object(thing: GraspObject, settings: LabelSettings, seed: int) -> ObjectLabels:
    """Return the grasp labels of an object; equal seeds give equal labels.

    Args:
        thing: The object.
        settings: Settings of the labels.
        seed: Seed of the point sampling.
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
    """Return the mask (VIEWS, ANGLES, DEPTHS) of scored grasps with hardly any surface inside.

    Args:
        grid: (m, 3) surface points in metres relative to the grasp point, one per 8 mm cube.
        openings: (VIEWS, ANGLES, DEPTHS) openings in metres.
        scores: (VIEWS, ANGLES, DEPTHS) scores; grasps without a positive score are not checked.
        settings: Jaw model and threshold.
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
    """Return turn, depth and width (P, VIEWS, ANGLES, DEPTHS, 3) for openings of that shape."""
    turns = np.arange(ANGLES)[:, None] * (np.pi / ANGLES)
    parts = (turns, np.array(DEPTHS), openings)
    shared = np.broadcast_arrays(*(np.asarray(part, np.float32) for part in parts))
    return np.stack(shared, axis=-1)


def friction_scores(
    surfaces: Surfaces, point: Floats, openings: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the minimum friction coefficient (VIEWS, ANGLES, DEPTHS) of each grasp at a point.

    Args:
        surfaces: Surface of the object in its frame.
        point: (3,) grasp point in metres.
        openings: (VIEWS, ANGLES, DEPTHS) openings in metres; 0 where there is no grasp.

    Returns:
        float32 0.1, 0.2, ... 1.0; NOT_GRASPABLE if a finger touches nothing or the grasp needs
        a higher coefficient.
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
    """Return up to `count` points (n, 3), evenly spaced on the surface."""
    points, _ = trimesh.sample.sample_surface(thing.mesh, 4 * count, seed=seed)
    radius = np.sqrt(thing.mesh.area / (2 * count))
    return np.array(trimesh.points.remove_close(points, radius)[0][:count])
