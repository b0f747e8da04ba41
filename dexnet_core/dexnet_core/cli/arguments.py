"""What the subcommands share: parsers with examples and progress bars."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

T = TypeVar('T')
SubParsers = Any
MODEL_HELP = 'ONNX file, of graspnet a folder, of jaw either; the shipped weights by default'


def add_command(
    commands: SubParsers,
    name: str,
    run: Callable[[argparse.Namespace], None],
    summary: str,
    example: str,
) -> argparse.ArgumentParser:
    """Add a subcommand whose --help shows an example."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary,
        epilog=f'example:\n  {example}',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def require_one_input(args: argparse.Namespace) -> None:
    """Raise ValueError unless either --cloud is given, or --depth with --camera."""
    if (args.cloud is None) == (args.depth is None or args.camera is None):
        raise ValueError('give either --cloud, or --depth with --camera')


def progress(items: Iterable[T], what: str, total: int) -> Iterable[T]:
    """Show a progress bar while the items pass through."""
    from tqdm import tqdm

    return tqdm(items, desc=what, total=total, mininterval=1.0, dynamic_ncols=True)
