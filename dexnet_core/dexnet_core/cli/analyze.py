"""`dexnet analyze`: what is in a data set, and what model files make of data."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dexnet_core.cli.arguments import add_command, progress, SubParsers

if TYPE_CHECKING:
    from dexnet_core.evaluation.reports.crop_predictions import CropQuestion

_STATS = 'dexnet analyze stats data/suction_crops --split object'
_MODELS = 'dexnet analyze models gqcnn.onnx --data data/suction_crops --out out/models'
_ANGLE = 'dexnet analyze angle plain.onnx pose.onnx --data data/suction_crops --out out/angle'
_PADDING = """dexnet analyze padding suction --data data/suction \\
      --crop gqcnn.onnx --map fcgqcnn.onnx --out out/padding"""
_TRIALS = """dexnet analyze trials evaluator.onnx --data data/jaw_trials \\
      --out out/trials"""
_COMPARE = """dexnet analyze compare suction --data data/suction \\
      --models suction.onnx gqcnn.onnx --out out/compare"""


def add_parser(commands: SubParsers) -> None:
    """Add the subcommand and its own subcommands."""
    summary = 'Measure data sets of crops, and model files on data.'
    parser = add_command(commands, 'analyze', run, summary, _COMPARE)
    kinds = parser.add_subparsers(required=True, metavar='WHAT')
    _add_stats(kinds)
    _add_models(kinds)
    _add_angle(kinds)
    _add_padding(kinds)
    _add_compare(kinds)
    _add_trials(kinds)


def run(args: argparse.Namespace) -> None:
    """Make the report that was asked for."""
    args.report(args)


def _add_report(
    kinds: SubParsers, name: str, report: object, summary: str, example: str
) -> argparse.ArgumentParser:
    parser = add_command(kinds, name, run, summary, example)
    parser.set_defaults(report=report)
    return parser


def _add_stats(kinds: SubParsers) -> None:
    summary = 'Mean and standard deviation of the training crops of a data set.'
    parser = _add_report(kinds, 'stats', _stats, summary, _STATS)
    parser.add_argument('folder', type=Path, help='folder of the data set')
    _add_split(parser)


def _add_models(kinds: SubParsers) -> None:
    summary = 'Precision, recall, calibration, objects and speed of networks of crops.'
    parser = _add_report(kinds, 'models', _models, summary, _MODELS)
    parser.add_argument(
        'models', type=Path, nargs='+', help='ONNX files; networks of heat maps are only timed'
    )
    _add_crops(parser)
    parser.add_argument('--no-timing', action='store_true', help='do not measure speed')


def _add_angle(kinds: SubParsers) -> None:
    summary = 'Average precision over approach angle (suction) or depth of the gripper (jaw).'
    parser = _add_report(kinds, 'angle', _angle, summary, _ANGLE)
    parser.add_argument('models', type=Path, nargs='+', help='ONNX files of the crop form')
    _add_crops(parser)
    parser.add_argument('--bins', type=int, default=6, help='with equally many crops')


def _add_padding(kinds: SubParsers) -> None:
    summary = 'A heat map beside its network of single crops, run at the same places.'
    parser = _add_report(kinds, 'padding', _padding, summary, _PADDING)
    parser.add_argument('gripper', choices=['suction', 'jaw'])
    parser.add_argument('--crop', type=Path, required=True, help='ONNX file of the crop form')
    parser.add_argument('--map', type=Path, required=True, help='ONNX file of the heat map form')
    parser.add_argument('--data', type=Path, required=True, help='folder of labelled views')
    parser.add_argument('--views', type=int, default=5, help='validation views to run on')
    parser.add_argument('--out', type=Path, required=True, help='folder of the report')


def _add_compare(kinds: SubParsers) -> None:
    summary = 'All kinds of network on the same candidates of generated views.'
    parser = _add_report(kinds, 'compare', _compare, summary, _COMPARE)
    parser.add_argument('gripper', choices=['suction', 'jaw'])
    parser.add_argument('--data', type=Path, required=True, help='folder of labelled views')
    parser.add_argument('--models', type=Path, nargs='+', required=True, help='ONNX files')
    parser.add_argument(
        '--trained',
        nargs='*',
        default=[],
        help='text about the training of each model, for the report',
    )
    parser.add_argument(
        '--candidates', type=int, default=64, help='number of candidates of each view'
    )
    parser.add_argument('--views', type=int, default=0, help='number of validation views; 0 = all')
    parser.add_argument('--seed', type=int, default=0, help='random seed of the candidates')
    parser.add_argument('--out', type=Path, required=True, help='folder of the report')


def _add_trials(kinds: SubParsers) -> None:
    summary = 'Labels, proposals and an evaluator beside what held in physics.'
    parser = _add_report(kinds, 'trials', _trials, summary, _TRIALS)
    parser.add_argument('model', type=Path, help='ONNX file of an evaluator')
    parser.add_argument('--data', type=Path, required=True, help='folder of trials')
    parser.add_argument('--out', type=Path, required=True, help='folder of the report')


def _add_crops(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--data', type=Path, required=True, help='folder of a data set of crops')
    _add_split(parser)
    parser.add_argument('--out', type=Path, required=True, help='folder of the report')


def _add_split(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--split',
        default='object',
        help='object, pose, image, ordered, field or a folder in splits',
    )
    parser.add_argument(
        '--val-share',
        type=float,
        default=0.2,
        help='share of the crops that is kept for validation',
    )
    parser.add_argument('--seed', type=int, default=0, help='random seed of the split')
    parser.add_argument('--release', help='which release it is, where the files do not tell')


def _stats(args: argparse.Namespace) -> None:
    """Measure once, store in stats.json beside the unpacked arrays, and print."""
    from dexnet_core.datasets.crops.crop_cache import open_crops
    from dexnet_core.datasets.crops.crop_statistics import crop_statistics, statistics_table

    crops = open_crops(args.folder, workers=2, release=args.release, progress=progress)
    found = crop_statistics(crops, args.split, args.val_share, args.seed, progress)
    print(f'{args.folder}: {len(crops)} crops, {crops.release.name}')  # noqa: T201
    print(f'{len(crops.dropped)} rows without an approach angle are left out')  # noqa: T201
    print(statistics_table(found))  # noqa: T201


def _trials(args: argparse.Namespace) -> None:
    from dexnet_core.evaluation.reports.trial_report import report_trials

    print(report_trials(args.out, args.data, args.model, progress))  # noqa: T201


def _models(args: argparse.Namespace) -> None:
    from dexnet_core.evaluation.reports.model_report import report_models

    text = report_models(_question(args), args.out, progress, timed=not args.no_timing)
    print(text)  # noqa: T201


def _angle(args: argparse.Namespace) -> None:
    from dexnet_core.evaluation.reports.angle_report import report_angles

    print(report_angles(_question(args), args.out, progress, args.bins))  # noqa: T201


def _question(args: argparse.Namespace) -> CropQuestion:
    from dexnet_core.evaluation.reports.crop_predictions import CropQuestion

    return CropQuestion(
        models=tuple(args.models),
        data=args.data,
        split=args.split,
        val_share=args.val_share,
        seed=args.seed,
        release=args.release,
    )


def _padding(args: argparse.Namespace) -> None:
    from dexnet_core.evaluation.reports.padding import PaddingConfig, report_padding

    config = PaddingConfig(args.gripper, args.data, args.crop, args.map, args.views)
    print(report_padding(config, args.out, progress))  # noqa: T201


def _compare(args: argparse.Namespace) -> None:
    from dexnet_core.evaluation.reports.comparison import compare, CompareConfig

    config = CompareConfig(
        gripper=args.gripper,
        data=args.data,
        models=tuple(args.models),
        trained=tuple(args.trained),
        candidates=args.candidates,
        views=args.views,
        seed=args.seed,
    )
    print(compare(config, args.out, progress))  # noqa: T201
