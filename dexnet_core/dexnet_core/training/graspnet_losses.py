"""The losses of a GraspNet (Fang et al., GraspNet-1Billion, CVPR 2020, and its baseline)."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.datasets.seed_targets import SeedTargets
from dexnet_core.graspnet.constants import GraspNetConstants
from dexnet_core.graspnet_sets.label_store import FRICTION_STEP, TOLERANCE_STEP, WIDTH_STEP
from dexnet_core.training.graspnet_form import at_seeds, GraspNetAnswers, labels_of
from dexnet_core.training.tasks import LossSum
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, huber_loss

LEAST_QUALITY = 0.1
"""Quality above which a grasp is learnt from."""
GRASP_WEIGHT = 0.2
"""Of the second stage's losses beside the first's."""


class GraspTargets(NamedTuple):
    """Labels of k seeds along one view each; (B, k, depths).

    Attributes:
        quality: ln(1 / friction coefficient) of the best turn; 0 where none holds.
        angle: int64 class of this turn.
        width: Metres.
        tolerance: Metres.
        learnt: Whether the seed is on an object and the quality is enough to learn from.
        refused: Whether the seed is on an object and the quality is not enough.
    """

    quality: Tensor
    angle: Tensor
    width: Tensor
    tolerance: Tensor
    learnt: Tensor
    refused: Tensor


def quality_of(friction: Tensor) -> Tensor:
    """Return ln(1 / friction coefficient), 0 where none holds or it is over 1, of uint8 codes.

    The greatest coefficient is 1, as in the published labels, where graspnet-baseline takes the
    greatest of each batch: a sample's loss does not depend on its companions.
    """
    coefficient = torch.where(friction > 0, friction.float() * FRICTION_STEP, 1.0)
    return -coefficient.clamp(max=1.0).log()


def view_quality(friction: Tensor) -> Tensor:
    """Return (B, m, 300) the quality of the best grasp along each view."""
    return quality_of(friction).amax(dim=3)


def grasp_targets(answers: GraspNetAnswers, targets: SeedTargets) -> GraspTargets:
    """Return the labels of the seeds and views that went through the second stage."""
    friction, angle, width, tolerance = (
        labels_of(at_seeds(labels, answers.kept), answers.view)
        for labels in (targets.friction, targets.angle, targets.width, targets.tolerance)
    )
    quality = quality_of(friction)
    on_object = (at_seeds(targets.on_object, answers.kept) > 0)[..., None]
    good = quality > LEAST_QUALITY
    return GraspTargets(
        quality,
        angle.long(),
        width.float() * WIDTH_STEP,
        tolerance.float() * TOLERANCE_STEP,
        on_object & good,
        on_object & ~good,
    )


def graspnet_loss(
    answers: GraspNetAnswers,
    targets: SeedTargets,
    constants: GraspNetConstants,
    refusal: float = 0.0,
) -> LossSum:
    """Return the sums of all terms, weighted, and what each is the mean over.

    Terms: whether seeds are on objects; quality of views of seeds on objects; and where a grasp
    holds, quality, turn, width and tolerance of the best turn, widths and tolerances in units of
    the greatest.

    Args:
        answers: Of the network, in float32.
        targets: Of the same batch.
        constants: Scales of the outputs.
        refusal: Weight of a term that graspnet-baseline does not have: all turns score 0 where
            none holds.
    """
    on_object = targets.on_object
    objectness = cross_entropy(answers.objectness, on_object, reduction='none')
    views = (answers.view_score - view_quality(targets.friction)).square()
    terms = [
        (objectness.sum(), objectness.numel(), 1.0),
        ((views * on_object[..., None]).sum(), on_object.sum() * views.shape[2], 1.0),
    ]
    wanted = grasp_targets(answers, targets)
    for loss in _grasp_losses(answers, wanted, constants):
        terms.append(((loss * wanted.learnt).sum(), wanted.learnt.sum(), GRASP_WEIGHT))
    if refusal:
        zero = torch.zeros_like(answers.heads.score)
        loss = huber_loss(answers.heads.score, zero, reduction='none').mean(dim=1)
        refused = wanted.refused
        terms.append(((loss * refused).sum(), refused.sum(), refusal * GRASP_WEIGHT))
    totals, counts, weights = zip(*terms, strict=True)
    total = torch.stack(totals) * totals[0].new_tensor(weights)
    return LossSum(total, torch.tensor([float(count) for count in counts], dtype=torch.float64))


def _grasp_losses(
    answers: GraspNetAnswers, wanted: GraspTargets, constants: GraspNetConstants
) -> tuple[Tensor, ...]:
    """Return the (B, k, depths) losses of quality, turn, width and tolerance."""
    heads, turn = answers.heads, wanted.angle[:, None]

    def at_turn(head: Tensor, label: Tensor, scale: float) -> Tensor:
        said = head.gather(1, turn).squeeze(1)
        return huber_loss(said / scale, label / scale, reduction='none')

    return (
        at_turn(heads.score, wanted.quality, 1.0),
        cross_entropy(heads.angle, wanted.angle, reduction='none'),
        at_turn(heads.width, wanted.width, constants.maximum_width),
        at_turn(heads.tolerance, wanted.tolerance, constants.maximum_tolerance),
    )
