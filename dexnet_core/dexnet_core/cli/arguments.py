"""What the commands share: parsers with examples, kinds, checks and progress bars."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
import logging
import os
from typing import Any, NamedTuple, TypeVar

from dexnet_core.cli.parsers import CommandParser, KindParser

T = TypeVar('T')
SubParsers = Any
Run = Callable[[argparse.Namespace], int | None]
Options = Callable[[argparse.ArgumentParser], object]
USER_ERROR, NO_GRASP, INTERRUPTED = 2, 3, 130
EXIT_STATUS = f"""exit status:
  0    done
  {USER_ERROR}    an error in the options or files, in one line
  {NO_GRASP}    plan: no grasp was found; the reason is printed
  {INTERRUPTED}  stopped with Ctrl-C"""
MODEL_HELP = "ONNX file, or folder of the planner's networks (default: the shipped ones)"


class Kind(NamedTuple):
    """A kind of a command: a sub-parser with its own options.

    Attributes:
        name: Word that follows the name of the command.
        summary: One sentence.
        example: Command lines.
        run: Runs with the options, and returns the exit status, None for 0.
        options: Functions that add options to the parser.
        more: Text after the example.
    """

    name: str
    summary: str
    example: str
    run: Run
    options: Sequence[Options]
    more: str = ''


def add_command(
    commands: SubParsers,
    name: str,
    run: Run | None,
    summary: str,
    example: str,
    more: str = '',
) -> argparse.ArgumentParser:
    """Add a command whose --help shows an example.

    Args:
        commands: Sub-parsers of the program or of a command.
        name: Name of the command.
        run: Runs with the options, and returns the exit status, None for 0. None where the
            kinds of the command run.
        summary: One sentence.
        example: Command lines.
        more: Text after the example.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=summary,
        epilog=f'example:\n  {example}{more}',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_verbose(parser, argparse.SUPPRESS)  # the program's parser has the default
    parser.set_defaults(run=run, log_level=logging.WARNING)
    return parser


def add_verbose(parser: argparse.ArgumentParser, default: object) -> None:
    """Add the option to log details."""
    parser.add_argument(
        '-v',
        '--verbose',
        action='store_true',
        default=default,
        help='log loaded files and times, and the traceback of an error',
    )


def add_kinds(
    parser: argparse.ArgumentParser, dest: str, kinds: Iterable[Kind], option: str = ''
) -> None:
    """Add the kinds of a command.

    Args:
        parser: Parser of the command.
        dest: Attribute of the parsed options that holds the name of the kind.
        kinds: In the order of the help.
        option: Option that may name the kind instead, such as --planner; empty for none.
    """
    name = dest.upper()
    about = f'`{parser.prog} {name} --help` shows the options of one {dest}'
    adding = parser.add_subparsers(
        title=f'{dest}s',
        description=about,
        dest=dest,
        metavar=name,
        required=True,
        parser_class=KindParser,
    )
    for kind in kinds:
        added = add_command(adding, kind.name, kind.run, kind.summary, kind.example, kind.more)
        for add_options in kind.options:
            add_options(added)
    for added in adding.choices.values():
        added.siblings = adding.choices
    if isinstance(parser, CommandParser):
        parser.kinds, parser.kind_option = adding.choices, option


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Add the option of the number of processes."""
    parser.add_argument(
        '--workers',
        type=int,
        default=os.cpu_count() or 1,
        metavar='N',
        help='number of processes (default: number of processors, %(default)s)',
    )


def refuse_foreign(
    args: argparse.Namespace, kind: str, meant_for: Mapping[str, Sequence[str]]
) -> None:
    """Raise ValueError if an option is given that another option makes useless.

    Args:
        args: Options that are not given are None, False, empty or missing.
        kind: What the other option selects.
        meant_for: What the other option must select, by the name of an option with dashes.
    """
    for option, kinds in meant_for.items():
        value = getattr(args, option.lstrip('-').replace('-', '_'), None)
        is_given = not (value is None or value is False or value == [])
        if is_given and kind not in kinds:
            raise ValueError(f'{option} is for {" or ".join(kinds)}, not for {kind}')


def progress(items: Iterable[T], what: str, total: int) -> Iterable[T]:
    """Show a progress bar while the items pass through."""
    from tqdm import tqdm

    shown: Iterable[T] = tqdm(items, desc=what, total=total, mininterval=1.0, dynamic_ncols=True)
    return shown
