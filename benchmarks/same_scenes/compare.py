"""Compares two models of a planner by their first grasps in the same scenes.

    python benchmarks/same_scenes/compare.py ONE OTHER

ONE and OTHER are results of `dexnet pick` with `--config benchmarks/same_scenes/first.yaml` and
the same seed. Scenes, noise and errors of the pose are then the same. Two models that choose the
same grasp have the same outcome, so the interval of their difference is narrow.
"""

from __future__ import annotations

import math
from pathlib import Path
import sys

from dexnet_core.simulation.picking.pick_job import read_rounds, ROUNDS
from dexnet_core.simulation.picking.wilson_interval import Share, wilson, Z


def difference(gained: int, lost: int, pairs: int) -> Share:
    """Return the difference of two paired shares, with its interval (Agresti and Min, 2005).

    Args:
        gained: Pairs in which only the second is a success.
        lost: Pairs in which only the first is.
        pairs: All pairs.
    """
    value = (gained - lost) / (pairs + 2)
    spread = math.sqrt(gained + lost + 1 - (pairs + 2) * value**2) / (pairs + 2)
    return Share((gained - lost) / pairs, value - Z * spread, value + Z * spread)


def pairs_of(one: Path, other: Path) -> list[tuple[bool, bool]]:
    """Return for each scene whether the grasp of each model held; finding none counts as not."""
    return [
        (_has_held(path), _has_held(other / ROUNDS / path.name))
        for path in sorted((one / ROUNDS).glob('*.json'))
    ]


def _has_held(path: Path) -> bool:
    attempts = read_rounds(path)[0].attempts
    return bool(attempts) and attempts[0].success


def report(pairs: list[tuple[bool, bool]]) -> str:
    """Return the comparison as text."""
    lines = []
    for name, held in zip(('one', 'other'), zip(*pairs, strict=True), strict=True):
        lines.append(f'{name}: {_in_percent(wilson(sum(held), len(held)))} % held')
    gained, lost = pairs.count((False, True)), pairs.count((True, False))
    apart = difference(gained, lost, len(pairs))
    lines.append(
        f'other - one: {_in_percent(apart)} points in {len(pairs)} scenes; '
        f'{gained} held by other only, {lost} by one only'
    )
    return '\n'.join(lines)


def _in_percent(share: Share) -> str:
    value, low, high = (100 * number for number in share)
    return f'{value:.1f} ({low:.1f} to {high:.1f})'


def main() -> None:
    """Print the comparison."""
    if len(sys.argv) != 3:
        raise SystemExit('usage: compare.py ONE OTHER')
    one, other = map(Path, sys.argv[1:])
    pairs = pairs_of(one, other)
    if not pairs:
        raise SystemExit(f'{one} holds no rounds')
    print(report(pairs))  # noqa: T201


if __name__ == '__main__':
    main()
