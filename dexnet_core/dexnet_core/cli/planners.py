"""Planners as the options of a command describe them."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from dexnet_core.cli.arguments import MODEL_HELP
from dexnet_core.planning.grippers.gripper_files import Gripper, read_gripper
from dexnet_core.planning.planners.planner_registry import PlannerKind
from dexnet_core.planning.planners.settings import APPROACHES, PlannerSettings


def add_planner(parser: argparse.ArgumentParser) -> None:
    """Add the options that describe a planner, but not which."""
    parser.add_argument(
        '--approach',
        choices=APPROACHES,
        help='direction that grasps come from: along the optical axis, along gravity, or within '
        'max_tilt of gravity',
    )
    parser.add_argument('--gripper', type=Path, help='YAML file that describes the gripper')
    parser.add_argument('--top', type=int, help='maximum number of grasps')
    parser.add_argument(
        '--settings', type=Path, help='YAML file of settings, such as `min_score: 0.1`'
    )
    parser.add_argument('--model', type=Path, help=MODEL_HELP)


def gripper_of(args: argparse.Namespace, kind: PlannerKind) -> Gripper | None:
    """Return the gripper that is described, None without --gripper.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It describes no gripper, or the planner takes none.
    """
    if args.gripper is None:
        return None
    if kind.gripper is None:
        raise ValueError(f'planner {args.planner} takes no --gripper')
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
    from dexnet_core.io.configuration import (
        read_config,  # a robot without settings needs no dacite
    )

    return read_config(kind, path)
