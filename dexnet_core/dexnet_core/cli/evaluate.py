"""`dexnet evaluate`: how often the first choice is good on scenes of unseen objects."""

from __future__ import annotations

import argparse
from dataclasses import replace
import os
from pathlib import Path

from dexnet_core.cli import evaluate_graspnet
from dexnet_core.cli.arguments import (
    add_command,
    MODEL_HELP,
    progress,
    refuse_foreign,
    SubParsers,
)

_EXAMPLE = """dexnet evaluate suction --scenes 200 --out out/evaluation
  dexnet evaluate graspnet --data data/graspnet --out out/evaluation"""
_MEANT_FOR = {'--masked': ('suction', 'jaw'), **evaluate_graspnet.MEANT_FOR}


def add_parser(commands: SubParsers) -> None:
    """Add the subcommand."""
    summary = 'Judge a model file on scenes of objects that no network was trained on.'
    parser = add_command(commands, 'evaluate', run, summary, _EXAMPLE)
    parser.add_argument('gripper', choices=['suction', 'jaw', evaluate_graspnet.NAME])
    parser.add_argument('--model', type=Path, help=MODEL_HELP)
    parser.add_argument('--config', type=Path, help='YAML that overrides the defaults')
    parser.add_argument('--scenes', type=int, help='how many; of those with a good grasp')
    parser.add_argument('--masked', action='store_true', help='tell the planner what is an object')
    parser.add_argument(
        '--noise', help='share of the strongest noise, 0 to 1, or `training` for its mixture'
    )
    parser.add_argument('--workers', type=int, default=os.cpu_count(), help='processes')
    parser.add_argument('--out', type=Path, required=True, help='folder for the report')
    evaluate_graspnet.add_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Evaluate, write report.md and scenes.json, and print the report."""
    refuse_foreign(args, args.gripper, _MEANT_FOR)
    strength = None if args.noise is None else _strength(args.noise)
    if args.gripper == evaluate_graspnet.NAME:
        evaluate_graspnet.run(args, strength)
        return
    from dexnet_core.configuration import read_config
    from dexnet_core.evaluation.jaw_judge import JawEvaluation, JawJudge
    from dexnet_core.evaluation.report import write_report
    from dexnet_core.evaluation.scenes import evaluate
    from dexnet_core.evaluation.suction_judge import SuctionEvaluation, SuctionJudge

    kind, judge_of = {
        'suction': (SuctionEvaluation, SuctionJudge),
        'jaw': (JawEvaluation, JawJudge),
    }[args.gripper]
    config = read_config(kind, args.config)
    config = replace(
        config,
        scenes=config.scenes if args.scenes is None else args.scenes,
        masked=config.masked or args.masked,
        strength=config.strength if args.noise is None else strength,
    )
    if config.scenes < 1:
        raise ValueError(f'scenes is {config.scenes}, expected at least 1')
    judge = judge_of(config, args.model)
    results = evaluate(judge, args.workers, progress)
    print(write_report(args.out, results, judge.good))  # noqa: T201


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
