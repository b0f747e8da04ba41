"""`dexnet export`: from weights to the file a robot runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from dexnet_core.cli.arguments import add_command, SubParsers

_EXAMPLE = 'dexnet export suction --weights runs/suction/best.pt --out suction.onnx'


def add_parser(commands: SubParsers) -> None:
    """Add the subcommand."""
    summary = 'Write weights as an ONNX file with its contract, checked against torch.'
    parser = add_command(commands, 'export', run, summary, _EXAMPLE)
    parser.add_argument('network', choices=['suction', 'jaw'])
    parser.add_argument('--weights', type=Path, required=True, help='checkpoint, such as best.pt')
    parser.add_argument('--out', type=Path, required=True, help='ONNX file to write')


def run(args: argparse.Namespace) -> None:
    """Export and report the largest difference between torch and the file."""
    from dexnet_core.export.onnx_file import write_onnx
    from dexnet_core.models.compact import DESIGNS, load_compact_net, QualityNet

    design = DESIGNS[args.network]
    network = QualityNet(load_compact_net(args.weights, design))
    difference = write_onnx(args.out, network, design.contract)
    size = args.out.stat().st_size
    print(f'{args.out}: {size} bytes, differs from torch by {difference:.1e}')  # noqa: T201
