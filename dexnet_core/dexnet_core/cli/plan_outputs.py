"""The files that `dexnet plan` writes."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from dexnet_core.cli.extras import how_to_install
from dexnet_core.geometry.approach_poses import PREGRASP, RETREAT
from dexnet_core.io.drawing.cloud_picture import draw_seen, seen_points
from dexnet_core.io.drawing.solids import scene_solid
from dexnet_core.io.files.atomic import write_text
from dexnet_core.io.files.image_files import write_picture
from dexnet_core.io.files.plan_files import plan_text, write_heatmap
from dexnet_core.io.files.ply import write_mesh
from dexnet_core.io.formats.format_registry import FORMATS, require_gripper, write_formats
from dexnet_core.io.formats.grasp_format import GraspList
from dexnet_core.planning.grasp import GraspPlan, GripperKind
from dexnet_core.planning.grippers.gripper_files import Gripper
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.observation import Observation
from dexnet_core.planning.planners.planner_registry import PlannerKind
import numpy as np

_RERUN = how_to_install('viz')
_DRAWN = 60
"""Grasps of --raw in pictures, mesh and recording, so that they can be told apart."""


class Planned(NamedTuple):
    """What was planned on, with what, and the answer; `gripper` is None where none was given."""

    observation: Observation
    gripper: Gripper | None
    plan: GraspPlan


def add_files(parser: argparse.ArgumentParser, kind: PlannerKind) -> None:
    """Add the options of what is written for a kind of planner."""
    output = parser.add_argument_group('output')
    output.add_argument(
        '--frame',
        default='camera_optical_frame',
        metavar='NAME',
        help='frame of the input, which is written to the files (default: %(default)s)',
    )
    output.add_argument(
        '--out',
        type=Path,
        required=True,
        metavar='DIR',
        help='folder for the results, overwritten',
    )
    output.add_argument(
        '--refused',
        action='store_true',
        help='mark in overlay.png where candidates were refused, by reason',
    )
    output.add_argument(
        '--rerun',
        type=Path,
        metavar='FILE.rrd',
        help='write image, heat map, cloud, grasps and refused candidates for the viewer of Rerun '
        f'({_RERUN})',
    )
    _add_formats(parser, kind)


def _add_formats(parser: argparse.ArgumentParser, kind: PlannerKind) -> None:
    """Add the options of the formats; the help lists those that fit the gripper."""
    gripper = _gripper_kind(kind)
    fitting = {name: way for name, way in FORMATS.items() if gripper in (None, *way.grippers)}
    told = '; '.join(
        f'{name}: {way.summary}, {" and ".join(way.files)}' for name, way in fitting.items()
    )
    group = parser.add_argument_group('formats of other programs')
    group.add_argument(
        '--format',
        action='append',
        choices=FORMATS,
        metavar='FORMAT',
        help=f'also write the grasps to OUT in this format; may repeat. {told}',
    )
    ways = ' or '.join(name for name, kind in FORMATS.items() if kind.has_pregrasp)
    for option, what, usual in (
        ('--pregrasp', 'distance of the pre-grasp pose before the grasp', PREGRASP),
        ('--retreat', 'distance to withdraw, along --up if it is given, else back', RETREAT),
    ):
        group.add_argument(
            option,
            type=float,
            metavar='METRES',
            help=f'{what}; for --format {ways} (default: {usual})',
        )


def require_files(args: argparse.Namespace, kind: PlannerKind) -> None:
    """Raise ValueError if what is asked for does not go together, or cannot be written here."""
    if args.rerun is not None:
        require_rerun(args.rerun)
    names = args.format or []
    for option in ('pregrasp', 'retreat'):
        distance = getattr(args, option)
        if distance is None:
            continue
        if not any(FORMATS[name].has_pregrasp for name in names):
            ways = ' or '.join(name for name, kind in FORMATS.items() if kind.has_pregrasp)
            raise ValueError(f'--{option} is for --format {ways}')
        if not 0 <= distance < np.inf:
            raise ValueError(f'--{option} is {distance}, expected metres, at least 0')
    gripper = _gripper_kind(kind)
    if gripper is not None:
        require_gripper(names, gripper)


def _gripper_kind(kind: PlannerKind) -> GripperKind | None:
    """Return the gripper of the grasps of a planner; None where the kind does not say."""
    if kind.gripper is None:
        return None
    return GripperKind.PARALLEL_JAW if kind.gripper is JawGripper else GripperKind.SUCTION


def require_rerun(path: Path) -> None:
    """Raise ValueError if a recording cannot be written."""
    if path.suffix != '.rrd':
        raise ValueError(f'--rerun is {path}, expected a .rrd file')
    try:
        import dexnet_core.io.viewer.rerun_recording  # noqa: F401
    except ImportError as error:
        raise ValueError(f'--rerun needs the SDK of Rerun ({error}): {_RERUN}') from error


def write_files(args: argparse.Namespace, kind: PlannerKind, planned: Planned) -> None:
    """Write grasps.json, overlay.png, and what else there is of a planner or was asked for."""
    observation, gripper, plan = planned
    write_text(args.out / 'grasps.json', plan_text(plan, args.frame))
    if kind.has_heatmap and observation.is_image:
        write_heatmap(args.out / 'heatmap.npy', plan)
    shown = replace(plan, grasps=plan.grasps[:_DRAWN])
    if kind.gripper is JawGripper:
        write_mesh(
            args.out / 'grasps.ply',
            *scene_solid(seen_points(observation), shown.grasps, plan.jaw or JawGripper()),
        )
    write_picture(args.out / 'overlay.png', draw_seen(observation, shown, args.refused))
    listed = GraspList(
        plan.grasps,
        args.frame,
        gripper or plan.jaw,
        observation.up,
        PREGRASP if args.pregrasp is None else args.pregrasp,
        RETREAT if args.retreat is None else args.retreat,
    )
    write_formats(args.format or (), args.out, listed)
    if args.rerun is not None:
        from dexnet_core.io.viewer.rerun_recording import log_plan, recording

        with recording(args.rerun) as stream:
            log_plan(stream, observation, shown)
