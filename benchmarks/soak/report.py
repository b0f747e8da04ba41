"""The report of a soak test: a table and a picture, also while it runs."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
import sys

from dexnet_core.io.files.atomic import atomic_path, write_text
from figures import Figures, figures_of, Record, record_of
from matplotlib.axes import Axes
from matplotlib.figure import Figure
import numpy as np

MOST_GROWTH = 0.01
"""Of memory after the first five minutes."""
_HEAD = """| planner | minutes | answers | answer ms: median | 95 % | worst | of the newest frame \
| most frames behind | restarts | without grasps | grasps again s: median | worst | errors | \
CPU | MiB after 5 min | in the middle | at the end | growth | second half | \
its own, growth | second half |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"""


def write_report(out: Path, planners: Sequence[str]) -> tuple[str, bool]:
    """Write soak.md and soak.png; return the text, and whether the promises were kept."""
    records = {name: record_of(out / name) for name in planners}
    figures = {name: figures_of(record) for name, record in records.items()}
    broken = [f'{name}: {fault}' for name, one in figures.items() for fault in faults(one)]
    text = '\n'.join([table(figures), '', *broken, ''])
    write_text(out / 'soak.md', text)
    draw(records, out / 'soak.png')
    return text, not broken


def faults(one: Figures) -> list[str]:
    """Return what was promised and not kept."""
    missing = int(np.isinf(one.restart_s).sum())
    checks = {
        f'memory grew by {100 * one.memory.growth:.1f} %': one.memory.growth >= MOST_GROWTH,
        f'after {missing} restarts no grasps came': missing > 0,
        f'{one.errors} inputs could not be used': one.errors > 0,
        f'the node ended with {one.ended}': any(one.ended),
        'no answer came': not len(one.answer_ms),
    }
    return [text for text, is_so in checks.items() if is_so]


def table(figures: Mapping[str, Figures]) -> str:
    """Return the Markdown of the figures by planner."""
    return '\n'.join([_HEAD, *(_row(name, one) for name, one in figures.items())])


def _row(name: str, one: Figures) -> str:
    cells = [name, f'{one.minutes:.1f}', len(one.answer_ms)]
    cells += _spread(one.answer_ms, (50, 95, 100), 0)
    cells += [f'{100 * np.mean(one.behind == 0):.2f} %', one.behind.max(initial=0)]
    came = one.restart_s[np.isfinite(one.restart_s)]
    cells += [len(one.restart_s), len(one.restart_s) - len(came), *_spread(came, (50, 100), 2)]
    cells += [one.errors, f'{100 * one.cpu:.0f} %']
    cells += [f'{mib:.1f}' for mib in one.memory]
    for memory in (one.memory, one.anonymous):
        cells += [f'{100 * share:+.2f} %' for share in (memory.growth, memory.late_growth)]
    return ''.join(['|', *(f' {cell} |' for cell in cells)])


def _spread(values: np.ndarray, percents: Sequence[float], digits: int) -> list[str]:
    if not len(values):
        return ['-'] * len(percents)
    return [f'{value:.{digits}f}' for value in np.percentile(values, percents)]


def draw(records: Mapping[str, Record], path: Path) -> None:
    """Draw memory and answer times over the minutes, a column for each planner."""
    figure = Figure(figsize=(6 * len(records), 6), layout='constrained')
    rows = figure.subplots(2, len(records), squeeze=False, sharex='col')
    for column, (name, record) in enumerate(records.items()):
        began = record.samples[0].at
        memory, times = rows[0, column], rows[1, column]
        minutes = [(sample.at - began) / 60 for sample in record.samples]
        memory.plot(minutes, [s.rss_kib / 1024 for s in record.samples], label='resident')
        memory.plot(minutes, [s.anon_kib / 1024 for s in record.samples], label='its own')
        memory.set(title=name, ylabel='memory, MiB', ylim=(0, None))
        memory.legend(loc='lower right')
        minutes = [(answer.at - began) / 60 for answer in record.answers]
        times.plot(minutes, [a.planning_ms for a in record.answers], '.', markersize=1)
        times.set(xlabel='minutes', ylabel='frame to answer, ms', ylim=(0, None))
        for axes in (memory, times):
            _mark(axes, record, began)
    with atomic_path(path) as scratch:
        figure.savefig(scratch, dpi=80)


def _mark(axes: Axes, record: Record, began: float) -> None:
    """Draw a line where a camera was started."""
    for phase in record.phases:
        axes.axvline((phase.at - began) / 60, color='0.85', linewidth=0.5, zorder=0)


def main() -> int:
    """Print and write the report of a folder; return 1 if a promise was not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out', type=Path, help='folder that run.py has written')
    out = parser.parse_args().out
    names = sorted(path.parent.name for path in out.glob('*/sample.csv'))
    text, is_kept = write_report(out, names)
    sys.stdout.write(text)
    return int(not is_kept)


if __name__ == '__main__':
    sys.exit(main())
