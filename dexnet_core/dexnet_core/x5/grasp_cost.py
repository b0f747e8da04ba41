"""What a change of a network costs in grasps: the plans before and after it, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dexnet_core.grasp import Grasp
import numpy as np

SAME_PLACE = 0.005
"""Metres within which two grasps are at the same place."""
SAME_TURN = np.radians(20)
"""Radians within which two approaches are the same."""
TOP = 5

Plans = Sequence[Sequence[Grasp]]


class GraspCost(NamedTuple):
    """How plans agree with those before, over all images with a grasp before.

    Attributes:
        images: Number of them.
        same_first: Share whose first choice is at the same place, in the same direction.
        top_kept: Share of the best TOP before that are among the best TOP after.
        distance: Median metres between the first choices.
        unanswered: Share of them without any grasp after.
    """

    images: int
    same_first: float
    top_kept: float
    distance: float
    unanswered: float


def grasp_cost(before: Plans, after: Plans) -> GraspCost:
    """Compare plans, best first, image by image.

    Raises:
        ValueError: Not as many plans, or no image has a grasp before.
    """
    pairs = [(a, b) for a, b in zip(before, after, strict=True) if a]
    if not pairs:
        raise ValueError(f'none of {len(before)} images has a grasp to compare with')
    answered = [(a[0], b[0]) for a, b in pairs if b]
    apart = [np.linalg.norm(a.position - b.position) for a, b in answered]
    kept = [any(is_same(g, other) for other in b[:TOP]) for a, b in pairs for g in a[:TOP]]
    return GraspCost(
        len(pairs),
        sum(is_same(a, b) for a, b in answered) / len(pairs),
        float(np.mean(kept)),
        float(np.median(apart)) if apart else float('nan'),
        1 - len(answered) / len(pairs),
    )


def is_same(one: Grasp, other: Grasp) -> bool:
    """Return whether two grasps are at the same place, in the same direction."""
    near = np.linalg.norm(one.position - other.position) <= SAME_PLACE
    return bool(near and one.approach @ other.approach >= np.cos(SAME_TURN))


def cost_lines(cost: GraspCost, before: str, after: str) -> list[str]:
    """Return the comparison in words."""
    return [
        f'Grasps of {after} against those of {before}, simulated by ONNX Runtime, '
        f'{cost.images} images:',
        '',
        f'- first choice the same (within {SAME_PLACE * 1e3:.0f} mm and '
        f'{np.degrees(SAME_TURN):.0f} degrees): {cost.same_first:.1%}',
        f'- of the best {TOP} still among the best {TOP}: {cost.top_kept:.1%}',
        f'- median distance of the first choices: {cost.distance * 1e3:.1f} mm',
        f'- without any grasp: {cost.unanswered:.1%}',
    ]
