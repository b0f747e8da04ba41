"""`dexnet bench`: how long each stage of planning takes."""

from __future__ import annotations

import argparse
from pathlib import Path
import time

from dexnet_core.cli.arguments import add_command, SubParsers
from dexnet_core.runtime.loading import load_suction_planner
from dexnet_core.runtime.planner import Planner

_EXAMPLE = 'dexnet bench suction --rounds 100'


def add_parser(commands: SubParsers) -> None:
    """Add the subcommand."""
    summary = 'Time every stage of planning on a rendered 640x480 image of a bin.'
    parser = add_command(commands, 'bench', run, summary, _EXAMPLE)
    parser.add_argument('gripper', choices=['suction'])
    parser.add_argument('--model', type=Path, help='ONNX file; the shipped weights by default')
    parser.add_argument('--rounds', type=int, default=100, help='images to plan on')
    parser.add_argument('--threads', type=int, default=2, help='threads of the network')
    parser.add_argument(
        '--original',
        action='store_true',
        help="also time Dex-Net's own high-resolution network once on the same image (torch)",
    )


def run(args: argparse.Namespace) -> None:
    """Time the planner and print the table."""
    from dexnet_core.evaluation.speed import bench_image, stage_table, time_planner

    if args.rounds < 1:
        raise ValueError(f'rounds is {args.rounds}, expected at least 1')
    planner = load_suction_planner(args.model, threads=args.threads)
    image = bench_image()
    times = time_planner(planner, image, args.rounds)
    print(stage_table(times))  # noqa: T201
    if args.original:
        network_ms = sorted(t.network_ms for t in times)[len(times) // 2]
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
