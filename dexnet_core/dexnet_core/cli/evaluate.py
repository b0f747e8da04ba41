"""`dexnet evaluate`: the benchmark of GraspNet-1Billion, beside simple planners."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from dexnet_core.cli.arguments import (
    add_command,
    add_kinds,
    add_workers,
    Kind,
    progress,
    SubParsers,
)
from dexnet_core.cli.planners import add_model

_EXAMPLE = 'dexnet evaluate graspnet --data data/graspnet --out out/evaluation'


def add_parser(commands: SubParsers) -> None:
    """Add the command."""
    summary = 'Average precision of a GraspNet in the benchmark of GraspNet-1Billion.'
    parser = add_command(commands, 'evaluate', None, summary, _EXAMPLE)
    add_kinds(parser, 'planner', [Kind('graspnet', summary, _EXAMPLE, run, (_add_data, _add_run))])


def _add_data(parser: argparse.ArgumentParser) -> None:
    """Add the options that select the views."""
    parser.add_argument(
        '--data',
        type=Path,
        required=True,
        metavar='DIR',
        help='folder of a data set in the files of GraspNet-1Billion',
    )
    parser.add_argument(
        '--split',
        action='append',
        metavar='NAME',
        help='split to evaluate; may repeat (default: all but train)',
    )
    for option, what in (('--scenes', 'scenes of a split'), ('--views', 'views of a scene')):
        parser.add_argument(
            option, type=int, metavar='N', help=f'maximum number of {what} (default: all)'
        )
    parser.add_argument(
        '--camera',
        metavar='NAME',
        help='name of the folder of views in a scene, such as realsense',
    )
    parser.add_argument(
        '--noise',
        metavar='SHARE',
        help='share of the strongest noise, 0 to 1, or `training` for its mixture',
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    """Add the options of the model, the run and the report."""
    add_model(parser)
    parser.add_argument(
        '--config',
        type=Path,
        metavar='FILE.yaml',
        help='settings of the evaluation, which the other options override',
    )
    add_workers(parser)
    parser.add_argument(
        '--out', type=Path, required=True, metavar='DIR', help='folder for the report'
    )


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
