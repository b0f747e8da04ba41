"""Selection of a correction of the evaluator by cross-validation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from dexnet_core.workflows.adaptation.corrections import (
    calibration_of,
    Examples,
    log_losses,
    tuned,
)
from dexnet_core.workflows.adaptation.evidence import Evidence
from dexnet_core.workflows.adaptation.last_layers import LastLayers
from dexnet_core.workflows.adaptation.offsets import likeliest_offset
import numpy as np
from numpy.typing import NDArray

BEFORE, CALIBRATION, OFFSET = 'as before', 'calibration', 'offset'
"""Names of corrections: none, calibration, offset; names of tuned layers begin with the latter."""

_STEPS = (10, 30, 80, 200)
_FOLDS, _INNER = 5, 4


class Correction(NamedTuple):
    """A correction fitted to some picks.

    Attributes:
        layers: Last layers of the evaluator.
        logits: (n,) corrected logits of all picks.
        offset: (2,) metres from the commanded to the actual place of the jaw; zeros for a cup.
    """

    layers: LastLayers
    logits: NDArray[np.float64]
    offset: NDArray[np.float64]


class Choice(NamedTuple):
    """The selected correction.

    Attributes:
        name: Name of the correction; BEFORE if none is worthwhile.
        correction: The correction, fitted to all picks.
        logits: (n,) held-out logits: those of each pick are from a correction that was selected
            and fitted without its part of the data.
        losses: Mean cross-validated log loss of each correction, by name.
    """

    name: str
    correction: Correction
    logits: NDArray[np.float64]
    losses: Mapping[str, float]


class Chooser:
    """Fits all corrections, and selects the one with the best cross-validated predictions."""

    def __init__(self, evidence: Evidence, replay: Examples | None, seed: int = 0) -> None:
        """Store the picks.

        Args:
            evidence: All picks.
            replay: Simulated grasps used to prevent forgetting; None: not used.
            seed: Seed of the cross-validation parts.
        """
        self._evidence, self._replay, self._seed = evidence, replay, seed
        self._features_at = lru_cache(maxsize=None)(evidence.features_at)

    def chosen(self) -> Choice:
        """Return the selected correction, with held-out results from nested cross-validation.

        Source: Varma and Simon, BMC Bioinformatics 2006.
        """
        every = np.arange(len(self._evidence.images))
        logits = np.zeros(len(every))
        for held_out in self._parts(every, _FOLDS):
            rest = np.setdiff1d(every, held_out)
            name, _ = self._winner(rest, _INNER)
            logits[held_out] = self.corrections(rest)[name].logits[held_out]
        name, losses = self._winner(every, _FOLDS)
        return Choice(name, self.corrections(every)[name], logits, losses)

    def corrections(self, some: NDArray[np.integer]) -> dict[str, Correction]:
        """Return all corrections, fitted to some of the picks, simplest first."""
        evidence, layers = self._evidence, self._evidence.opened.layers
        examples, straight = evidence.examples, evidence.straight
        logits = layers.logits(examples.features)
        made = {BEFORE: Correction(layers, logits, evidence.offsets[straight])}
        made |= self._made_at(straight, logits, some, CALIBRATION)
        if evidence.jaws:
            jaw = evidence.jaws[0].contract.jaw
            held = examples.held[some]
            k = likeliest_offset(evidence.offsets, evidence.scores[:, some], held, jaw)
            made |= self._made_at(k, evidence.scores[k], some, OFFSET)
        return made

    def _made_at(
        self, k: int, logits: NDArray[np.float64], some: NDArray[np.integer], name: str
    ) -> dict[str, Correction]:
        """Return the corrections for offset k of the gripper, simplest first."""
        examples, offset = self._evidence.examples, self._evidence.offsets[k]
        slope, bias = calibration_of(logits[some], examples.held[some])
        layers = self._evidence.opened.layers.calibrated(float(slope), float(bias))
        made = {name: Correction(layers, slope * logits + bias, offset)}
        features = self._features_at(k)
        real = Examples(features, examples.held).take(some)
        for steps, better in zip(_STEPS, tuned(layers, real, self._replay, _STEPS), strict=True):
            correction = Correction(better, better.logits(features), offset)
            made[f'{name}, last layers {steps} steps'] = correction
        return made

    def _winner(self, some: NDArray[np.integer], folds: int) -> tuple[str, dict[str, float]]:
        """Return the name of the best correction, and the cross-validated log loss of each.

        The calibration, and after it the offset of the jaw, are accepted before any tuned layers.
        A correction is accepted only if its gain exceeds one standard error.
        """
        losses = self._losses(some, folds)
        name = BEFORE
        for better in (CALIBRATION, OFFSET):
            if better in losses and _is_gain(losses[name] - losses[better]):
                name = better
        more = {kind: row for kind, row in losses.items() if kind.startswith(f'{name},')}
        best = min(more, key=lambda kind: more[kind].mean(), default=name)
        if _is_gain(losses[name] - losses[best]):
            name = best
        return name, {kind: float(row.mean()) for kind, row in losses.items()}

    def _losses(self, some: NDArray[np.integer], folds: int) -> dict[str, NDArray[np.float64]]:
        """Return the cross-validated log losses of each correction."""
        held, rows = self._evidence.examples.held, []
        for held_out in self._parts(some, folds):
            made, truth = self.corrections(np.setdiff1d(some, held_out)), held[held_out]
            rows.append(
                {name: log_losses(one.logits[held_out], truth) for name, one in made.items()}
            )
        return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}

    def _parts(self, some: NDArray[np.integer], folds: int) -> list[NDArray[np.integer]]:
        """Split the picks into parts that share no image."""
        images, image = np.unique(self._evidence.images[some], return_inverse=True)
        part = np.random.default_rng(self._seed).permutation(len(images)) % folds
        parts = (some[part[image] == k] for k in range(folds))
        return [part for part in parts if 0 < len(part) < len(some)]


def _is_gain(gained: NDArray[np.float64]) -> bool:
    """Return whether the mean of (n,) differences exceeds its standard error."""
    return bool(gained.mean() > gained.std() / np.sqrt(len(gained)))
