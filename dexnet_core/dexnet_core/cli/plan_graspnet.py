"""`dexnet plan graspnet`: grasps in any direction on a point cloud or a depth image."""

from __future__ import annotations

import argparse
from dataclasses import replace
import json
from pathlib import Path

from dexnet_core.cli.arguments import require_one_input
from dexnet_core.drawing.overlay import draw_plan
from dexnet_core.drawing.solids import scene_solid, seen_cloud
from dexnet_core.drawing.table import grasp_table
from dexnet_core.files.atomic import write_text
from dexnet_core.files.clouds import read_cloud, write_mesh
from dexnet_core.files.images import read_cloud_mask, read_depth_image, write_picture
from dexnet_core.files.plans import plan_to_json
from dexnet_core.geometry.camera import CameraIntrinsics, deproject
from dexnet_core.grasp import GraspPlan
from dexnet_core.graspnet.cloud import usable_points
from dexnet_core.runtime.clouds import plan_cloud
from dexnet_core.runtime.graspnet_planner import GraspNetPlanner
import numpy as np
from numpy.typing import NDArray

NAME = 'graspnet'
MEANT_FOR = dict.fromkeys(('--cloud', '--weights', '--raw'), (NAME,))
_DRAWN = 60
"""Grasps of --raw in the picture and the mesh, so that they can be told apart."""
_PRINTED = 10


class _Scene:
    """What is planned on: a cloud, or a depth image with its camera."""

    def __init__(self, args: argparse.Namespace) -> None:
        require_one_input(args)
        self.camera: CameraIntrinsics | None = None
        if args.cloud:
            self._mask = args.mask and read_cloud_mask(args.mask)
            self._cloud = read_cloud(args.cloud)
            self.points = usable_points(self._cloud)
            return
        self.depth, self.camera, self._mask = read_depth_image(args.depth, args.camera, args.mask)
        self.points = deproject(self.depth, self.camera)[self.depth > 0]

    def plan(self, planner: GraspNetPlanner, raw: bool) -> GraspPlan:
        """Return the chosen grasps, or all."""
        if self.camera:
            return planner.plan(self.depth, self.camera, self._mask, chosen=not raw)
        return plan_cloud(planner, self._cloud, self._mask, chosen=not raw)

    def picture(self, plan: GraspPlan) -> NDArray[np.uint8]:
        """Return the plan drawn over what was seen."""
        if self.camera:
            return draw_plan(self.depth, self.camera, plan)
        depth, camera = seen_cloud(self.points)
        nowhere = np.full(camera.shape, np.nan, np.float32)
        return draw_plan(depth, camera, replace(plan, heatmap=nowhere))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what only this planner knows."""
    group = parser.add_argument_group(NAME, 'on a cloud instead of --depth, or on --depth')
    group.add_argument(
        '--cloud', type=Path, help='.npy (n, 3), .npz with `cloud`, or .ply; metres'
    )
    group.add_argument(
        '--weights',
        type=Path,
        help='checkpoint, exported to OUT/model and run from there (needs torch); or as --model',
    )
    group.add_argument(
        '--raw', action='store_true', help='every decoded grasp, also those that repeat or collide'
    )


def model_of(args: argparse.Namespace) -> Path | None:
    """Return the folder of graphs to plan with, made of a checkpoint if that is what is given."""
    if args.weights and args.model:
        raise ValueError('give either --weights or --model, not both')
    if args.weights is None or args.weights.is_dir():
        return args.weights or args.model
    from dexnet_core.export.graspnet_files import write_graspnet
    from dexnet_core.models.graspnet_graphs import graph_modules
    from dexnet_core.models.graspnet_weights import load_usable_graspnet

    network, contract = load_usable_graspnet(args.weights)
    folder = args.out / 'model'
    write_graspnet(folder, graph_modules(network), contract)
    print(f'{args.weights} is exported: --model {folder} starts sooner')  # noqa: T201
    return folder


def run(args: argparse.Namespace, planner: GraspNetPlanner) -> None:
    """Plan, write grasps.json, grasps.ply and overlay.png, and print the best grasps."""
    scene = _Scene(args)
    plan = scene.plan(planner, args.raw)
    values = json.dumps(plan_to_json(plan, args.frame), indent=2)
    write_text(args.out / 'grasps.json', values + '\n')
    shown = replace(plan, grasps=plan.grasps[:_DRAWN])
    write_mesh(args.out / 'grasps.ply', *scene_solid(scene.points, shown.grasps))
    write_picture(args.out / 'overlay.png', scene.picture(shown))
    best = plan.grasps[:_PRINTED]
    print(grasp_table(best) if best else f'no grasp: {plan.message}')  # noqa: T201
