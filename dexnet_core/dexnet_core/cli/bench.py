"""`dexnet bench`: how long planning takes, how networks of crops scale, how data is read."""

from __future__ import annotations

import argparse
from dataclasses import replace
import math
from pathlib import Path
import statistics
import time

from dexnet_core.cli import bench_data, bench_graspnet
from dexnet_core.cli.arguments import add_command, MODEL_HELP, refuse_foreign, SubParsers
from dexnet_core.planning.planners.planner import Planner
from dexnet_core.planning.planners.planner_registry import planner_kinds
from dexnet_core.planning.planners.settings import APPROACHES

_EXAMPLE = """dexnet bench suction --rounds 100
  dexnet bench jaw --tilt 45 --approach camera down any
  dexnet bench networks --files gqcnn.onnx fcgqcnn.onnx
  dexnet bench data data/suction_crops"""
_THREADS, _BATCHES, _SIDES = 2, [1, 64, 512], [40, 60, 90]
_DISTANCE = 0.7
_MEANT_FOR = {
    '--model': tuple(planner_kinds()),
    '--threads': (*planner_kinds(), 'networks'),
    **dict.fromkeys(('--original', '--approach', '--tilt', '--distance'), ('suction', 'jaw')),
    **dict.fromkeys(('--files', '--batches', '--sides'), ('networks',)),
    **bench_data.MEANT_FOR,
    **bench_graspnet.MEANT_FOR,
}


def add_parser(commands: SubParsers) -> None:
    """Add the subcommand."""
    summary = 'Time every stage of planning, networks of crops, or ways of reading a data set.'
    parser = add_command(commands, 'bench', run, summary, _EXAMPLE)
    parser.add_argument('what', choices=[*planner_kinds(), 'networks', 'data'])
    parser.add_argument('--model', type=Path, help=MODEL_HELP)
    parser.add_argument('--rounds', type=int, default=100, help='number of plans, runs or batches')
    parser.add_argument(
        '--threads', type=int, help=f'number of threads of the network; {_THREADS} by default'
    )
    parser.add_argument(
        '--original',
        action='store_true',
        help="also time Dex-Net's own high-resolution network once on the same image (torch)",
    )
    planning = parser.add_argument_group('suction and jaw', 'planned on a rendered bin')
    planning.add_argument(
        '--approach',
        nargs='*',
        choices=APPROACHES,
        help='directions that grasps come from, timed in turn',
    )
    planning.add_argument(
        '--tilt', type=float, help='angle of the camera from straight down, in degrees'
    )
    planning.add_argument(
        '--distance', type=float, help=f'distance of the camera in metres; {_DISTANCE} by default'
    )
    networks = parser.add_argument_group('networks', 'exported crop networks, with --rounds')
    networks.add_argument('--files', type=Path, nargs='*', default=[], help='ONNX files')
    networks.add_argument('--batches', type=int, nargs='*', help=f'crops; {_BATCHES} by default')
    networks.add_argument(
        '--sides', type=int, nargs='*', help=f'pixels of square images; {_SIDES} by default'
    )
    bench_data.add_arguments(parser)
    bench_graspnet.add_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Time the planner or the networks and print the table."""
    if args.rounds < 1:
        raise ValueError(f'rounds is {args.rounds}, expected at least 1')
    refuse_foreign(args, args.what, _MEANT_FOR)
    args.threads = _THREADS if args.threads is None else args.threads
    if args.what == 'networks':
        _networks(args)
    elif args.what == 'data':
        bench_data.run(args)
    elif args.what == bench_graspnet.NAME:
        bench_graspnet.run(args)
    else:
        _planner(args)


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

    planner = planner_kinds()[args.what].load(args.model, threads=args.threads)
    names = args.approach or [planner.settings.approach]
    planners = {
        name: planner.with_settings(replace(planner.settings, approach=name)) for name in names
    }
    image = bench_image(math.radians(args.tilt or 0.0), args.distance or _DISTANCE)
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
