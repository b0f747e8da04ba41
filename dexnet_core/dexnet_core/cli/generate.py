"""`dexnet generate`: make a labelled data set."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import Field, replace
import os
from pathlib import Path
from typing import Any, ClassVar, Protocol, TYPE_CHECKING, TypeVar

from dexnet_core.cli.arguments import add_command, progress, refuse_foreign, SubParsers
from dexnet_core.cli.meshes import read_and_tell

if TYPE_CHECKING:
    from dexnet_core.datasets.crops.crop_generation import GraspFinder
    from dexnet_core.datasets.trials.own_trials import Finder
    from dexnet_core.datasets.views.view_generation import Labeller
    from dexnet_core.planning.grippers.gripper_files import Gripper
    from dexnet_core.simulation.objects.grasp_object import GraspObject


class _OfMeshes(Protocol):
    """A configuration of data of objects, some of which may be the user's."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def meshes(self) -> Path | None: ...

    @property
    def mesh_scale(self) -> float: ...


T = TypeVar('T', bound=_OfMeshes)
_EXAMPLE = """dexnet generate suction --out data/suction --workers 2
  dexnet generate jaw --format dexnet --out data/jaw_crops --workers 2
  dexnet generate jaw --format dexnet --views data/jaw --out data/jaw_view_crops
  dexnet generate jaw-trials --out data/jaw_trials --workers 2
  dexnet generate jaw-trials --real DIR --out data/own_jaw_trials
  dexnet generate graspnet --workers 2 --out data/graspnet
  dexnet generate tolerances --workers 2 --out GRASPNET_1BILLION"""
_CROPPED = ('suction', 'jaw')
_VIEWS, _CROPS, _CUT = 'labelled views', 'crops', 'crops of labelled views'
_TRIALS = ('suction-trials', 'jaw-trials')
_OWN = 'trials of picks on a robot'
_MADE = (_VIEWS, _CROPS, *_TRIALS, 'graspnet')
_PER_VIEW = 32
_COUNTS = {
    'objects': 'number of procedural objects over all splits',
    'train_scenes': 'number of scenes of training objects',
    'val_scenes': 'number of scenes of validation objects',
    'views_per_scene': 'number of cameras or views per scene',
}
_MEANT_FOR = {
    '--format': (_VIEWS, _CROPS, _CUT),
    **dict.fromkeys(('--views', '--per-view'), (_CUT,)),
    **dict.fromkeys(('--config', '--meshes', '--mesh-scale', '--objects'), _MADE),
    '--seed': (*_MADE, _CUT),
    '--model': (*_TRIALS, _OWN),
    '--real': (_OWN,),
    **dict.fromkeys(('--train-scenes', '--val-scenes', '--views-per-scene'), (_VIEWS, *_MADE[2:])),
}


def add_parser(commands: SubParsers) -> None:
    """Add the subcommand."""
    summary = 'Make a labelled data set; goes on where a killed run stopped.'
    parser = add_command(commands, 'generate', run, summary, _EXAMPLE)
    kinds = [*_CROPPED, *_TRIALS, 'graspnet', 'tolerances']
    parser.add_argument('gripper', choices=kinds)
    parser.add_argument(
        '--format',
        choices=['views', 'dexnet'],
        help='whole labelled images of heaps, as without it, or crops in the files of Dex-Net 2.0 '
        'and 3.0; graspnet is always in those of GraspNet-1Billion',
    )
    parser.add_argument('--out', type=Path, required=True, help='folder of the data set')
    parser.add_argument('--config', type=Path, help='YAML file of settings of the data set')
    parser.add_argument('--meshes', type=Path, help='folder of STL, OBJ, PLY or glTF files to add')
    parser.add_argument('--mesh-scale', type=float, help='metres per unit of the meshes')
    parser.add_argument('--model', type=Path, help='for trials: model that proposes grasps')
    parser.add_argument('--views', type=Path, help='cut crops from these labelled views')
    parser.add_argument('--per-view', type=int, help=f'crops of each of those; {_PER_VIEW}')
    parser.add_argument(
        '--real', type=Path, help='of trials: folder of picks on a robot, a log or a picks.csv'
    )
    for name, text in _COUNTS.items():
        parser.add_argument(f'--{name.replace("_", "-")}', type=int, help=text)
    parser.add_argument('--seed', type=int, help='random seed of everything')
    parser.add_argument(
        '--workers', type=int, default=os.cpu_count() or 1, help='number of processes'
    )


def run(args: argparse.Namespace) -> None:
    """Generate the data set."""
    refuse_foreign(args, _made(args), _MEANT_FOR)
    if args.workers < 1:
        raise ValueError(f'workers is {args.workers}, expected at least 1')
    if args.gripper == 'graspnet':
        _generate_graspnet(args)
    elif args.gripper == 'tolerances':
        _make_tolerances(args)
    elif args.real:
        _trials_of_picks(args)
    elif args.views:
        _crops_of_views(args)
    elif args.format == 'dexnet':
        _generate_crops(args)
    else:
        _generate_views(args)


