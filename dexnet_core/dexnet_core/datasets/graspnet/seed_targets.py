"""What a GraspNet should answer at each of its seeds."""

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
"""Friction coefficient that a good grasp needs at most."""
_FACING = np.flatnonzero(grasp_views()[:, 2] <= -0.5)
"""Views within 60 degrees of the camera's."""


class SeenObject(NamedTuple):
    """An object that enough of is seen.

    Attributes:
        scene: Its scene.
        number: Its id.
        rotation: (3, 3) in the frame of the cloud, mirrored where the cloud is.
        points: (P, 3) its labelled points in the frame of the cloud.
    """

    scene: int
    number: int
    rotation: NDArray[np.float64]
    points: NDArray[np.float64]


class Objects(NamedTuple):
    """A cloud and what it shows.

    Attributes:
        cloud: (N, 3) float32 metres.
        instances: (N,) object id + 1; 0 on no object.
        seeds: (m,) rows of the cloud.
        seen: Objects whose labels are used.
    """

    cloud: NDArray[np.float32]
    instances: NDArray[np.int64]
    seeds: NDArray[np.int64]
    seen: Sequence[SeenObject]


class SeedTurns(NamedTuple):
    """Labels of every turn of m seeds along one view each.

    Attributes:
        view: (m,) int64; for half of the seeds that have some a view with good grasps, for the
            others any that faces the camera.
        friction: (m, 12, 4) uint8 codes; 0 where no grasp holds.
        width: (m, 12, 4) uint8 codes.
        tolerance: (m, 12, 4) uint8 codes.
    """

    view: torch.Tensor
    friction: torch.Tensor
    width: torch.Tensor
    tolerance: torch.Tensor


class SeedTargets(NamedTuple):
    """What is known of m seeds; with a leading batch dimension of a batch.

    The view v of a seed is matched to the view `views[v]` of the object that the nearest labelled
    point is of. Labels are those of the best turn for each view and depth; codes as in
    `dexnet_core.datasets.graspnet_files.label_store`.

    Attributes:
        on_object: (m,) int64, 1 for seeds on an object.
        friction: (m, 300, 4) uint8 code of the least friction coefficient; 0 where none holds.
        angle: (m, 300, 4) uint8 class of the turn.
        width: (m, 300, 4) uint8 code of the opening.
        tolerance: (m, 300, 4) uint8 code of the displacement that is borne.
        rotation: (m, 3, 3) float32 of the object.
        views: (m, 300) int16 matched views of the object.
        turns: Of a view that chance drew for each seed.
        chance: (m,) float32 from 0 to 1, for whoever has to choose among seeds.
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
    """Match labels to seeds, as graspnet-baseline does.

    Labelled points farther than 1 cm from the object's seen points are left out; each seed gets
    the labels of the nearest of the others, of whatever object. Other than in the baseline no
    quarter of the labelled points is drawn: all of them are there.

    Args:
        shown: What the cloud shows.
        labels: Of the scene.
        maximum_width: Metres; grasps that open wider count as bad.
        rng: Where chance comes from.
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
    """Return which grasps hold with the friction of `GOOD`, by the codes of what they need."""
    return (friction > 0) & (friction <= round(GOOD / FRICTION_STEP))


def _drawn(
    friction: NDArray[np.uint8], otherwise: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return for half of the seeds a view with good grasps, drawn evenly, where there is one."""
    good = np.asarray(is_good(friction).any(axis=2), bool)
    some = np.where(good, rng.random(good.shape, dtype=np.float32), -1).argmax(axis=1)
    return np.where(good.any(axis=1) & (rng.random(len(good)) < 0.5), some, otherwise)
