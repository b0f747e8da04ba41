"""Estimation of the offset between the commanded and the actual place of a jaw.

If the mounting, calibration or fingers of a jaw are off by a few millimetres, grasps fail that the
evaluator predicts as good. The offset is estimated as the one at which the predictions of the
evaluator, with a penalty for collisions, agree best with the outcomes.
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
"""Largest offset of the grid and its step, relative to the maximum opening: 12 and 2 mm."""
_USUAL = 0.06
"""Prior standard deviation of the offset, relative to the maximum opening: 5 mm."""
_HIT, _DEEP = 1.0, 0.003
"""Logit penalty of a finger that is _DEEP metres or more below the measured surface. It is small,
as many such grasps hold: objects give way."""


@dataclass(frozen=True)
class JawAt:
    """A jaw at a commanded pose.

    Attributes:
        trials: Trials with a single jaw.
        usual: Contract of the evaluator.
    """

    trials: JawTrials
    usual: JawEvaluatorContract

    @cached_property
    def contract(self) -> JawEvaluatorContract:
        """Contract of the evaluator, scaled for this jaw."""
        return self.usual.scaled(self.trials.gripper)

    def inputs(
        self, offsets: NDArray[np.floating]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return patches and context of the jaw at each of (g, 2) offsets."""
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
    """Return the (g, 2) grid of candidate offsets of a jaw, metres; it includes (0, 0)."""
    count = round(_WIDEST / _STEP)
    line = np.arange(-count, count + 1) * _STEP * jaw.max_opening
    return np.stack(np.meshgrid(line, line, indexing='ij'), axis=-1).reshape(-1, 2)


def score_offsets(
    jaw: JawAt, offsets: NDArray[np.floating], opened: OpenedEvaluator
) -> NDArray[np.float64]:
    """Return the (g,) success logits of a jaw at each of (g, 2) offsets."""
    patches, context = jaw.inputs(offsets)
    logits = opened.layers.logits(opened.features(patches, context))
    hit = np.clip(_overlaps(patches, jaw.contract) / _DEEP, 0, 1)
    return np.asarray(logits - _HIT * hit, float)


def _overlaps(
    patches: NDArray[np.float32], contract: JawEvaluatorContract
) -> NDArray[np.floating]:
    """Return the (g,) largest depth of fingertips below the measured surface, metres."""
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
    """Return the index of the offset with the highest posterior probability.

    Args:
        offsets: (g, 2) metres.
        scores: (g, n) logits.
        held: (n,) bool outcomes.
        jaw: The commanded jaw.
    """
    slope, offset = calibration_of(scores, held)
    losses = log_losses(slope[:, None] * scores + offset[:, None], held).sum(axis=1)
    far = (offsets**2).sum(axis=1) / (_USUAL * jaw.max_opening) ** 2 / 2
    return int(np.argmin(losses + far))
