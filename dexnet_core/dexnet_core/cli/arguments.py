"""What the subcommands share: parsers with examples, checks and progress bars."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

T = TypeVar('T')
SubParsers = Any
CAMERA_HELP = (
    'camera_info YAML, .intr JSON, 3x3 .npy, .mat of GraspNet, or fx,fy,cx,cy in pixels; '
    'a .mat also says the units of uint16 depth (factor_depth to the metre)'
)
DEPTH_HELP = '.npy or image: float metres, or uint16, millimetres unless --camera says otherwise'
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
    of_image = [args.depth is not None, args.camera is not None]
    if any(of_image) if args.cloud is not None else not all(of_image):
        raise ValueError('give either --cloud, or --depth with --camera')


def refuse_foreign(
    args: argparse.Namespace, kind: str, meant_for: Mapping[str, Sequence[str]]
) -> None:
    """Raise ValueError if an option is given that the kind has no use for.

    Args:
        args: Options that are not given are None, False or empty.
        kind: What the command is to do.
        meant_for: Kinds that have a use for an option, by its name with dashes, or for a
            positional argument by its name.
    """
    for option, kinds in meant_for.items():
        value = getattr(args, option.lstrip('-').replace('-', '_'))
        is_given = not (value is None or value is False or value == [])
        if is_given and kind not in kinds:
            raise ValueError(f'{option} is for {" or ".join(kinds)}, not for {kind}')


def progress(items: Iterable[T], what: str, total: int) -> Iterable[T]:
    """Show a progress bar while the items pass through."""
    from tqdm import tqdm

    return tqdm(items, desc=what, total=total, mininterval=1.0, dynamic_ncols=True)
