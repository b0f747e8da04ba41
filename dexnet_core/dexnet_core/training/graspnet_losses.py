"""Loss of a GraspNet (Fang et al., GraspNet-1Billion, CVPR 2020, and its baseline)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dexnet_core.datasets.graspnet.seed_targets import SeedTargets
from dexnet_core.datasets.graspnet_files.label_store import (
    FRICTION_STEP,
    TOLERANCE_STEP,
    WIDTH_STEP,
)
from dexnet_core.planning.graspnet.constants import GraspNetConstants
from dexnet_core.training.graspnet_form import at_seeds, GraspNetOutputs, labels_of
from dexnet_core.training.tasks import LossSum
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, huber_loss

LEAST_QUALITY = 0.1
"""Quality above which a grasp is a training target; with `every_turn`: of width and tolerance."""
GRASP_WEIGHT = 0.2
"""Weight of the second stage's losses relative to the first stage's."""


class GraspTargets(NamedTuple):
    """Labels of k seeds at one view each; (B, k, depths).

    Attributes:
        quality: ln(1 / friction coefficient) of the best in-plane rotation; 0 if no rotation
            gives a stable grasp.
        angle: int64 class of that rotation.
        width: Metres.
        tolerance: Metres.
        learnt: bool mask: the seed is on an object and the quality is over LEAST_QUALITY.
    """

    quality: Tensor
    angle: Tensor
    width: Tensor
    tolerance: Tensor
    learnt: Tensor


def quality_of(friction: Tensor) -> Tensor:
    """Return the quality ln(1 / friction coefficient) of uint8 friction codes.

    The quality is 0 for code 0 (no stable grasp) and for coefficients over 1. The scale is fixed
    by the largest published coefficient, 1. graspnet-baseline uses the largest of each batch,
    so there the loss of a sample depends on the other samples.
    """
    coefficient = torch.where(friction > 0, friction.float() * FRICTION_STEP, 1.0)
    return -coefficient.clamp(max=1.0).log()


def view_quality(friction: Tensor) -> Tensor:
    """Return the (B, m, 300) quality of the best grasp at each view."""
    return quality_of((friction - 1).amin(dim=3) + 1)  # uint8: code 0 wraps to 255 and back


def grasp_targets(outputs: GraspNetOutputs, targets: SeedTargets) -> GraspTargets:
    """Return the labels of the seeds and views in the second stage."""
    friction, angle, width, tolerance = (
        labels_of(at_seeds(labels, outputs.chosen), outputs.view)
        for labels in (targets.friction, targets.angle, targets.width, targets.tolerance)
    )
    quality = quality_of(friction)
    on_object = (at_seeds(targets.on_object, outputs.chosen) > 0)[..., None]
    return GraspTargets(
        quality,
        angle.long(),
        width.float() * WIDTH_STEP,
        tolerance.float() * TOLERANCE_STEP,
        on_object & (quality > LEAST_QUALITY),
    )


def graspnet_loss(
    outputs: GraspNetOutputs,
    targets: SeedTargets,
    constants: GraspNetConstants,
    every_turn: bool = False,
    view_weight: float = 1.0,
) -> LossSum:
    """Return the weighted sum of each loss term and the number of targets in each.

    Terms of the first stage: objectness of the seeds, and quality of the views of seeds on
    objects. Terms of the second stage, with widths and tolerances divided by their maximum:

    - `every_turn` false, as in graspnet-baseline: quality, rotation class, width and tolerance
      of the best in-plane rotation, where the grasp is stable.
    - `every_turn` true: the quality of every rotation (0 where the grasp is not stable) for both
      the score head and the angle head, and width and tolerance where the grasp is stable. As
      the angle head selects the rotation, the selection does not bias the score upwards.

    Args:
        outputs: Network outputs, float32.
        targets: Targets of the same batch.
        constants: Scales of the outputs.
        every_turn: Whether all rotations are targets; the outputs must be at the views of
            `targets.turns`.
        view_weight: Weight of the view quality term.
    """
    on_object = targets.on_object
    objectness = cross_entropy(outputs.objectness, on_object, reduction='none')
    views = (outputs.view_score - view_quality(targets.friction)).square()
    terms = [
        (objectness.sum(), objectness.numel(), 1.0),
        ((views * on_object[..., None]).sum(), on_object.sum() * views.shape[2], view_weight),
    ]
    second = _every_turn if every_turn else _best_turn
    for loss, learnt in second(outputs, targets, constants):
        terms.append(((loss * learnt).sum(), learnt.sum(), GRASP_WEIGHT))
    totals, counts, weights = zip(*terms, strict=True)
    total = torch.stack(totals) * totals[0].new_tensor(weights)
    return LossSum(total, torch.tensor([float(count) for count in counts], dtype=torch.float64))


def _every_turn(
    outputs: GraspNetOutputs, targets: SeedTargets, constants: GraspNetConstants
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the (B, 12, k, depths) losses of all rotations, each with its mask."""
    turns = targets.turns
    friction, width, tolerance = (
        at_seeds(codes, outputs.chosen).transpose(1, 2)
        for codes in (turns.friction, turns.width, turns.tolerance)
    )
    heads, quality = outputs.heads, quality_of(friction)
    on_object = (at_seeds(targets.on_object, outputs.chosen) > 0)[:, None, :, None]
    on_object = on_object.expand_as(quality)
    learnt = on_object & (quality > LEAST_QUALITY)
    yield _huber(heads.score, quality, 1.0), on_object
    yield _huber(heads.angle, quality, 1.0), on_object
    yield _huber(heads.width, width * WIDTH_STEP, constants.maximum_width), learnt
    yield _huber(heads.tolerance, tolerance * TOLERANCE_STEP, constants.maximum_tolerance), learnt


def _best_turn(
    outputs: GraspNetOutputs, targets: SeedTargets, constants: GraspNetConstants
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the (B, k, depths) losses of the best rotation, each with its mask."""
    wanted = grasp_targets(outputs, targets)
    heads, turn = outputs.heads, wanted.angle[:, None]
    score, width, tolerance = (
        head.gather(1, turn).squeeze(1) for head in (heads.score, heads.width, heads.tolerance)
    )
    yield _huber(score, wanted.quality, 1.0), wanted.learnt
    yield cross_entropy(heads.angle, wanted.angle, reduction='none'), wanted.learnt
    yield _huber(width, wanted.width, constants.maximum_width), wanted.learnt
    yield _huber(tolerance, wanted.tolerance, constants.maximum_tolerance), wanted.learnt


def _huber(output: Tensor, label: Tensor, scale: float) -> Tensor:
    return huber_loss(output / scale, label / scale, reduction='none')
