"""What the subcommands share: parsers with examples, checks and progress bars."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
import logging
from typing import Any, TypeVar

T = TypeVar('T')
SubParsers = Any
USER_ERROR, NO_GRASP, INTERRUPTED = 2, 3, 130
EXIT_STATUS = f"""exit status:
  0    done
  {USER_ERROR}    an error in the options or files, in one line
  {NO_GRASP}    plan: no grasp was found; the reason is printed
  {INTERRUPTED}  stopped with Ctrl-C"""
MODEL_HELP = "ONNX file, or folder of the planner's networks; the shipped ones by default"


def add_command(
    commands: SubParsers,
    name: str,
    run: Callable[[argparse.Namespace], int | None],
    summary: str,
    example: str,
    more: str = '',
) -> argparse.ArgumentParser:
    """Add a subcommand whose --help shows an example, and more after it.

    It runs with its options, and returns its exit status, None for 0.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=summary,
        epilog=f'example:\n  {example}{more}',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, log_level=logging.WARNING)
    return parser


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

    shown: Iterable[T] = tqdm(items, desc=what, total=total, mininterval=1.0, dynamic_ncols=True)
    return shown
