"""`dexnet check-x5`: what the toolchain of the RDK X5 would make of an ONNX file."""

from __future__ import annotations

import argparse
from pathlib import Path

from dexnet_core.cli.arguments import add_command, SubParsers

_EXAMPLE = 'dexnet check-x5 out/suction_x5/suction.onnx'


def add_parser(commands: SubParsers) -> None:
    """Add the command."""
    summary = 'Check an ONNX file against the operators of the RDK X5, without a board.'
    parser = add_command(commands, 'check-x5', run, summary, _EXAMPLE)
    parser.add_argument('file', type=Path, help='ONNX file')


def run(args: argparse.Namespace) -> None:
    """Print every node and the sums; a mistake of the user where something is refused.

    Raises:
        ValueError: Something is refused.
    """
    from dexnet_core.export.x5.check_report import check_lines
    from dexnet_core.export.x5.graph_check import check_file, Device

    check = check_file(args.file)
    print('\n'.join(check_lines(check)))  # noqa: T201
    if not check.is_accepted:
        nodes, wrong = check.count(Device.REFUSED), len(check.problems)
        raise ValueError(f'{args.file}: {nodes} nodes and {wrong} properties are refused')
