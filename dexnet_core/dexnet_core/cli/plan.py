"""`dexnet plan`: grasps on one depth image or point cloud."""

from __future__ import annotations

import argparse
from functools import partial
import logging
from pathlib import Path

from dexnet_core.cli.arguments import (
    add_command,
    add_kinds,
    EXIT_STATUS,
    Kind,
    NO_GRASP,
    SubParsers,
)
from dexnet_core.cli.inputs import add_input, observation_of
from dexnet_core.cli.plan_outputs import add_files, Planned, require_files, write_files
from dexnet_core.cli.planners import add_planner, gripper_of, settings_of, with_gripper
from dexnet_core.io.drawing.grasp_table import grasp_table
from dexnet_core.planning.grasp import GraspPlan
from dexnet_core.planning.grippers.gripper_files import Gripper
from dexnet_core.planning.observation import Observation
from dexnet_core.planning.planners.graspnet_planner import GraspNetPlanner
from dexnet_core.planning.planners.planner import Planner, with_refused_places
from dexnet_core.planning.planners.planner_registry import planner_kinds, PlannerKind

_LOG = logging.getLogger(__name__)
_EXAMPLE = """dexnet plan suction --depth depth.npy --camera 525,525,319.5,239.5 --out out/plan
  dexnet plan jaw --cloud base_cloud.ply --up 0,0,1 --approach any --out out/plan"""
_GRASPNET = 'graspnet'
_INPUTS = {
    'jaw': '--cloud base_cloud.ply --up 0,0,1 --approach any',
    _GRASPNET: '--cloud cloud.ply --weights checkpoint.tar',
}
_USUAL_INPUT = '--depth depth.npy --camera 525,525,319.5,239.5'
"""Options of the input in the example of a planner."""
_PRINTED = 10


def add_parser(commands: SubParsers) -> None:
    """Add the command."""
    summary = 'Plan grasps on one depth image or point cloud.'
    parser = add_command(commands, 'plan', None, summary, _EXAMPLE, f'\n\n{EXIT_STATUS}')
    add_kinds(parser, 'planner', (_kind(*item) for item in planner_kinds().items()))


def _kind(name: str, kind: PlannerKind) -> Kind:
    """Return the sub-parser of a planner."""
    return Kind(
        name,
        f'Plan grasps on one depth image or point cloud with the {with_gripper(name, kind)}.',
        f'dexnet plan {name} {_INPUTS.get(name, _USUAL_INPUT)} --out out/plan',
        run,
        (
            add_input,
            partial(add_planner, kind=kind),
            partial(add_files, kind=kind),
            _add_graspnet if name == _GRASPNET else _without_graspnet,
        ),
        f'\n\n{EXIT_STATUS}',
    )


def _without_graspnet(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(weights=None, raw=False)


def _add_graspnet(parser: argparse.ArgumentParser) -> None:
    """Add the options of GraspNet alone."""
    group = parser.add_argument_group(_GRASPNET)
    group.add_argument(
        '--weights',
        type=Path,
        metavar='PATH',
        help='checkpoint that is exported to OUT/model and run from there (needs PyTorch), or a '
        'folder as of --model',
    )
    group.add_argument(
        '--raw',
        action='store_true',
        help='return every grasp of the network, also those that repeat or collide',
    )


def run(args: argparse.Namespace) -> int:
    """Plan, write grasps.json, overlay.png and what else there is, and print the best grasps.

    Returns:
        0, or NO_GRASP where there is none.
    """
    kind = planner_kinds()[args.planner]
    require_files(args, kind)
    gripper = gripper_of(args, kind)
    planner = _planner(args, kind, gripper)
    observation = observation_of(args)
    plan = _every_grasp(planner, observation) if args.raw else planner.plan(observation)
    _log_plan(plan, gripper)
    write_files(args, kind, Planned(observation, gripper, plan))
    best = plan.grasps[:_PRINTED]
    print(grasp_table(best) if best else f'no grasp: {plan.message}')  # noqa: T201
    return 0 if best else NO_GRASP


def _every_grasp(planner: Planner, observation: Observation) -> GraspPlan:
    if not isinstance(planner, GraspNetPlanner):
        raise ValueError(f'--raw is for {_GRASPNET}, got a {type(planner).__name__}')
    return planner.every_grasp(observation)


def _log_plan(plan: GraspPlan, gripper: Gripper | None) -> None:
    """Log what --verbose shows of a plan."""
    _LOG.debug('gripper: %s', gripper or plan.jaw or 'that of the network')
    times = ', '.join(f'{stage} {ms:.1f}' for stage, ms in plan.times.items())
    refused = ', '.join(f'{name} {count}' for name, count in plan.refused.items()) or 'none'
    _LOG.debug('milliseconds: %s; total %.1f', times, plan.times.total_ms)
    _LOG.debug('approach from: %s; candidates refused: %s', plan.approach or 'none', refused)


def _planner(args: argparse.Namespace, kind: PlannerKind, gripper: Gripper | None) -> Planner:
    if args.raw and args.top is not None:
        raise ValueError('--top and --raw exclude each other: --raw returns every grasp')
    if args.raw and args.refused:
        raise ValueError('--refused and --raw exclude each other: --raw refuses no grasp')
    planner = kind.load(_model_of(args), settings_of(args, kind), gripper=gripper)
    return with_refused_places(planner) if args.refused or args.rerun else planner


def _model_of(args: argparse.Namespace) -> Path | None:
    """Return the model to plan with, made of a GraspNet's checkpoint if that is what is given."""
    if args.weights and args.model:
        raise ValueError('give either --weights or --model, not both')
    model: Path | None = args.weights or args.model
    if args.weights is None or args.weights.is_dir():
        return model
    from dexnet_core.export.graspnet_files import write_graspnet
    from dexnet_core.models.graspnet_graphs import graph_modules
    from dexnet_core.models.graspnet_weights import load_usable_graspnet

    network, contract = load_usable_graspnet(args.weights)
    folder: Path = args.out / 'model'
    write_graspnet(folder, graph_modules(network), contract)
    print(f'{args.weights} is exported: --model {folder} starts sooner')  # noqa: T201
    return folder
