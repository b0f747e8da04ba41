"""Planning of a run for a time limit, from measured speeds."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from dexnet_core.workflows.making.making_config import Amounts, VIEWS_VALIDATED
from dexnet_core.workflows.making.speeds import Speeds
from dexnet_core.workflows.making.working_time import HOUR


class _Shares(NamedTuple):
    """Shares of the time limit of each stage; the rest is a reserve for unmeasured steps."""

    views: float
    proposals: float
    trials: float
    training: float
    picks: float


_EVALUATOR_ONLY = _Shares(views=0.0, proposals=0.0, trials=0.40, training=0.30, picks=0.25)
_WITH_PROPOSALS = _Shares(views=0.14, proposals=0.10, trials=0.31, training=0.22, picks=0.18)
_VALIDATED = 12
"""Training scenes per validation scene."""
_LEAST = Amounts(train_scenes=24, val_scenes=4, epochs=2, rounds=2)
_LEAST_VIEWS = replace(_LEAST, view_scenes=24, view_epochs=2)
_MOST = Amounts(
    train_scenes=2400, val_scenes=200, epochs=32, rounds=40, view_scenes=1200, view_epochs=16
)
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
    needed = _needed(speeds, shares, proposals)
    if seconds < needed:
        raise ValueError(
            f'{seconds / HOUR:.2f} hours are left, expected at least {needed / HOUR:.2f}: the '
            'smallest useful run takes this long on this machine'
        )
    scenes = int(shares.trials * seconds / speeds.scene / (1 + 1 / _VALIDATED))
    scenes = min(scenes, _MOST.train_scenes)
    amounts = Amounts(
        scenes,
        min(max(_LEAST.val_scenes, scenes // _VALIDATED), _MOST.val_scenes),
        _epochs(shares.training * seconds / speeds.sample / scenes, _MOST.epochs),
        min(int(shares.picks * seconds / speeds.round / 2), _MOST.rounds),
        *(_planned_views(speeds, seconds) if proposals else (0, 0)),
    )
    return plan_of(amounts, speeds)


def _needed(speeds: Speeds, shares: _Shares, proposals: bool) -> float:
    """Return the seconds of the smallest useful run."""
    _, *stages = plan_of(_LEAST_VIEWS if proposals else _LEAST, speeds)
    return max(time / share for time, share in zip(stages, shares, strict=True) if share)


def _planned_views(speeds: Speeds, seconds: float) -> tuple[int, int]:
    """Return the scenes with labelled views and the epochs over them."""
    shares = _WITH_PROPOSALS
    left = shares.views * seconds - speeds.objects
    scenes = int(left / speeds.view / (1 + 1 / VIEWS_VALIDATED))
    scenes = min(scenes, _MOST.view_scenes)
    epochs = shares.proposals * seconds / speeds.view_sample / scenes
    return scenes, _epochs(epochs, _MOST.view_epochs)


def _epochs(fitting: float, most: int) -> int:
    """Return the number of epochs; a stage ends in time even if fewer than the least fit."""
    return min(max(_LEAST.epochs, int(fitting)), most)


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
