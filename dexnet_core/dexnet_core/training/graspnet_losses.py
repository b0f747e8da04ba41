"""The losses of a GraspNet (Fang et al., GraspNet-1Billion, CVPR 2020, and its baseline)."""

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
    """

    quality: Tensor
    angle: Tensor
    width: Tensor
    tolerance: Tensor
    learnt: Tensor


def quality_of(friction: Tensor) -> Tensor:
    """Return ln(1 / friction coefficient), 0 where none holds or it is over 1, of uint8 codes.

    The greatest coefficient is 1, as in the published labels, where graspnet-baseline takes the
    greatest of each batch: a sample's loss does not depend on its companions.
    """
    coefficient = torch.where(friction > 0, friction.float() * FRICTION_STEP, 1.0)
    return -coefficient.clamp(max=1.0).log()


def view_quality(friction: Tensor) -> Tensor:
    """Return (B, m, 300) the quality of the best grasp along each view."""
    return quality_of((friction - 1).amin(dim=3) + 1)  # 0 becomes the greatest code, and 0 again


def grasp_targets(answers: GraspNetAnswers, targets: SeedTargets) -> GraspTargets:
    """Return the labels of the seeds and views that went through the second stage."""
    friction, angle, width, tolerance = (
        labels_of(at_seeds(labels, answers.kept), answers.view)
        for labels in (targets.friction, targets.angle, targets.width, targets.tolerance)
    )
    quality = quality_of(friction)
    on_object = (at_seeds(targets.on_object, answers.kept) > 0)[..., None]
    return GraspTargets(
        quality,
        angle.long(),
        width.float() * WIDTH_STEP,
        tolerance.float() * TOLERANCE_STEP,
        on_object & (quality > LEAST_QUALITY),
    )


def graspnet_loss(
    answers: GraspNetAnswers,
    targets: SeedTargets,
    constants: GraspNetConstants,
    every_turn: bool = False,
    view_weight: float = 1.0,
) -> LossSum:
    """Return the sums of all terms, weighted, and what each is the mean over.

    Terms: whether seeds are on objects; quality of views of seeds on objects; and of the second
    stage, widths and tolerances in units of the greatest, either those of graspnet-baseline:
    where a grasp holds, quality, turn, width and tolerance of the best turn; or of every turn its
    quality, 0 where it does not hold, told twice, as score and as evidence for the turn, and where
    it holds its width and tolerance. A score that was chosen by other evidence is not too high for
    having been chosen.

    Args:
        answers: Of the network, in float32.
        targets: Of the same batch.
        constants: Scales of the outputs.
        every_turn: Whether every turn is learnt from; the answers must be along `targets.turns`.
        view_weight: Of the quality of views.
    """
    on_object = targets.on_object
    objectness = cross_entropy(answers.objectness, on_object, reduction='none')
    views = (answers.view_score - view_quality(targets.friction)).square()
    terms = [
        (objectness.sum(), objectness.numel(), 1.0),
        ((views * on_object[..., None]).sum(), on_object.sum() * views.shape[2], view_weight),
    ]
    second = _every_turn if every_turn else _best_turn
    for loss, learnt in second(answers, targets, constants):
        terms.append(((loss * learnt).sum(), learnt.sum(), GRASP_WEIGHT))
    totals, counts, weights = zip(*terms, strict=True)
    total = torch.stack(totals) * totals[0].new_tensor(weights)
    return LossSum(total, torch.tensor([float(count) for count in counts], dtype=torch.float64))


def _every_turn(
    answers: GraspNetAnswers, targets: SeedTargets, constants: GraspNetConstants
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield (B, 12, k, depths) losses and which of them count."""
    turns = targets.turns
    friction, width, tolerance = (
        at_seeds(codes, answers.kept).transpose(1, 2)
        for codes in (turns.friction, turns.width, turns.tolerance)
    )
    heads, quality = answers.heads, quality_of(friction)
    on_object = (at_seeds(targets.on_object, answers.kept) > 0)[:, None, :, None]
    on_object = on_object.expand_as(quality)
    learnt = on_object & (quality > LEAST_QUALITY)
    yield _apart(heads.score, quality, 1.0), on_object
    yield _apart(heads.angle, quality, 1.0), on_object
    yield _apart(heads.width, width * WIDTH_STEP, constants.maximum_width), learnt
    yield _apart(heads.tolerance, tolerance * TOLERANCE_STEP, constants.maximum_tolerance), learnt


def _best_turn(
    answers: GraspNetAnswers, targets: SeedTargets, constants: GraspNetConstants
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the (B, k, depths) losses of quality, turn, width and tolerance, and which count."""
    wanted = grasp_targets(answers, targets)
    heads, turn = answers.heads, wanted.angle[:, None]
    score, width, tolerance = (
        head.gather(1, turn).squeeze(1) for head in (heads.score, heads.width, heads.tolerance)
    )
    yield _apart(score, wanted.quality, 1.0), wanted.learnt
    yield cross_entropy(heads.angle, wanted.angle, reduction='none'), wanted.learnt
    yield _apart(width, wanted.width, constants.maximum_width), wanted.learnt
    yield _apart(tolerance, wanted.tolerance, constants.maximum_tolerance), wanted.learnt


def _apart(said: Tensor, label: Tensor, scale: float) -> Tensor:
    return huber_loss(said / scale, label / scale, reduction='none')
