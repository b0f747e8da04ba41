"""What a change of a network costs in grasps: the plans before and after it, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dexnet_core.planning.grasp import Grasp
import numpy as np

SAME_PLACE = 0.005
"""Metres within which two grasps are at the same place."""
SAME_TURN = np.radians(20)
"""Radians within which two approaches are the same."""
TOP = 5
AS_GOOD = 0.01
"""Score by which a first choice may be lower and still count as as good."""

Plans = Sequence[Sequence[Grasp]]


class GraspCost(NamedTuple):
    """How plans agree with those before, over all images with a grasp before.

    Attributes:
        images: Number of them.
        same_first: Share whose first choice is at the same place, in the same direction.
        first_in_top: Share whose first choice after is among the best TOP before.
        top_kept: Share of the best TOP before that are among the best TOP after.
        distance: Median metres between the first choices.
        score_change: Mean change of the first choices' scores.
        as_good: Share whose first choice after scores no less than AS_GOOD below that before.
        unanswered: Share of them without any grasp after.
    """

    images: int
    same_first: float
    first_in_top: float
    top_kept: float
    distance: float
    score_change: float
    as_good: float
    unanswered: float


def grasp_cost(before: Plans, after: Plans) -> GraspCost:
    """Compare plans, best first, image by image.

    Raises:
        ValueError: Not as many plans, or no image has a grasp before.
    """
    pairs = [(a, b) for a, b in zip(before, after, strict=True) if a]
    if not pairs:
        raise ValueError(f'none of {len(before)} images has a grasp to compare with')
    answered = [(a, b[0]) for a, b in pairs if b]
    apart = [np.linalg.norm(a[0].position - first.position) for a, first in answered]
    kept = [_is_among(g, b) for a, b in pairs for g in a[:TOP]]
    changes = np.array([first.score - a[0].score for a, first in answered])
    return GraspCost(
        len(pairs),
        sum(is_same(a[0], first) for a, first in answered) / len(pairs),
        sum(_is_among(first, a) for a, first in answered) / len(pairs),
        float(np.mean(kept)),
        float(np.median(apart)) if apart else float('nan'),
        float(changes.mean()) if apart else float('nan'),
        int(np.count_nonzero(changes >= -AS_GOOD)) / len(pairs),
        1 - len(answered) / len(pairs),
    )


def is_same(one: Grasp, other: Grasp) -> bool:
    """Return whether two grasps are at the same place, in the same direction."""
    near = np.linalg.norm(one.position - other.position) <= SAME_PLACE
    return bool(near and one.approach @ other.approach >= np.cos(SAME_TURN))


def _is_among(grasp: Grasp, plan: Sequence[Grasp]) -> bool:
    """Return whether a grasp is among the best of a plan."""
    return any(is_same(grasp, other) for other in plan[:TOP])


def cost_lines(cost: GraspCost, before: str, after: str, by: str) -> list[str]:
    """Return the comparison in words.

    Args:
        cost: Of all images.
        before: What planned before, such as float32.
        after: What planned after.
        by: Whose arithmetic that was.
    """
    return [
        f'Grasps of {after} against those of {before}, {by}, {cost.images} images:',
        '',
        f'- first choice the same (within {SAME_PLACE * 1e3:.0f} mm and '
        f'{np.degrees(SAME_TURN):.0f} degrees): {cost.same_first:.1%}',
        f'- first choice among the best {TOP} before: {cost.first_in_top:.1%}',
        f'- of the best {TOP} still among the best {TOP}: {cost.top_kept:.1%}',
        f'- median distance of the first choices: {cost.distance * 1e3:.1f} mm',
        f'- score of the first choice: {cost.score_change:+.4f} in the mean, '
        f'within {AS_GOOD:g} or higher in {cost.as_good:.1%}',
        f'- without any grasp: {cost.unanswered:.1%}',
    ]
