"""`dexnet generate`: make a labelled data set."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import Field, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Protocol, TYPE_CHECKING, TypeVar

from dexnet_core.cli import generate_options as options
from dexnet_core.cli.arguments import (
    add_command,
    add_kinds,
    Kind,
    Options,
    progress,
    refuse_foreign,
    SubParsers,
)
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
Make = Callable[[argparse.Namespace], None]
_EXAMPLE = """dexnet generate suction --out data/suction --workers 2
  dexnet generate jaw --format dexnet --out data/jaw_crops --workers 2
  dexnet generate jaw --format dexnet --views data/jaw --out data/jaw_view_crops
  dexnet generate suction-trials --out data/suction_trials --workers 2
  dexnet generate jaw-trials --out data/jaw_trials --workers 2
  dexnet generate jaw-trials --real DIR --out data/own_jaw_trials
  dexnet generate graspnet --workers 2 --out data/graspnet
  dexnet generate tolerances --workers 2 --out GRASPNET_1BILLION"""
_SIMULATED, _OWN = 'simulated trials', 'trials of picks on a robot'
_VIEWS, _CROPS, _CUT = 'labelled views', 'crops', 'crops of labelled views'
_CONFIGURED = ('--config', '--meshes', '--mesh-scale', '--objects')
_OF_SCENES = ('--train-scenes', '--val-scenes', '--views-per-scene')
_OF_VIEWS = {
    '--per-view': (_CUT,),
    **dict.fromkeys(_CONFIGURED, (_VIEWS, _CROPS)),
    **dict.fromkeys(_OF_SCENES, (_VIEWS,)),
}
_OF_TRIALS = dict.fromkeys((*_CONFIGURED, *_OF_SCENES, '--seed'), (_SIMULATED,))


def add_parser(commands: SubParsers) -> None:
    """Add the command."""
    summary = 'Make a labelled data set; goes on where a killed run stopped.'
    parser = add_command(commands, 'generate', None, summary, _EXAMPLE)
    add_kinds(parser, 'dataset', _kinds())


def _kinds() -> list[Kind]:
    """Return the sub-parsers of the data sets."""
    generated = (options.add_output, options.add_settings)
    of_views, of_trials = (*generated, options.add_crops), (*generated, options.add_trials)
    views = 'Labelled views of settled heaps, or crops in the files of Dex-Net, for a {}.'
    trials = 'Grasps of a {} that a planner proposes, each tried in physics.'
    scenes = 'Scenes with labels in the files of GraspNet-1Billion.'
    lacking = 'Tolerances of grasps, which a published GraspNet-1Billion lacks.'
    return [
        _kind('suction', views.format('suction cup'), _of_gripper, of_views),
        _kind('jaw', views.format('parallel jaw'), _of_gripper, of_views),
        _kind('suction-trials', trials.format('suction cup'), _of_trials, of_trials),
        _kind('jaw-trials', trials.format('parallel jaw'), _of_trials, of_trials),
        _kind('graspnet', scenes, _generate_graspnet, generated),
        _kind('tolerances', lacking, _make_tolerances, (options.add_output,)),
    ]


def _kind(name: str, summary: str, make: Make, adding: Sequence[Options]) -> Kind:
    examples = [line for line in _EXAMPLE.splitlines() if f'generate {name} ' in line]
    return Kind(name, summary, '\n'.join(examples).strip(), partial(_run, make), adding)


def _run(make: Make, args: argparse.Namespace) -> None:
    """Make the data set.

    Raises:
        ValueError: An option is out of its range, or another option makes it useless.
    """
    if args.workers < 1:
        raise ValueError(f'workers is {args.workers}, expected at least 1')
    make(args)


def _of_gripper(args: argparse.Namespace) -> None:
    """Make labelled views or crops for a gripper."""
    made = _CROPS if args.format == 'dexnet' else _VIEWS
    refuse_foreign(args, _CUT if args.views else made, _OF_VIEWS)
    if args.views:
        _crops_of_views(args)
    elif made == _CROPS:
        _generate_crops(args)
    else:
        _generate_views(args)


def _of_trials(args: argparse.Namespace) -> None:
    """Make trials, in physics or of what was picked on a robot."""
    refuse_foreign(args, _OWN if args.real else _SIMULATED, _OF_TRIALS)
    if args.real:
        _trials_of_picks(args)
    else:
        _generate_views(args)


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
    generate(labellers[args.dataset](), args.out, args.workers, progress)


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
    load, kind = kinds[args.dataset]
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
    generate_crops(finders[args.dataset](), args.out, args.workers, progress)
    source = find_source(args.out)
    print(f'{args.out}: {source.rows} crops in {source.files} files')  # noqa: T201


def _crops_of_views(args: argparse.Namespace) -> None:
    from dexnet_core.datasets.views.view_crops import crops_of_views, ViewCropConfig

    if args.format != 'dexnet':
        raise ValueError('--views makes crops, expected --format dexnet')
    per_view = options.PER_VIEW if args.per_view is None else args.per_view
    config = ViewCropConfig(args.views, args.dataset, per_view, args.seed or 0)
    crops_of_views(config, args.out, args.workers, progress)


def _config(kind: type[T], args: argparse.Namespace) -> T:
    """Return the configuration of a file, changed by what was given."""
    from dexnet_core.io.configuration import read_config

    names = ('meshes', 'mesh_scale', 'seed', 'model', *options.COUNTS)
    given = {name: value for name, value in vars(args).items() if name in names}
    changes = {name: value for name, value in given.items() if value is not None}
    config = replace(read_config(kind, args.config), **changes)
    if config.meshes:
        _say_splits(read_and_tell(config.meshes, config.mesh_scale), config.meshes)
    return config


def _say_splits(things: Sequence[GraspObject], folder: Path) -> None:
    from dexnet_core.simulation.objects.grasp_object import Split, split_counts

    tested = any(thing.split is Split.TEST for thing in things)
    rest = '; those for test are left out' if tested else ''
    print(f'{folder}: {split_counts(things)}{rest}')  # noqa: T201
