"""Training targets of a GraspNet at its seed points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, overload

from dexnet_core.datasets.graspnet_files.label_matching import (
    best_angles,
    every_angle,
    matched_views,
    nearest_points,
    no_grasps,
    visible_rows,
)
from dexnet_core.datasets.graspnet_files.label_store import FRICTION_STEP, LabelStore, WIDTH_STEP
from dexnet_core.datasets.graspnet_files.set_layout import DEPTHS
from dexnet_core.planning.graspnet.approach_directions import grasp_views
from dexnet_core.planning.graspnet.stages import ANGLES, VIEWS
import numpy as np
from numpy.typing import NDArray
import torch

GOOD = 0.4
"""Maximum friction coefficient that a good grasp needs."""
_FACING = np.flatnonzero(grasp_views()[:, 2] <= -0.5)
"""Indices of the views within 60 degrees of the direction to the camera."""


class SeenObject(NamedTuple):
    """A visible object whose labels are used.

    Attributes:
        scene: Number of the scene.
        number: Object id.
        rotation: (3, 3) rotation in the cloud frame, including the reflection of a mirrored
            cloud.
        points: (P, 3) labelled points in the cloud frame in metres.
    """

    scene: int
    number: int
    rotation: NDArray[np.float64]
    points: NDArray[np.float64]


class Objects(NamedTuple):
    """A cloud and its visible objects.

    Attributes:
        cloud: (N, 3) float32 points in metres.
        instances: (N,) object id + 1; 0 for no object.
        seeds: (m,) indices of the seed points in the cloud.
        seen: Visible objects whose labels are used.
    """

    cloud: NDArray[np.float32]
    instances: NDArray[np.int64]
    seeds: NDArray[np.int64]
    seen: Sequence[SeenObject]


class SeedTurns(NamedTuple):
    """Labels of all in-plane rotations of m seeds along one view each.

    Attributes:
        view: (m,) int64 view index. Half of the seeds with good grasps get a random view with
            good grasps; the others get a random view that faces the camera.
        friction: (m, 12, 4) uint8 codes; 0 where no grasp holds.
        width: (m, 12, 4) uint8 codes.
        tolerance: (m, 12, 4) uint8 codes.
    """

    view: torch.Tensor
    friction: torch.Tensor
    width: torch.Tensor
    tolerance: torch.Tensor


class SeedTargets(NamedTuple):
    """Labels of m seeds; a batch has a leading batch dimension.

    View v of a seed corresponds to view `views[v]` of the object to which the nearest labelled
    point belongs. For each view and depth the labels are those of the best in-plane rotation.
    The codes are defined in `dexnet_core.datasets.graspnet_files.label_store`.

    Attributes:
        on_object: (m,) int64, 1 for seeds on an object.
        friction: (m, 300, 4) uint8 code of the minimum friction coefficient; 0 where no grasp
            holds.
        angle: (m, 300, 4) uint8 class of the in-plane rotation.
        width: (m, 300, 4) uint8 code of the opening.
        tolerance: (m, 300, 4) uint8 code of the tolerated displacement.
        rotation: (m, 3, 3) float32 rotation of the object.
        views: (m, 300) int16 corresponding views of the object.
        turns: Labels of all in-plane rotations of one random view per seed.
        chance: (m,) float32 random numbers from 0 to 1, for random selection of seeds.
    """

    on_object: torch.Tensor
    friction: torch.Tensor
    angle: torch.Tensor
    width: torch.Tensor
    tolerance: torch.Tensor
    rotation: torch.Tensor
    views: torch.Tensor
    turns: SeedTurns
    chance: torch.Tensor


def seed_targets(
    shown: Objects, labels: LabelStore, maximum_width: float, rng: np.random.Generator
) -> SeedTargets:
    """Match labels to seeds in the same way as graspnet-baseline.

    Labelled points that are more than 1 cm from the visible points of their object are not used.
    Each seed gets the labels of the nearest remaining labelled point, of any object. The baseline
    samples a quarter of the labelled points; this function uses all of them.

    Args:
        shown: Cloud, seeds and visible objects.
        labels: Labels of the set.
        maximum_width: Maximum gripper width in metres; wider grasps count as bad.
        rng: Random generator.
    """
    cloud, instances, seeds, seen = shown
    rows = [visible_rows(it.points, cloud[instances == it.number + 1]) for it in seen]
    points = [it.points[row] for it, row in zip(seen, rows, strict=True)]
    nearest = nearest_points(cloud[seeds], points)
    best = no_grasps(len(seeds), DEPTHS)
    rotation = np.tile(np.eye(3, dtype=np.float32), (len(seeds), 1, 1))
    views = np.tile(np.arange(VIEWS, dtype=np.int16), (len(seeds), 1))
    drawn = rng.choice(_FACING, len(seeds))
    turns = np.zeros((3, len(seeds), ANGLES, DEPTHS), np.uint8)
    widest = round(maximum_width / WIDTH_STEP)
    for place, (it, visible) in enumerate(zip(seen, rows, strict=True)):
        mine = np.flatnonzero(nearest.place == place) if len(visible) else np.zeros(0, np.intp)
        used, again = np.unique(nearest.row[mine], return_inverse=True)
        grasps = labels.grasps(it.scene, it.number, visible[used])
        matched = matched_views(it.rotation)
        for array, found in zip(best, best_angles(grasps, widest), strict=True):
            array[mine] = found[:, matched][again]
        drawn[mine] = _drawn(best.friction[mine], drawn[mine], rng)
        turns[:, mine] = every_angle(grasps, again, matched[drawn[mine]], widest)
        rotation[mine], views[mine] = it.rotation, matched
    on_object = (instances[seeds] > 0).astype(np.int64)
    seen_turns = SeedTurns(*map(torch.from_numpy, (drawn, *turns)))
    chance = rng.random(len(seeds), dtype=np.float32)
    known = [torch.from_numpy(array) for array in (on_object, *best, rotation, views)]
    return SeedTargets._make([*known, seen_turns, torch.from_numpy(chance)])


@overload
def is_good(friction: NDArray[np.uint8]) -> NDArray[np.bool_]: ...


@overload
def is_good(friction: torch.Tensor) -> torch.Tensor: ...


def is_good(
    friction: NDArray[np.uint8] | torch.Tensor,
) -> NDArray[np.bool_] | torch.Tensor:
    """Return the mask of grasps that hold at friction `GOOD`, from their friction codes."""
    return (friction > 0) & (friction <= round(GOOD / FRICTION_STEP))


def _drawn(
    friction: NDArray[np.uint8], otherwise: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Replace the view of half of the seeds by a uniformly drawn view with good grasps, if any."""
    good = np.asarray(is_good(friction).any(axis=2), bool)
    some = np.where(good, rng.random(good.shape, dtype=np.float32), -1).argmax(axis=1)
    return np.where(good.any(axis=1) & (rng.random(len(good)) < 0.5), some, otherwise)
