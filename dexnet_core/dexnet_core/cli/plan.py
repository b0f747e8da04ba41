"""`dexnet plan`: grasps on one depth image, or of GraspNet on a point cloud."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from dexnet_core.cli import plan_graspnet
from dexnet_core.cli.arguments import (
    add_command,
    CAMERA_HELP,
    DEPTH_HELP,
    MODEL_HELP,
    refuse_foreign,
    SubParsers,
)
from dexnet_core.drawing.overlay import draw_plan
from dexnet_core.drawing.table import grasp_table
from dexnet_core.files.images import read_depth_image, write_picture
from dexnet_core.files.plans import write_plan
from dexnet_core.runtime.kinds import KINDS
from dexnet_core.runtime.settings import PlannerSettings

_EXAMPLE = """dexnet plan suction --depth depth.npy --camera 525,525,319.5,239.5 --out out/plan
  dexnet plan graspnet --cloud cloud.ply --out out/plan"""


def add_parser(commands: SubParsers) -> None:
    """Add the subcommand."""
    summary = 'Plan grasps on one depth image; of graspnet also on a point cloud.'
    parser = add_command(commands, 'plan', run, summary, _EXAMPLE)
    parser.add_argument('gripper', choices=KINDS)
    parser.add_argument('--depth', type=Path, help=DEPTH_HELP)
    parser.add_argument('--camera', help=CAMERA_HELP)
    parser.add_argument(
        '--mask', type=Path, help='image, or of a cloud (n,) .npy, not 0 on what may be grasped'
    )
    parser.add_argument('--top', type=int, help='most grasps to return')
    parser.add_argument('--settings', type=Path, help='YAML, such as `min_score: 0.1`')
    parser.add_argument('--model', type=Path, help=MODEL_HELP)
    parser.add_argument('--frame', default='camera_optical_frame', help='name of the frame')
    parser.add_argument('--out', type=Path, required=True, help='folder for the results')
    plan_graspnet.add_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Plan, write grasps.json, heatmap.npy and overlay.png, and print the grasps."""
    refuse_foreign(args, args.gripper, plan_graspnet.MEANT_FOR)
    kind = KINDS[args.gripper]
    settings = _settings(kind.settings, args.settings)
    if args.top is not None:
        if args.raw:
            raise ValueError(f'got --top {args.top} with --raw, which gives all: expected one')
        settings = replace(settings, max_grasps=args.top)
    if args.gripper == plan_graspnet.NAME:
        plan_graspnet.run(args, kind.load(plan_graspnet.model_of(args), settings))
        return
    if not (args.depth and args.camera):
        raise ValueError(f'dexnet plan {args.gripper} needs --depth and --camera')
    depth, camera, mask = read_depth_image(args.depth, args.camera, args.mask)
    plan = kind.load(args.model, settings).plan(depth, camera, mask)
    write_plan(args.out, plan, args.frame)
    write_picture(args.out / 'overlay.png', draw_plan(depth, camera, plan))
    print(grasp_table(plan.grasps) if plan.grasps else f'no grasp: {plan.message}')  # noqa: T201


def _settings(kind: type[PlannerSettings], path: Path | None) -> PlannerSettings:
    if path is None:
        return kind()
    from dexnet_core.configuration import read_config  # a robot without settings needs no dacite

    return read_config(kind, path)
