"""`dexnet analyze`: what is in a data set, and what model files make of data."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dexnet_core.cli.arguments import add_command, add_kinds, Kind, progress, SubParsers

if TYPE_CHECKING:
    from dexnet_core.evaluation.reports.crop_predictions import CropPredictionConfig

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
    """Add the command."""
    summary = 'Measure data sets of crops, and model files on data.'
    parser = add_command(commands, 'analyze', None, summary, _COMPARE)
    add_kinds(parser, 'report', _KINDS)


def _add_stats(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('folder', type=Path, metavar='DIR', help='folder of the data set')


def _add_models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'models',
        type=Path,
        nargs='+',
        metavar='FILE.onnx',
        help='networks; networks of heat maps are only timed',
    )
    parser.add_argument('--no-timing', action='store_true', help='do not measure speed')


def _add_angle(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'models', type=Path, nargs='+', metavar='FILE.onnx', help='networks of crops'
    )
    parser.add_argument(
        '--bins',
        type=int,
        default=6,
        metavar='N',
        help='number of bins with equally many crops (default: %(default)s)',
    )


def _add_padding(parser: argparse.ArgumentParser) -> None:
    for option, form in (('--crop', 'crop'), ('--map', 'heat map')):
        parser.add_argument(
            option,
            type=Path,
            required=True,
            metavar='FILE.onnx',
            help=f'network of the {form} form',
        )
    parser.add_argument(
        '--views',
        type=int,
        default=5,
        metavar='N',
        help='number of validation views to run on (default: %(default)s)',
    )


def _add_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--models', type=Path, nargs='+', required=True, metavar='FILE.onnx', help='networks'
    )
    parser.add_argument(
        '--trained',
        nargs='*',
        default=[],
        metavar='TEXT',
        help='text about the training of each model, for the report',
    )
    parser.add_argument(
        '--candidates',
        type=int,
        default=64,
        metavar='N',
        help='number of candidates of each view (default: %(default)s)',
    )
    parser.add_argument(
        '--views',
        type=int,
        default=0,
        metavar='N',
        help='number of validation views; 0 = all (default: %(default)s)',
    )
    _add_seed(parser, 'the candidates')


def _add_trials(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('model', type=Path, metavar='FILE.onnx', help='evaluator')
    parser.add_argument('--data', type=Path, required=True, metavar='DIR', help='folder of trials')


def _add_gripper(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('gripper', choices=['suction', 'jaw'], help='gripper of the networks')
    parser.add_argument(
        '--data', type=Path, required=True, metavar='DIR', help='folder of labelled views'
    )


def _add_crops(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--data', type=Path, required=True, metavar='DIR', help='folder of a data set of crops'
    )


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--out', type=Path, required=True, metavar='DIR', help='folder of the report'
    )


def _add_split(parser: argparse.ArgumentParser) -> None:
    """Add the options that select the crops of training and validation."""
    parser.add_argument(
        '--split',
        default='object',
        metavar='NAME',
        help='object, pose, image, ordered, field or a folder in splits (default: %(default)s)',
    )
    parser.add_argument(
        '--val-share',
        type=float,
        default=0.2,
        metavar='SHARE',
        help='share of the crops that is kept for validation, 0 to 1 (default: %(default)s)',
    )
    _add_seed(parser, 'the split')
    parser.add_argument('--release', metavar='NAME', help='release, if the files do not tell')


def _add_seed(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        '--seed',
        type=int,
        default=0,
        metavar='N',
        help=f'random seed of {what} (default: %(default)s)',
    )


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


def _question(args: argparse.Namespace) -> CropPredictionConfig:
    from dexnet_core.evaluation.reports.crop_predictions import CropPredictionConfig

    return CropPredictionConfig(
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


_KINDS = (
    Kind(
        'stats',
        'Mean and standard deviation of the training crops of a data set.',
        _STATS,
        _stats,
        (_add_stats, _add_split),
    ),
    Kind(
        'models',
        'Precision, recall, calibration, objects and speed of networks of crops.',
        _MODELS,
        _models,
        (_add_models, _add_crops, _add_split, _add_report),
    ),
    Kind(
        'angle',
        'Average precision over approach angle (suction) or depth of the gripper (jaw).',
        _ANGLE,
        _angle,
        (_add_angle, _add_crops, _add_split, _add_report),
    ),
    Kind(
        'padding',
        'A heat map beside its network of single crops, run at the same places.',
        _PADDING,
        _padding,
        (_add_gripper, _add_padding, _add_report),
    ),
    Kind(
        'compare',
        'All kinds of network on the same candidates of generated views.',
        _COMPARE,
        _compare,
        (_add_gripper, _add_compare, _add_report),
    ),
    Kind(
        'trials',
        'Labels, proposals and an evaluator beside what held in physics.',
        _TRIALS,
        _trials,
        (_add_trials, _add_report),
    ),
)
