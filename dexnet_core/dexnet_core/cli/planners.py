"""Planners as the options of a command describe them."""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from pathlib import Path

from dexnet_core.cli.arguments import MODEL_HELP
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.gripper_files import Gripper, read_gripper
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.planners.planner_registry import PlannerKind
from dexnet_core.planning.planners.settings import APPROACHES, PlannerSettings

_GRIPPERS = {SuctionCup: 'suction cup', JawGripper: 'parallel jaw'}


def with_gripper(name: str, kind: PlannerKind) -> str:
    """Return the name of a planner and what its gripper is, for a help text."""
    return f'planner {name}' if kind.gripper is None else f'planner {name} ({hand_of(kind)})'


def hand_of(kind: PlannerKind) -> str:
    """Return what the gripper of a planner is, for a help text."""
    return _GRIPPERS.get(kind.gripper, 'gripper') if kind.gripper else 'gripper'


def add_planner(parser: argparse.ArgumentParser, kind: PlannerKind) -> None:
    """Add the options that describe a planner of a kind."""
    group = parser.add_argument_group('planner')
    add_approach(group, f'default: {kind.settings.approach}')
    add_gripper(group, kind)
    group.add_argument(
        '--top',
        type=int,
        metavar='N',
        help=f'maximum number of grasps (default: {kind.settings.max_grasps})',
    )
    add_settings(group, kind)
    add_model(group)


def add_approach(parser: argparse._ActionsContainer, usual: str) -> None:
    """Add the option of the approach; `usual` is what applies without it."""
    parser.add_argument(
        '--approach',
        choices=APPROACHES,
        help='direction that grasps come from: along the optical axis, along gravity, or within '
        f'max_tilt of gravity ({usual})',
    )


def add_gripper(parser: argparse._ActionsContainer, kind: PlannerKind) -> None:
    """Add the option of the gripper where the planner has one that can be described."""
    if kind.gripper is None:
        parser.set_defaults(gripper=None)
        return
    parser.add_argument(
        '--gripper',
        type=Path,
        metavar='FILE.yaml',
        help=f'description of the {hand_of(kind)}, as in config/grippers (default: the one of the '
        'network)',
    )


def add_settings(parser: argparse._ActionsContainer, kind: PlannerKind) -> None:
    """Add the option of the file of settings; the help lists the keys."""
    keys = ', '.join(field.name for field in fields(kind.settings))
    parser.add_argument(
        '--settings',
        type=Path,
        metavar='FILE.yaml',
        help=f'settings, such as `min_score: 0.1`; keys: {keys}',
    )


def add_model(parser: argparse._ActionsContainer) -> None:
    """Add the option of the networks."""
    parser.add_argument('--model', type=Path, metavar='PATH', help=MODEL_HELP)


def gripper_of(args: argparse.Namespace, kind: PlannerKind) -> Gripper | None:
    """Return the gripper that is described, None without --gripper.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It describes no gripper of the planner.
    """
    if args.gripper is None or kind.gripper is None:
        return None
    return read_gripper(args.gripper, kind.gripper)


def settings_of(args: argparse.Namespace, kind: PlannerKind) -> PlannerSettings:
    """Return the settings of the options, the defaults of the planner where nothing is said.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A value is out of its range.
    """
    settings = _from_file(kind.settings, args.settings)
    if args.top is not None:
        settings = replace(settings, max_grasps=args.top)
    if args.approach is not None:
        settings = replace(settings, approach=args.approach)
    return settings


def _from_file(kind: type[PlannerSettings], path: Path | None) -> PlannerSettings:
    if path is None:
        return kind()
    from dexnet_core.io.configuration import read_config

    return read_config(kind, path)
