"""The `dexnet` command: one subcommand per job, one line per mistake of the user."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import logging
import sys

from dexnet_core import __version__
from dexnet_core.cli import (
    adapt,
    analyze,
    bench,
    check_x5,
    compare_x5,
    convert,
    evaluate,
    export,
    generate,
    gripper,
    make,
    pick,
    plan,
    replay,
    train,
    view,
    visualize,
)
from dexnet_core.cli.arguments import add_verbose, EXIT_STATUS, INTERRUPTED, USER_ERROR
from dexnet_core.cli.extras import advice
from dexnet_core.cli.parsers import CommandParser
from dexnet_core.io.files.notes import notes_on_stderr

_LOG = logging.getLogger('dexnet_core.cli')
_COMMANDS = (
    plan,
    replay,
    view,
    generate,
    visualize,
    analyze,
    train,
    convert,
    export,
    evaluate,
    pick,
    make,
    adapt,
    gripper,
    bench,
    check_x5,
    compare_x5,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; return its status, 2 after a mistake of the user, 130 after Ctrl-C."""
    try:
        args = _parser().parse_args(argv)
    except ValueError as error:
        _complain(str(error))
        return USER_ERROR
    with notes_on_stderr('dexnet', logging.DEBUG if args.verbose else args.log_level):
        try:
            return args.run(args) or 0
        except ImportError as error:
            library = (error.name or '').partition('.')[0]
            _complain(f'{error}; {advice(library, args.command)}')
        except (ValueError, OSError) as error:
            _complain(str(error))
        except KeyboardInterrupt:
            return INTERRUPTED
    return USER_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='dexnet',
        description='Plan grasps on depth images and clouds; make, train and evaluate planners.',
        epilog=EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--version', action='version', version=f'dexnet {__version__}')
    add_verbose(parser, default=False)
    commands = parser.add_subparsers(
        required=True, metavar='COMMAND', dest='command', parser_class=CommandParser
    )
    for command in _COMMANDS:
        command.add_parser(commands)
    return parser


def _complain(message: str) -> None:
    """Write one line, and with --verbose the traceback before it."""
    _LOG.debug('the mistake was found here', exc_info=True)
    sys.stderr.write(f'dexnet: {" ".join(message.split())}\n')


if __name__ == '__main__':
    sys.exit(main())