def _made(args: argparse.Namespace) -> str:
    """Return what is asked for."""
    gripper: str = args.gripper
    if gripper in _TRIALS and args.real:
        return _OWN
    if gripper not in _CROPPED:
        return gripper
    if args.views:
        return _CUT
    return _CROPS if args.format == 'dexnet' else _VIEWS


def _generate_views(args: argparse.Namespace) -> None:
    from dexnet_core.datasets.trials.jaw_trial_labeller import JawTrialConfig, JawTrialLabeller
    from dexnet_core.datasets.trials.suction_trial_labeller import (
        SuctionTrialConfig,
        SuctionTrialLabeller,
    )
    from dexnet_core.datasets.views.jaw_labeller import JawGenerationConfig, JawLabeller
    from dexnet_core.datasets.views.suction_labeller import (
        SuctionGenerationConfig,
        SuctionLabeller,
    )
    from dexnet_core.datasets.views.view_generation import generate

    labellers: dict[str, Callable[[], Labeller]] = {
        'suction': lambda: SuctionLabeller(_config(SuctionGenerationConfig, args)),
        'jaw': lambda: JawLabeller(_config(JawGenerationConfig, args)),
        'suction-trials': lambda: SuctionTrialLabeller(_config(SuctionTrialConfig, args)),
        'jaw-trials': lambda: JawTrialLabeller(_config(JawTrialConfig, args)),
    }
    generate(labellers[args.gripper](), args.out, args.workers, progress)


def _trials_of_picks(args: argparse.Namespace) -> None:
    """Write trials of what was picked on a robot."""
    from dexnet_core.datasets.trials.own_trials import require_empty, write_own_trials
    from dexnet_core.io.picks.pick_folder import read_picks
    from dexnet_core.planning.grippers.cup import SuctionCup
    from dexnet_core.planning.grippers.jaw import JawGripper
    from dexnet_core.planning.planners.loading import load_jaw_finder, load_suction_finder

    kinds: dict[str, tuple[Callable[[Path | None], Finder], type[Gripper]]] = {
        'suction-trials': (load_suction_finder, SuctionCup),
        'jaw-trials': (load_jaw_finder, JawGripper),
    }
    load, kind = kinds[args.gripper]
    require_empty(args.out)
    made = write_own_trials(args.out, read_picks(args.real, kind), load(args.model))
    rest = ''.join(f'; {count} picks {why} left out' for why, count in made.left_out.items())
    print(f'{args.out}: {len(made.paths)} trials{rest}')  # noqa: T201


def _generate_graspnet(args: argparse.Namespace) -> None:
    from dexnet_core.datasets.graspnet.graspnet_config import GraspNetSetConfig
    from dexnet_core.datasets.graspnet.graspnet_generation import generate_graspnet

    generate_graspnet(_config(GraspNetSetConfig, args), args.out, args.workers, progress)


def _make_tolerances(args: argparse.Namespace) -> None:
    """Add what a published GraspNet-1Billion lacks."""
    from dexnet_core.datasets.graspnet.graspnet_tolerances import make_tolerances

    make_tolerances(args.out, args.workers, progress)


def _generate_crops(args: argparse.Namespace) -> None:
    from dexnet_core.datasets.crops.crop_generation import generate_crops
    from dexnet_core.datasets.crops.crop_jaw import JawCropConfig, JawGrasps
    from dexnet_core.datasets.crops.crop_suction import SuctionCropConfig, SuctionGrasps
    from dexnet_core.datasets.crops.release_files import find_source

    finders: dict[str, Callable[[], GraspFinder]] = {
        'suction': lambda: SuctionGrasps(_config(SuctionCropConfig, args)),
        'jaw': lambda: JawGrasps(_config(JawCropConfig, args)),
    }
    generate_crops(finders[args.gripper](), args.out, args.workers, progress)
    source = find_source(args.out)
    print(f'{args.out}: {source.rows} crops in {source.files} files')  # noqa: T201


def _crops_of_views(args: argparse.Namespace) -> None:
    from dexnet_core.datasets.views.view_crops import crops_of_views, ViewCropConfig

    if args.format != 'dexnet':
        raise ValueError('--views makes crops, expected --format dexnet')
    per_view = _PER_VIEW if args.per_view is None else args.per_view
    config = ViewCropConfig(args.views, args.gripper, per_view, args.seed or 0)
    crops_of_views(config, args.out, args.workers, progress)


def _config(kind: type[T], args: argparse.Namespace) -> T:
    """Return the configuration of a file, changed by what was given."""
    from dexnet_core.io.configuration import read_config

    names = ('meshes', 'mesh_scale', 'seed', 'model', *_COUNTS)
    changes = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    config = replace(read_config(kind, args.config), **changes)
    if config.meshes:
        _say_splits(read_and_tell(config.meshes, config.mesh_scale), config.meshes)
    return config


def _say_splits(things: Sequence[GraspObject], folder: Path) -> None:
    from dexnet_core.simulation.objects.grasp_object import Split, split_counts

    tested = any(thing.split is Split.TEST for thing in things)
    rest = '; those for test are left out' if tested else ''
    print(f'{folder}: {split_counts(things)}{rest}')  # noqa: T201
