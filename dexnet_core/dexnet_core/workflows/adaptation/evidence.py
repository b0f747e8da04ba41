"""Executed grasps as data for the correction: network inputs, offsets and outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dexnet_core.datasets.trials.jaw_trials import read_trials
from dexnet_core.datasets.trials.own_trials import OwnTrials
from dexnet_core.datasets.trials.trial_samples import trial_inputs
from dexnet_core.datasets.views.stored_views import view_paths
from dexnet_core.geometry.array_records import concatenated
from dexnet_core.planning.contracts.evaluator_contracts import JawEvaluatorContract
from dexnet_core.workflows.adaptation.corrections import Examples
from dexnet_core.workflows.adaptation.last_layers import OpenedEvaluator
from dexnet_core.workflows.adaptation.offsets import grid_of, JawAt, score_offsets
import numpy as np
from numpy.typing import NDArray

_MOST_REPLAYED = 2000


class Evidence(NamedTuple):
    """n executed grasps of one gripper.

    Attributes:
        examples: Inputs of the last layers at the commanded poses, and outcomes.
        images: (n,) image index; grasps on the same image have the same index.
        offsets: (g, 2) candidate offsets of a jaw from its commanded place, metres along x and y
            of the grasps; (1, 2) zeros for a cup.
        scores: (g, n) logits for each candidate offset.
        jaws: The n commanded jaws; empty for a cup.
        opened: The current evaluator.
    """

    examples: Examples
    images: NDArray[np.int64]
    offsets: NDArray[np.float64]
    scores: NDArray[np.float64]
    jaws: tuple[JawAt, ...]
    opened: OpenedEvaluator

    @property
    def straight(self) -> int:
        """Index of the zero offset."""
        return int(np.flatnonzero(~self.offsets.any(axis=1))[0])

    def features_at(self, k: int) -> NDArray[np.floating]:
        """Return the (n, d) inputs of the last layers if the gripper has offset k."""
        if k == self.straight:
            return self.examples.features
        parts = [self.opened.features(*jaw.inputs(self.offsets[k : k + 1])) for jaw in self.jaws]
        return np.concatenate(parts)


def evidence_of(trials: OwnTrials, opened: OpenedEvaluator) -> Evidence:
    """Evaluate executed trials with an evaluator, for all candidate offsets."""
    examples, images = examples_of(trials.paths, opened), np.array(trials.images)
    contract = opened.contract
    if not isinstance(contract, JawEvaluatorContract):
        logits = opened.layers.logits(examples.features)
        return Evidence(examples, images, np.zeros((1, 2)), logits[None], (), opened)
    jaws = tuple(JawAt(read_trials(path), contract) for path in trials.paths)
    offsets = grid_of(jaws[0].contract.jaw)
    scores = np.stack([score_offsets(jaw, offsets, opened) for jaw in jaws], axis=1)
    return Evidence(examples, images, offsets, scores, jaws, opened)


def replayed(root: Path, opened: OpenedEvaluator) -> Examples:
    """Return a sample of simulated grasps of the training views of a folder of trials.

    Raises:
        FileNotFoundError: There are no views.
    """
    paths = view_paths(root, 'train')
    chosen = np.random.default_rng(0).permutation(len(paths))
    parts, count = [], 0
    for k in chosen:
        if count >= _MOST_REPLAYED:
            break
        parts.append(examples_of([paths[k]], opened))
        count += len(parts[-1].held)
    return concatenated(parts)


def examples_of(paths: Sequence[Path], opened: OpenedEvaluator) -> Examples:
    """Return the inputs of the last layers and the outcomes of all grasps of stored views."""
    inputs = [trial_inputs(path, opened.contract) for path in paths]
    patches = np.concatenate([view.patches for view in inputs])
    context = np.concatenate([view.context for view in inputs])
    return Examples(
        opened.features(patches, context), np.concatenate([view.held for view in inputs])
    )
