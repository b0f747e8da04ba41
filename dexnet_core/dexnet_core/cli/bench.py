"""`dexnet bench`: how long planning takes, how networks of crops scale, how data is read."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
import math
from pathlib import Path
import statistics
import time

from dexnet_core.cli import bench_data, bench_graspnet
from dexnet_core.cli.arguments import add_command, add_kinds, Kind, SubParsers
from dexnet_core.cli.planners import add_model
from dexnet_core.planning.planners.planner import Planner
from dexnet_core.planning.planners.planner_registry import planner_kinds
from dexnet_core.planning.planners.settings import APPROACHES

_EXAMPLE = """dexnet bench suction --rounds 100
  dexnet bench jaw --tilt 45 --approach camera down any
  dexnet bench networks --files gqcnn.onnx fcgqcnn.onnx
  dexnet bench data data/suction_crops"""
_BATCHES, _SIDES = [1, 64, 512], [40, 60, 90]
_DISTANCE = 0.7
_CLASSICAL = ('suction', 'jaw')
"""Planners that are timed on a rendered image of the options."""


def add_parser(commands: SubParsers) -> None:
    """Add the command."""
    summary = 'Time every stage of planning, networks of crops, or ways of reading a data set.'
    parser = add_command(commands, 'bench', None, summary, _EXAMPLE)
    add_kinds(parser, 'benchmark', _kinds())


def _kinds() -> Iterator[Kind]:
    """Yield the sub-parsers of the planners, of networks and of data sets."""
    for name in planner_kinds():
        yield _planner_kind(name)
    yield Kind(
        'networks',
        'Time networks of crops over batches and image sizes.',
        'dexnet bench networks --files gqcnn.onnx fcgqcnn.onnx',
        partial(_run, _networks),
        (_add_networks, partial(_add_rounds, what='runs of a network'), _add_threads),
    )
    yield Kind(
        'data',
        'Compare ways of reading a data set of crops.',
        'dexnet bench data data/suction_crops',
        partial(_run, bench_data.run),
        (bench_data.add_arguments, partial(_add_rounds, what='batches of 256 crops to read')),
    )


def _planner_kind(name: str) -> Kind:
    """Return the sub-parser of a planner."""
    planner = (add_model, partial(_add_rounds, what='plans'), _add_threads)
    example = f'dexnet bench {name} --rounds 100'
    summary = f'Time every stage of the planner {name}.'
    if name == bench_graspnet.NAME:
        run, own = bench_graspnet.run, bench_graspnet.add_arguments
    else:
        run, own = _planner, _add_scene if name in _CLASSICAL else _without_scene
    return Kind(name, summary, example, partial(_run, run), (*planner, own))


def _add_rounds(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        '--rounds',
        type=int,
        default=100,
        metavar='N',
        help=f'number of {what} (default: %(default)s)',
    )


def _add_threads(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--threads',
        type=int,
        default=2,
        metavar='N',
        help='number of threads of the network (default: %(default)s)',
    )


def _without_scene(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(original=False, approach=None, tilt=0.0, distance=_DISTANCE)


def _add_scene(parser: argparse.ArgumentParser) -> None:
    """Add the options of the rendered bin that is planned on."""
    parser.add_argument(
        '--original',
        action='store_true',
        help="also time Dex-Net's own high-resolution network once on the same image (torch)",
    )
    parser.add_argument(
        '--approach',
        nargs='*',
        choices=APPROACHES,
        help='directions that grasps come from, timed in turn (default: that of the planner)',
    )
    parser.add_argument(
        '--tilt',
        type=float,
        default=0.0,
        metavar='DEGREES',
        help='angle of the camera from straight down (default: %(default)s)',
    )
    parser.add_argument(
        '--distance',
        type=float,
        default=_DISTANCE,
        metavar='METRES',
        help='distance of the camera (default: %(default)s)',
    )


def _add_networks(parser: argparse.ArgumentParser) -> None:
    """Add the options of networks of crops."""
    parser.add_argument(
        '--files', type=Path, nargs='*', default=[], metavar='FILE.onnx', help='networks'
    )
    for option, usual, what in (
        ('--batches', _BATCHES, 'numbers of crops in a batch'),
        ('--sides', _SIDES, 'sides of square images'),
    ):
        parser.add_argument(
            option,
            type=int,
            nargs='*',
            metavar='PIXELS' if option == '--sides' else 'N',
            help=f'{what} (default: {" ".join(map(str, usual))})',
        )


def _run(time_it: Callable[[argparse.Namespace], None], args: argparse.Namespace) -> None:
    """Time, and print the table.

    Raises:
        ValueError: There is no round.
    """
    if args.rounds < 1:
        raise ValueError(f'rounds is {args.rounds}, expected at least 1')
    time_it(args)


def _networks(args: argparse.Namespace) -> None:
    """Time every network on batches or images, crop networks as sliding windows too."""
    from dexnet_core.evaluation.crop_network_speed import speed_table, time_networks

    if not args.files:
        raise ValueError('nothing to time: give --files')
    batches, sides = args.batches or _BATCHES, args.sides or _SIDES
    rows = time_networks(args.files, batches, sides, args.rounds, args.threads)
    print(speed_table(rows))  # noqa: T201


def _planner(args: argparse.Namespace) -> None:
    """Time the stages of planning."""
    from dexnet_core.evaluation.planner_speed import bench_image, stage_table, time_planners

    planner = planner_kinds()[args.benchmark].load(args.model, threads=args.threads)
    names = args.approach or [planner.settings.approach]
    planners = {
        name: planner.with_settings(replace(planner.settings, approach=name)) for name in names
    }
    image = bench_image(math.radians(args.tilt), args.distance)
    times = time_planners(planners, image, args.rounds)
    print(stage_table(times))  # noqa: T201
    if args.original:
        network_ms = statistics.median(t['network'] for t in times[names[0]])
        _compare(planner, image.depth.shape, network_ms, args.threads)


def _compare(planner: Planner, shape: tuple[int, int], network_ms: float, threads: int) -> None:
    """Time the original network on an image of that shape and print the ratio."""
    from dexnet_core.models.gqcnn import DexNetHighResolution
    import torch

    torch.set_num_threads(threads)
    network = DexNetHighResolution().eval()
    with torch.inference_mode():
        began = time.perf_counter()
        network(torch.zeros(1, 1, *shape))
    original_ms = (time.perf_counter() - began) * 1e3
    ratio = original_ms / network_ms
    print(f'\n{planner.model}: {network_ms:.1f} ms for the heat map')  # noqa: T201
    print(f'original high-resolution network: {original_ms:.0f} ms, {ratio:.0f} times')  # noqa: T201
