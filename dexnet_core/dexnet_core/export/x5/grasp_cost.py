"""Comparison of grasp plans before and after a change of a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dexnet_core.planning.grasp import Grasp
import numpy as np

SAME_PLACE = 0.005
"""Largest distance between two grasps at the same place, metres."""
SAME_TURN = np.radians(20)
"""Largest angle between two equal approach directions, radians."""
TOP = 5
AS_GOOD = 0.01
"""A first choice whose score is lower by at most this value counts as equally good."""

Plans = Sequence[Sequence[Grasp]]


class GraspCost(NamedTuple):
    """Agreement of two series of plans, over all images with a grasp before the change.

    Attributes:
        images: Number of these images.
        same_first: Share of images whose first choices agree in place and direction.
        first_in_top: Share of images whose first choice after is among the best TOP before.
        top_kept: Share of the best TOP before that are among the best TOP after.
        distance: Median distance between the first choices, metres; NaN without grasps after.
        score_change: Mean score change of the first choice; NaN without grasps after.
        as_good: Share of images whose first choice scores at most AS_GOOD lower than before.
        unanswered: Share of images without a grasp after the change.
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
    """Compare plans, sorted best first, image by image.

    Raises:
        ValueError: The numbers of plans differ, or no image has a grasp before.
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
    """Return whether a grasp is among the best TOP of a plan."""
    return any(is_same(grasp, other) for other in plan[:TOP])


def cost_lines(cost: GraspCost, before: str, after: str, by: str) -> list[str]:
    """Return the comparison as Markdown lines.

    Args:
        cost: The comparison.
        before: Name of the network before, such as float32.
        after: Name of the network after.
        by: How the grasps after were computed.
    """
    return [
        f'Grasps of {after} against those of {before}, {by}, {cost.images} images:',
        '',
        f'- same first choice (within {SAME_PLACE * 1e3:.0f} mm and '
        f'{np.degrees(SAME_TURN):.0f} degrees): {cost.same_first:.1%}',
        f'- first choice among the best {TOP} before: {cost.first_in_top:.1%}',
        f'- best {TOP} before that are still among the best {TOP}: {cost.top_kept:.1%}',
        f'- median distance between the first choices: {cost.distance * 1e3:.1f} mm',
        f'- score of the first choice: mean change {cost.score_change:+.4f}; '
        f'at most {AS_GOOD:g} lower in {cost.as_good:.1%} of images',
        f'- images without a grasp: {cost.unanswered:.1%}',
    ]
