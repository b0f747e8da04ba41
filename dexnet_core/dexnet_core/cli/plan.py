"""`dexnet plan`: grasps on one depth image."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import cv2
from dexnet_core.cli.arguments import add_command, SubParsers
from dexnet_core.drawing.overlay import draw_plan
from dexnet_core.files.atomic import atomic_path
from dexnet_core.files.images import read_camera, read_depth, read_mask
from dexnet_core.files.plans import write_plan
from dexnet_core.grasp import GraspPlan
from dexnet_core.runtime.loading import load_suction_planner
from dexnet_core.runtime.settings import SuctionSettings

_EXAMPLE = 'dexnet plan suction --depth depth.npy --camera 525,525,319.5,239.5 --out out/plan'


def add_parser(commands: SubParsers) -> None:
    """Add the subcommand."""
    parser = add_command(commands, 'plan', run, 'Plan grasps on one depth image.', _EXAMPLE)
    parser.add_argument('gripper', choices=['suction'])
    parser.add_argument(
        '--depth', type=Path, required=True, help='.npy metres or .png millimetres'
    )
    parser.add_argument(
        '--camera', required=True, help='camera_info YAML, .intr JSON, or fx,fy,cx,cy in pixels'
    )
    parser.add_argument('--mask', type=Path, help='image that is not 0 on what may be grasped')
    parser.add_argument('--top', type=int, help='most grasps to return')
    parser.add_argument('--settings', type=Path, help='YAML with planner settings')
    parser.add_argument('--model', type=Path, help='ONNX file; the shipped weights by default')
    parser.add_argument('--frame', default='camera_optical_frame', help='name of the frame')
    parser.add_argument('--out', type=Path, required=True, help='folder for the results')


def run(args: argparse.Namespace) -> None:
    """Plan, write grasps.json, heatmap.npy and overlay.png, and print the grasps."""
    settings = _settings(args.settings)
    if args.top is not None:
        settings = replace(settings, max_grasps=args.top)
    depth = read_depth(args.depth)
    camera = read_camera(args.camera, depth.shape)
    mask = read_mask(args.mask) if args.mask else None
    plan = load_suction_planner(args.model, settings).plan(depth, camera, mask)
    write_plan(args.out, plan, args.frame)
    with atomic_path(args.out / 'overlay.png') as scratch:
        cv2.imwrite(str(scratch), draw_plan(depth, camera, plan))
    print(_summary(plan))  # noqa: T201


def _settings(path: Path | None) -> SuctionSettings:
    if path is None:
        return SuctionSettings()
    from dexnet_core.configuration import read_config  # a robot without settings needs no dacite

    return read_config(SuctionSettings, path)


def _summary(plan: GraspPlan) -> str:
    """Return a table of the grasps, or why there is none."""
    if not plan.grasps:
        return f'no grasp: {plan.message}'
    rows = ['rank  score  position x y z (m)        approach x y z']
    for rank, grasp in enumerate(plan.grasps, start=1):
        position = ' '.join(f'{value:+.4f}' for value in grasp.position)
        approach = ' '.join(f'{value:+.3f}' for value in grasp.approach)
        rows.append(f'{rank:4d}  {grasp.score:.3f}  {position}   {approach}')
    return '\n'.join(rows)
