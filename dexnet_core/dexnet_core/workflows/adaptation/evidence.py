"""What is known of tried grasps: what the evaluator is shown of them, and whether they held."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dexnet_core.datasets.trials.jaw_trials import read_trials
from dexnet_core.datasets.trials.own_trials import OwnTrials
from dexnet_core.datasets.trials.trial_samples import trial_inputs
from dexnet_core.datasets.views.stored_views import view_paths
from dexnet_core.planning.contracts.evaluator_contracts import JawEvaluatorContract
from dexnet_core.workflows.adaptation.corrections import Examples
from dexnet_core.workflows.adaptation.last_layers import OpenedEvaluator
from dexnet_core.workflows.adaptation.offsets import grid_of, JawAt, score_offsets
import numpy as np
from numpy.typing import NDArray

_MOST_REPLAYED = 2000


class Evidence(NamedTuple):
    """n grasps of one gripper that were tried.

    Attributes:
        examples: What was seen where the gripper was sent, and what held.
        images: (n,) the same number for grasps on the same image.
        offsets: (g, 2) metres along x and y of the grasps by which a jaw may be beside where it is
            sent; (1, 2) zeros for a cup.
        scores: (g, n) logits if it is.
        jaws: The n placed jaws; none for a cup.
        opened: The evaluator so far.
    """

    examples: Examples
    images: NDArray[np.int64]
    offsets: NDArray[np.float64]
    scores: NDArray[np.float64]
    jaws: tuple[JawAt, ...]
    opened: OpenedEvaluator

    @property
    def straight(self) -> int:
        """Index of no offset."""
        return int(np.flatnonzero(~self.offsets.any(axis=1))[0])

    def seen_at(self, k: int) -> NDArray[np.floating]:
        """Return (n, d) what is seen where the gripper is if it is off by offset k."""
        if k == self.straight:
            return self.examples.seen
        parts = [self.opened.seen(*jaw.inputs(self.offsets[k : k + 1])) for jaw in self.jaws]
        return np.concatenate(parts)


def evidence_of(own: OwnTrials, opened: OpenedEvaluator) -> Evidence:
    """Return what own trials tell of an evaluator."""
    examples, images = examples_of(own.paths, opened), np.array(own.images)
    contract = opened.contract
    if not isinstance(contract, JawEvaluatorContract):
        logits = opened.layers.logits(examples.seen)
        return Evidence(examples, images, np.zeros((1, 2)), logits[None], (), opened)
    jaws = tuple(JawAt(read_trials(path), contract) for path in own.paths)
    offsets = grid_of(jaws[0].contract.jaw)
    scores = np.stack([score_offsets(jaw, offsets, opened) for jaw in jaws], axis=1)
    return Evidence(examples, images, offsets, scores, jaws, opened)


def replayed(root: Path, opened: OpenedEvaluator) -> Examples:
    """Return some simulated grasps of the training views of a folder of trials.

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
    return Examples(*map(np.concatenate, zip(*parts, strict=True)))


def examples_of(paths: Sequence[Path], opened: OpenedEvaluator) -> Examples:
    """Return what was seen of all grasps of stored views, and what held."""
    inputs = [trial_inputs(path, opened.contract) for path in paths]
    patches = np.concatenate([view.patches for view in inputs])
    context = np.concatenate([view.context for view in inputs])
    return Examples(opened.seen(patches, context), np.concatenate([view.held for view in inputs]))
