"""`dexnet compare-x5`: what a network compiled for the RDK X5 costs in grasps, on a PC."""

from __future__ import annotations

import argparse
from pathlib import Path

from dexnet_core.cli import compile_x5, export_x5
from dexnet_core.cli.arguments import add_command, SubParsers
from dexnet_core.cli.export_x5_options import add_clouds, add_images

_EXAMPLE = """dexnet compare-x5 x5/suction --toolchain ~/x5_toolchain
  dexnet compare-x5 x5/jaw --evaluator x5/jaw-evaluator
  dexnet compare-x5 x5/jaw --depth bin.png --camera camera.yaml"""
_IMAGES = 60
_PURPOSE = 'compare on'


def add_parser(commands: SubParsers) -> None:
    """Add the command."""
    summary = (
        "Compare grasps of a network compiled for the RDK X5, by the vendor's arithmetic on a PC, "
        'with those of float32.'
    )
    parser = add_command(commands, 'compare-x5', run, summary, _EXAMPLE)
    parser.add_argument(
        'folder',
        type=Path,
        metavar='DIR',
        help='folder that dexnet export --target x5 --compile wrote',
    )
    parser.add_argument(
        '--evaluator',
        type=Path,
        metavar='DIR',
        help='such a folder of an evaluator, to compare both together',
    )
    add_images(parser, _PURPOSE, _IMAGES)
    add_clouds(parser, _PURPOSE)
    compile_x5.add_toolchain(parser)


def run(args: argparse.Namespace) -> None:
    """Plan on every image with and without rounding, add to the report, and print the same.

    Raises:
        ValueError: The options do not go together, the tools or compiled files are not there, or
            there is no grasp on any image.
    """
    export_x5.require_images(args)
    from dexnet_core.export.x5.comparing import compared, compared_lines, planner_pairs
    from dexnet_core.export.x5.vendor_runtime import board_on_pc
    from dexnet_core.export.x5.vendor_tools import find_tools
    from dexnet_core.export.x5.x5_folder import add_to_report
    from dexnet_core.simulation.objects.grasp_object import Split

    tools = find_tools(args.toolchain)
    with board_on_pc(tools), planner_pairs(args.folder, args.evaluator) as pairs:
        costs = compared(pairs, export_x5.shown_of(args, Split.TEST, _IMAGES))
    lines = compared_lines(costs)
    add_to_report(args.folder, "Grasps by the vendor's arithmetic", lines)
    print('\n'.join(lines))  # noqa: T201
