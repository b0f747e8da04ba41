"""Planning of a run for a time limit, from measured speeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import takewhile
from typing import NamedTuple

from dexnet_core.workflows.making.making_config import Amounts
from dexnet_core.workflows.making.speeds import Speeds
from dexnet_core.workflows.making.working_time import HOUR


class _Shares(NamedTuple):
    """Shares of the time limit, or seconds, of each network and of the picks.

    The rest of the limit is a reserve for steps that are not measured.
    """

    proposals: float
    evaluator: float
    picks: float


_EVALUATOR_ONLY = _Shares(proposals=0.0, evaluator=0.70, picks=0.25)
_WITH_PROPOSALS = _Shares(proposals=0.24, evaluator=0.53, picks=0.18)
_SCENES_OF_EPOCH = 30
"""Training scenes per epoch; more passes over few scenes overfit."""
_VALIDATED = 12
"""Training scenes per validation scene."""
_LEAST_SCENES, _LEAST_VAL, _LEAST_EPOCHS, _LEAST_ROUNDS = 24, 4, 2, 2
_MOST_SCENES, _MOST_VAL, _MOST_EPOCHS, _MOST_ROUNDS = 2400, 200, 32, 40
_MOST_VIEW_SCENES, _MOST_VIEW_EPOCHS = 1200, 16
_MB_OF_SCENE, _MB_OF_VIEWS = 0.3, 0.6


class Plan(NamedTuple):
    """Amounts of a run, and the expected seconds of each stage."""

    amounts: Amounts
    views: float
    proposals: float
    trials: float
    training: float
    picks: float

    @property
    def seconds(self) -> float:
        """Expected seconds of the whole run."""
        return self.views + self.proposals + self.trials + self.training + self.picks


def planned(speeds: Speeds, seconds: float, proposals: bool) -> Plan:
    """Return the amounts that fit into a time limit in seconds.

    Args:
        speeds: Measured speeds.
        seconds: The time limit.
        proposals: Whether the proposal network is trained as well.

    Raises:
        ValueError: The time is too short for a useful run; the message has the required time.
    """
    shares = _WITH_PROPOSALS if proposals else _EVALUATOR_ONLY
    least = plan_of(_amounts(_LEAST_SCENES, _LEAST_ROUNDS, proposals), speeds)
    needed = max(cost / share for cost, share in zip(_costs(least), shares, strict=True) if share)
    if seconds < needed:
        raise ValueError(
            f'{seconds / HOUR:.2f} hours are left, expected at least {needed / HOUR:.2f}: the '
            'smallest useful run takes this long on this machine'
        )
    limits = _Shares(*(seconds * share for share in shares))
    rounds = min(int(limits.picks / speeds.round / 2), _MOST_ROUNDS)
    amounts = _largest(
        (_amounts(k, rounds, False) for k in range(_LEAST_SCENES, _MOST_SCENES + 1)),
        lambda each: _costs(plan_of(each, speeds)).evaluator <= limits.evaluator,
    )
    if proposals:
        amounts = _largest(
            (_with_views(amounts, k) for k in range(_LEAST_SCENES, _MOST_VIEW_SCENES + 1)),
            lambda each: _costs(plan_of(each, speeds)).proposals <= limits.proposals,
        )
    return plan_of(amounts, speeds)


def _costs(plan: Plan) -> _Shares:
    """Return the seconds of each network and of the picks."""
    return _Shares(plan.views + plan.proposals, plan.trials + plan.training, plan.picks)


def _largest(candidates: Iterable[Amounts], fits: Callable[[Amounts], bool]) -> Amounts:
    """Return the last of ascending amounts that fits; the first one fits."""
    return list(takewhile(fits, candidates))[-1]


def _amounts(scenes: int, rounds: int, proposals: bool) -> Amounts:
    """Return the amounts for a number of training scenes, with as many of views if asked for."""
    val = min(max(_LEAST_VAL, scenes // _VALIDATED), _MOST_VAL)
    amounts = Amounts(scenes, val, _epochs(scenes, _MOST_EPOCHS), rounds)
    return _with_views(amounts, scenes) if proposals else amounts


def _with_views(amounts: Amounts, scenes: int) -> Amounts:
    """Return the amounts with a number of scenes with labelled views."""
    return replace(amounts, view_scenes=scenes, view_epochs=_epochs(scenes, _MOST_VIEW_EPOCHS))


def _epochs(scenes: int, most: int) -> int:
    return min(max(_LEAST_EPOCHS, scenes // _SCENES_OF_EPOCH), most)


def plan_of(amounts: Amounts, speeds: Speeds) -> Plan:
    """Return the plan of given amounts."""
    scenes = amounts.train_scenes + amounts.val_scenes
    view_scenes = amounts.view_scenes + amounts.val_view_scenes
    return Plan(
        amounts,
        view_scenes * speeds.view + (speeds.objects if view_scenes else 0.0),
        amounts.view_epochs * view_scenes * speeds.view_sample,
        scenes * speeds.scene,
        amounts.epochs * scenes * speeds.sample,
        2 * amounts.rounds * speeds.round,
    )


def megabytes_of(amounts: Amounts) -> float:
    """Return the approximate disk space of given amounts in MB."""
    views = _MB_OF_VIEWS * (amounts.view_scenes + amounts.val_view_scenes)
    return views + _MB_OF_SCENE * (amounts.train_scenes + amounts.val_scenes) + 50
