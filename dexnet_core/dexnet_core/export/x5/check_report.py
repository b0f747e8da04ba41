"""Text report of a graph check."""

from __future__ import annotations

from dexnet_core.export.x5.graph_check import Check, Device

_NOTE = 'Checked statically against the list of operators; this check runs nothing on a board.'


def check_lines(check: Check) -> list[str]:
    """Return a table of all nodes with device, cost and reason, and the summary."""
    rows = [('node', 'operator', 'device', 'part', 'M mult-adds', 'kB', 'reason')]
    for verdict in check.verdicts:
        rows.append(
            (
                verdict.node.name,
                verdict.node.op,
                verdict.device.value,
                str(verdict.subgraph) if verdict.device is Device.BPU else '',
                f'{verdict.multiply_adds / 1e6:.1f}' if verdict.multiply_adds else '',
                f'{verdict.bytes / 1e3:.0f}',
                verdict.why,
            )
        )
    *widths, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
    lines = [
        '  '.join(
            [*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]
        )
        for row in rows
    ]
    return [*lines, '', *summary_lines(check)]


def summary_lines(check: Check) -> list[str]:
    """Return the summary of the whole graph."""
    counts = ', '.join(f'{check.count(device)} {device.value}' for device in Device)
    splits = max(0, check.subgraphs - 1)
    costs = f'{check.multiply_adds / 1e6:.1f} million multiply-adds'
    return [
        f'{check.path.name}: {counts}; {check.subgraphs} parts on the BPU, {splits} splits',
        f'{costs}, {check.bpu_share:.1%} on the BPU; {check.bytes / 1e6:.2f} MB moved',
        *(f'refused: {problem}' for problem in check.problems),
        _NOTE,
    ]
