"""How a jaw would do that is beside where it is sent: the evaluator tells, and what it hits.

A jaw whose mounting, calibration or fingers are a few millimetres off fails in places where the
evaluator finds nothing wrong. The offset at which the evaluator's answers explain best what held
and what did not is where the jaw really is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from dexnet_core.datasets.trials.jaw_trials import JawTrials
from dexnet_core.planning.contracts.evaluator_contracts import JawEvaluatorContract
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.perception.jaw_patch import jaw_context, jaw_patches
from dexnet_core.workflows.adaptation.corrections import calibration_of, log_losses
from dexnet_core.workflows.adaptation.last_layers import OpenedEvaluator
import numpy as np
from numpy.typing import NDArray

_WIDEST, _STEP = 0.14, 0.0235
"""Greatest offset that is looked at and the step between two, in openings: 12 and 2 mm."""
_USUAL = 0.06
"""Standard deviation of offsets before anything was tried, in openings: 5 mm."""
_HIT, _DEEP = 1.0, 0.003
"""Logit that a finger costs which is that many metres below what was measured under it; many such
grasps hold, because objects give way."""


@dataclass(frozen=True)
class JawAt:
    """A jaw that was sent somewhere.

    Attributes:
        trials: With a single jaw.
        usual: Contract of the evaluator.
    """

    trials: JawTrials
    usual: JawEvaluatorContract

    @cached_property
    def contract(self) -> JawEvaluatorContract:
        """Of the evaluator, for this jaw."""
        return self.usual.scaled(self.trials.gripper)

    def inputs(
        self, offsets: NDArray[np.floating]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return patches and context if the jaw is off by each of offsets (g, 2)."""
        placed, count = self.trials.placed, len(offsets)
        cos, sin = np.cos(placed.angles[0]), np.sin(placed.angles[0])
        axes = np.array([[cos, sin, 0], [-sin, cos, 0]])
        places = placed.places._replace(
            middles=placed.middles + offsets @ axes,
            angles=np.repeat(placed.angles, count),
            openings=np.repeat(placed.openings, count),
        )
        scores = np.repeat(placed.scores, count)
        patches = jaw_patches(self.trials.heights, places, self.contract)
        return patches, jaw_context(places, scores, self.trials.down, self.contract)


def grid_of(jaw: JawGripper) -> NDArray[np.float64]:
    """Return (g, 2) offsets of a jaw that are looked at, (0, 0) among them."""
    count = round(_WIDEST / _STEP)
    line = np.arange(-count, count + 1) * _STEP * jaw.max_opening
    return np.stack(np.meshgrid(line, line, indexing='ij'), axis=-1).reshape(-1, 2)


def score_offsets(
    jaw: JawAt, offsets: NDArray[np.floating], opened: OpenedEvaluator
) -> NDArray[np.float64]:
    """Return (g,) logits that a jaw holds if it is off by each of offsets (g, 2)."""
    patches, context = jaw.inputs(offsets)
    logits = opened.layers.logits(opened.seen(patches, context))
    hit = np.clip(_overlaps(patches, jaw.contract) / _DEEP, 0, 1)
    return np.asarray(logits - _HIT * hit, float)


def _overlaps(
    patches: NDArray[np.float32], contract: JawEvaluatorContract
) -> NDArray[np.floating]:
    """Return (g,) metres by which fingertips are below what was measured under them, at most."""
    _, relief, known, outline = patches.transpose(1, 0, 2, 3)
    under = np.where((outline == 1) & (known > 0), relief * contract.coarse_relief, -np.inf)
    highest = under.reshape(len(patches), -1).max(axis=1)
    return np.asarray(highest + contract.jaw.tip_reach)


def likeliest_offset(
    offsets: NDArray[np.floating],
    scores: NDArray[np.floating],
    held: NDArray[np.bool_],
    jaw: JawGripper,
) -> int:
    """Return the index of the offset that explains best what held.

    Args:
        offsets: (g, 2) metres.
        scores: (g, n) logits.
        held: (n,).
        jaw: That was sent.
    """
    slope, offset = calibration_of(scores, held)
    losses = log_losses(slope[:, None] * scores + offset[:, None], held).sum(axis=1)
    far = (offsets**2).sum(axis=1) / (_USUAL * jaw.max_opening) ** 2 / 2
    return int(np.argmin(losses + far))
