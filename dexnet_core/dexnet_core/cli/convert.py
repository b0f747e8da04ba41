"""`dexnet convert`: from weights of a crop network to those of its heat map."""

from __future__ import annotations

import argparse
from pathlib import Path

from dexnet_core.cli.arguments import add_command, SubParsers

_EXAMPLE = 'dexnet convert --weights runs/gqcnn/best.pt --out fcgqcnn.pt'


def add_parser(commands: SubParsers) -> None:
    """Add the command."""
    summary = 'Turn weights of a GQ-CNN into those of the fully convolutional FC-GQ-CNN.'
    parser = add_command(commands, 'convert', run, summary, _EXAMPLE)
    parser.add_argument(
        '--weights',
        type=Path,
        required=True,
        metavar='FILE.pt',
        help='checkpoint of a GQ-CNN without poses',
    )
    parser.add_argument(
        '--out', type=Path, required=True, metavar='FILE.pt', help='file of weights to write'
    )


def run(args: argparse.Namespace) -> None:
    """Convert and say where the weights are."""
    from dexnet_core.models.conversion import convert

    convert(args.weights, args.out)
    print(f'{args.out}: weights of fcgqcnn and fcgqcnn-highres')  # noqa: T201
