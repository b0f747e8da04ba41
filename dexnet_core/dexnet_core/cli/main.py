"""The `dexnet` command: one subcommand per job, one line per mistake of the user."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import sys

from dexnet_core.cli import (
    analyze,
    bench,
    check_x5,
    compare_x5,
    convert,
    evaluate,
    export,
    generate,
    gripper,
    pick,
    plan,
    replay,
    train,
    view,
    visualize,
)
from dexnet_core.cli.arguments import EXIT_STATUS, INTERRUPTED, USER_ERROR
from dexnet_core.files.notes import notes_on_stderr

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
    gripper,
    bench,
    check_x5,
    compare_x5,
)
_GENERATE = 'coacd embreex mapbox_earcut mujoco networkx rtree shapely tqdm trimesh yourdfpy'
_INSTALLED_BY = {
    'dacite': 'pip install dacite',
    'rosbags': 'pip install -r requirements/bags.txt, or pip install rosbags',
    **dict.fromkeys(_GENERATE.split(), 'pip install -r requirements/generate.txt, or ./setup.sh'),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; return its status, 2 after a mistake of the user, 130 after Ctrl-C."""
    args = _parser().parse_args(argv)
    try:
        with notes_on_stderr('dexnet'):
            return args.run(args) or 0
    except ImportError as error:
        library = (error.name or '').partition('.')[0]
        hint = _INSTALLED_BY.get(library, './setup.sh --with-train')
        _complain(f'{error}; this command needs more packages: {hint}')
        return USER_ERROR
    except (ValueError, OSError) as error:
        _complain(str(error))
        return USER_ERROR
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='dexnet',
        description='Plan grasps on depth images and clouds; make, train and evaluate planners.',
        epilog=EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar='COMMAND')
    for command in _COMMANDS:
        command.add_parser(commands)
    return parser


def _complain(message: str) -> None:
    sys.stderr.write(f'dexnet: {" ".join(message.split())}\n')


if __name__ == '__main__':
    sys.exit(main())
