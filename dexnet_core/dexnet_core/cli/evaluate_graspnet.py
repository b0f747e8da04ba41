"""`dexnet evaluate graspnet`: the benchmark of GraspNet-1Billion, beside simple planners."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from dexnet_core.cli.arguments import progress

NAME = 'graspnet'
MEANT_FOR = dict.fromkeys(('--data', '--split', '--camera', '--views'), (NAME,))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what only this evaluation knows."""
    group = parser.add_argument_group(NAME, 'with --scenes of a split, and without --masked')
    group.add_argument('--data', type=Path, help='set in the files of GraspNet-1Billion')
    group.add_argument('--split', action='append', help='all but train by default; may repeat')
    group.add_argument('--camera', help='folder of views in a scene, such as realsense')
    group.add_argument('--views', type=int, help='most views of a scene; all by default')


def run(args: argparse.Namespace, strength: float | None) -> None:
    """Evaluate, write report.md, report.json and pictures, and print the report."""
    from dexnet_core.analysis.graspnet_report import report_graspnet
    from dexnet_core.configuration import read_config
    from dexnet_core.evaluation.graspnet_scenes import evaluate_graspnet, GraspNetEvaluation

    if args.data is None:
        raise ValueError('dexnet evaluate graspnet needs --data')
    config = read_config(GraspNetEvaluation, args.config)
    config = replace(
        config,
        splits=tuple(args.split or config.splits),
        camera=args.camera or config.camera,
        scenes=config.scenes if args.scenes is None else args.scenes,
        views=config.views if args.views is None else args.views,
        strength=config.strength if args.noise is None else strength,
    )
    scores = evaluate_graspnet(args.data, args.model, config, args.workers, progress)
    print(report_graspnet(args.out, scores))  # noqa: T201
