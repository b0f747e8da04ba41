"""`dexnet export ... --target x5 --compile`: the folder compiled by the vendor's tools."""

from __future__ import annotations

import argparse
from functools import partial
import math
from pathlib import Path
import signal
import sys
from typing import TYPE_CHECKING

from dexnet_core.cli.arguments import refuse_foreign

if TYPE_CHECKING:
    from dexnet_core.export.x5.vendor_tools import Tools
    from dexnet_core.export.x5.x5_folder import Export
    from tqdm import tqdm

_COMPILE = '--compile'
_OF_COMPILER = ('--toolchain', '--compile-limit')
OPTIONS = (_COMPILE, *_OF_COMPILER)
_MINUTES = 20.0


def add_arguments(group: argparse._ArgumentGroup) -> None:
    """Add the options."""
    group.add_argument(
        _COMPILE, action='store_true', help="compile the folder by the vendor's tools"
    )
    add_toolchain(group)
    group.add_argument(
        '--compile-limit',
        type=float,
        metavar='MINUTES',
        help='maximum time to check a graph, and to compile it, in minutes '
        f'(default: {_MINUTES:g})',
    )


def add_toolchain(group: argparse._ActionsContainer) -> None:
    """Add the option that names the vendor's tools."""
    group.add_argument(
        '--toolchain',
        type=Path,
        metavar='DIR',
        help="folder of the vendor's tools, see tools/x5_toolchain.sh "
        '(default: DEXNET_X5_TOOLCHAIN, else the tools on PATH)',
    )


def tools_of(args: argparse.Namespace) -> Tools | None:
    """Return the tools to compile with; None where nothing is to be compiled.

    Raises:
        ValueError: They are not there or do not fit, or an option has nothing to say.
    """
    from dexnet_core.export.x5.vendor_tools import find_tools

    if not args.compile:
        refuse_foreign(args, 'a folder alone', dict.fromkeys(_OF_COMPILER, (_COMPILE,)))
        return None
    if args.compile_limit is not None and not 0 < args.compile_limit < math.inf:
        raise ValueError(f'--compile-limit is {args.compile_limit}, expected minutes over 0')
    return find_tools(args.toolchain)


def compile_export(args: argparse.Namespace, export: Export, tools: Tools) -> None:
    """Compile each graph of a folder that was written, add to its report, and print the same.

    Raises:
        ValueError: A graph could not be compiled or took too long; the message has the log's path.
    """
    from dexnet_core.export.x5.compiling import compile_graph, compiled_lines
    from dexnet_core.export.x5.x5_folder import add_to_report
    from tqdm import tqdm

    # Else the tools, which are in a session of their own, would go on after this is ended.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    minutes = _MINUTES if args.compile_limit is None else args.compile_limit
    graphs = [args.out / f'{network.name}.onnx' for network in export.networks]
    compiled = []
    with tqdm(graphs, desc='compiling', mininterval=1.0, dynamic_ncols=True) as bar:
        for graph in bar:
            shown = partial(_show, bar, graph.stem)
            compiled.append(compile_graph(graph, tools, 60 * minutes, shown))
    lines = compiled_lines(compiled, tools)
    add_to_report(args.out, 'Compiled', lines)
    print('\n'.join([*lines, f'What it costs in grasps: dexnet compare-x5 {args.out}']))  # noqa: T201


def _show(bar: tqdm[Path], name: str, said: str) -> None:
    bar.set_postfix_str(f'{name}: {said}')
