"""`dexnet evaluate`: the benchmark of GraspNet-1Billion, beside simple planners."""

from __future__ import annotations

import argparse
from dataclasses import replace
import os
from pathlib import Path

from dexnet_core.cli.arguments import add_command, MODEL_HELP, progress, SubParsers

_EXAMPLE = 'dexnet evaluate graspnet --data data/graspnet --out out/evaluation'


def add_parser(commands: SubParsers) -> None:
    """Add the subcommand."""
    summary = 'Average precision of a GraspNet in the benchmark of GraspNet-1Billion.'
    parser = add_command(commands, 'evaluate', run, summary, _EXAMPLE)
    parser.add_argument('planner', choices=['graspnet'])
    parser.add_argument(
        '--data',
        type=Path,
        required=True,
        help='folder of a data set in the files of GraspNet-1Billion',
    )
    parser.add_argument('--model', type=Path, help=MODEL_HELP)
    parser.add_argument('--config', type=Path, help='YAML that overrides the defaults')
    parser.add_argument(
        '--split', action='append', help='split to evaluate; all but train by default; may repeat'
    )
    parser.add_argument(
        '--scenes', type=int, help='maximum number of scenes of a split; all by default'
    )
    parser.add_argument(
        '--camera', help='name of the folder of views in a scene, such as realsense'
    )
    parser.add_argument(
        '--views', type=int, help='maximum number of views of a scene; all by default'
    )
    parser.add_argument(
        '--noise', help='share of the strongest noise, 0 to 1, or `training` for its mixture'
    )
    parser.add_argument(
        '--workers', type=int, default=os.cpu_count() or 1, help='number of processes'
    )
    parser.add_argument('--out', type=Path, required=True, help='folder for the report')


def run(args: argparse.Namespace) -> None:
    """Evaluate, write report.md, report.json and pictures, and print the report."""
    strength = None if args.noise is None else _strength(args.noise)
    from dexnet_core.evaluation.graspnet_scenes import evaluate_graspnet, GraspNetEvaluation
    from dexnet_core.evaluation.reports.graspnet_report import report_graspnet
    from dexnet_core.io.configuration import read_config

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


def _strength(text: str) -> float | None:
    if text == 'training':
        return None
    try:
        strength = float(text)
    except ValueError:
        strength = -1.0
    if not 0 <= strength <= 1:
        raise ValueError(f'noise is {text!r}, expected 0 to 1 or training')
    return strength
