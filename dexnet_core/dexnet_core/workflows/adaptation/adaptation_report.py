"""Report of an adaptation: metrics of the correction on held-out picks."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from dexnet_core.datasets.trials.own_trials import OwnTrials
from dexnet_core.io.files.markdown import markdown_table
from dexnet_core.planning.grippers.gripper_files import Gripper
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.workflows.adaptation.correction_choice import BEFORE, Choice
from dexnet_core.workflows.adaptation.corrections import log_losses, probabilities
from dexnet_core.workflows.adaptation.evidence import Evidence
import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu

_DRAWS = 1000
_ENDS = (2.5, 97.5)


class CorrectionMetrics(NamedTuple):
    """Agreement of scores with the outcomes of picks.

    Attributes:
        loss: Mean log loss.
        ranked: Share of pairs of a successful and a failed pick in which the successful one has
            the higher score.
        expected: Mean score; ideally equal to the success rate.
    """

    loss: float
    ranked: float
    expected: float


def metrics_of(logits: NDArray[np.floating], held: NDArray[np.bool_]) -> CorrectionMetrics:
    """Return the metrics of (n,) logits and outcomes; both outcomes must occur."""
    wins = mannwhitneyu(logits[held], logits[~held]).statistic
    ranked = float(wins / held.sum() / (~held).sum())
    loss = float(log_losses(logits, held).mean())
    return CorrectionMetrics(loss, ranked, float(probabilities(logits).mean()))


def report_text(
    out: Path, evidence: Evidence, choice: Choice, trials: OwnTrials, gripper: Gripper
) -> str:
    """Return the report in Markdown.

    Args:
        out: Folder of the new model.
        evidence: The executed picks.
        choice: The chosen correction.
        trials: The trials made of the picks.
        gripper: Gripper with its new description.
    """
    held = evidence.examples.held
    before = evidence.opened.layers.logits(evidence.examples.features)
    metrics = {'before': metrics_of(before, held), 'after': metrics_of(choice.logits, held)}
    low, high = _interval(log_losses(before, held) - log_losses(choice.logits, held), evidence)
    left_out = ''.join(f'; {count} {why} omitted' for why, count in trials.left_out.items())
    sections = [
        f'# {len(held)} picks, {held.mean():.1%} held{left_out}',
        _decision(choice, gripper),
        'On held-out picks (nested cross-validation):',
        markdown_table(
            ('', 'log loss', 'pairs ranked right', 'mean score'),
            [
                (name, f'{one.loss:.3f}', f'{one.ranked:.1%}', f'{one.expected:.1%}')
                for name, one in metrics.items()
            ],
        ),
        f'The log loss decreases by {low:.3f} to {high:.3f} (95 % interval).',
        markdown_table(
            ('correction', 'log loss in cross-validation'),
            [(name, f'{loss:.3f}') for name, loss in choice.losses.items()],
        ),
        f'Use the new model with `--model {out} --gripper {out}/gripper.yaml`.',
    ]
    return '\n\n'.join(sections) + '\n'


def _decision(choice: Choice, gripper: Gripper) -> str:
    if choice.name == BEFORE:
        return 'No correction gains more than its standard error: the evaluator is unchanged.'
    x, y = choice.correction.offset
    if isinstance(gripper, JawGripper) and (x or y):
        where = f'{1e3 * x:.1f} mm along its closing direction and {1e3 * y:.1f} mm across it'
        return f'Chosen: {choice.name}. The jaw is offset from its commanded pose by {where}.'
    return f'Chosen: {choice.name}.'


def _interval(gained: NDArray[np.float64], evidence: Evidence) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean over picks, resampled by image."""
    _, image = np.unique(evidence.images, return_inverse=True)
    total, count = np.bincount(image, gained), np.bincount(image)
    drawn = np.random.default_rng(0).integers(0, len(total), (_DRAWS, len(total)))
    means = total[drawn].sum(axis=1) / count[drawn].sum(axis=1)
    low, high = np.percentile(means, _ENDS)
    return float(low), float(high)
