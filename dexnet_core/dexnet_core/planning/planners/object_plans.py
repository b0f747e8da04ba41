"""Plans for single objects of a label mask, and their combination into one plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from dexnet_core.planning.grasp import GraspPlan, joined_places, PlanStatus, StageTimes
from dexnet_core.planning.observation import Observation
import numpy as np

_MOST_NAMED = 20


def chosen_labels(observation: Observation, wanted: Sequence[int]) -> tuple[int, ...]:
    """Return the labels to plan for, ascending and each once.

    Args:
        observation: With labels.
        wanted: Some of its labels; empty = all.

    Raises:
        ValueError: The observation has no labels, or not the wanted ones.
    """
    if observation.labels is None:
        raise ValueError(
            'labels are requested, but there is no label mask: expected a mask with a number for '
            'each object'
        )
    there = [int(label) for label in np.unique(observation.labels) if label > 0]
    missing = sorted(set(wanted) - set(there))
    if missing:
        more = ' ...' if len(there) > _MOST_NAMED else ''
        labels = ', '.join(map(str, there[:_MOST_NAMED])) + more
        raise ValueError(f'label {missing[0]} is not in the mask, which has {labels or "none"}')
    return tuple(sorted({int(label) for label in wanted})) or tuple(there)


def of_labels(observation: Observation, labels: Sequence[int]) -> Observation:
    """Return an observation in which only the objects with these labels may be grasped.

    Raises:
        ValueError: The observation has no labels.
    """
    if observation.labels is None:
        raise ValueError(f'labels {list(labels)} are requested, but the observation has none')
    selected = np.isin(observation.labels, labels)
    return replace(observation, labels=np.where(selected, observation.labels, 0))


def joined(plans: Sequence[GraspPlan], last: GraspPlan) -> GraspPlan:
    """Return one plan with the grasps of all plans, best first.

    Args:
        plans: Plans of one object each; may be empty.
        last: Plan whose status and message are used if no plan has a grasp.

    Returns:
        A plan with the sums of the times and refusals, without a heat map.
    """
    times: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    for plan in plans:
        times.update(plan.times)
        refusals.update(plan.refused)
    grasps = [grasp for plan in plans for grasp in plan.grasps]
    grasps.sort(key=lambda grasp: -grasp.score)
    base = next((plan for plan in plans if plan.grasps), last)
    return replace(
        base,
        grasps=tuple(grasps),
        status=PlanStatus.OK if grasps else last.status,
        message='' if grasps else last.message,
        heatmap=np.empty((0, 0), np.float32),
        times=StageTimes(times),
        refused=dict(refusals),
        refused_places=joined_places([plan.refused_places for plan in plans]),
    )
