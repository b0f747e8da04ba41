"""How much of a fault's loss an adaptation recovers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapted import WITH, WITHOUT
from dexnet_core.simulation.picking.wilson_interval import wilson
import numpy as np

_DRAWS = 4000
_ENDS = (2.5, 97.5)

Measured = Sequence[Mapping[str, Mapping[str, int]]]


def report(fault: str, measured: Measured, adapted: str) -> str:
    """Return a table of what held in the same scenes, and the share of the loss recovered.

    Args:
        fault: Its name.
        measured: Of each scene what became of the best grasp of each variant.
        adapted: Report of the adaptation.
    """
    held = {name: np.array([scene[name]['held'] for scene in measured]) for name in measured[0]}
    rows = [
        f'| {name} | {_share(values)} | {_recovered(held, name)} |'
        for name, values in held.items()
    ]
    return '\n'.join(
        [
            f'# {fault}: the best grasp in {len(measured)} scenes',
            '',
            '| | held | of the loss recovered |',
            '|---|---|---|',
            *rows,
            '',
            f'#{adapted}',
        ]
    )


def _share(values: np.ndarray) -> str:
    share = wilson(int(values.sum()), len(values))
    return f'{share.value:.1%} ({share.low:.0%} to {share.high:.0%})'


def _recovered(held: Mapping[str, np.ndarray], name: str) -> str:
    """Return (after - with) / (without - with) in percent; scenes are drawn anew."""
    if name in (WITHOUT, WITH):
        return ''
    count = len(held[name])
    every = np.arange(count)[None]
    drawn = np.random.default_rng(0).integers(0, count, (_DRAWS, count))
    value, ratios = (
        (held[name][rows].mean(1) - held[WITH][rows].mean(1))
        / (held[WITHOUT][rows].mean(1) - held[WITH][rows].mean(1))
        for rows in (every, drawn)
    )
    low, high = np.nanpercentile(ratios, _ENDS)
    return f'{value[0]:.0%} ({low:.0%} to {high:.0%})'
