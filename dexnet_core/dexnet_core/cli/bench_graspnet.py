"""`dexnet bench graspnet`: from a cloud of 20,000 points to grasps, stage by stage."""

from __future__ import annotations

import argparse
from pathlib import Path

from dexnet_core.evaluation.cloud_speed import cloud_table, time_cloud
from dexnet_core.geometry.camera import deproject
from dexnet_core.io.files.cloud_files import read_cloud
from dexnet_core.planning.graspnet.cloud import sampled, usable_points
from dexnet_core.planning.graspnet.stages import CLOUD_POINTS
from dexnet_core.planning.planners.loading import load_graspnet_planner
import numpy as np
from numpy.typing import NDArray

NAME = 'graspnet'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark alone."""
    parser.add_argument(
        '--cloud',
        type=Path,
        metavar='FILE',
        help='point cloud to plan on (default: a rendered bin)',
    )


def run(args: argparse.Namespace) -> None:
    """Time the planner and print the table."""
    planner = load_graspnet_planner(args.model, threads=args.threads)
    points = usable_points(read_cloud(args.cloud)) if args.cloud else _rendered()
    print(cloud_table(time_cloud(planner, points, args.rounds)))  # noqa: T201


def _rendered() -> NDArray[np.float32]:
    """Return (20000, 3) float32 points of a full bin, drawn by chance."""
    from dexnet_core.evaluation.planner_speed import bench_image  # renders

    image = bench_image()
    points = deproject(image.depth, image.camera)[image.depth > 0]
    return sampled(points, CLOUD_POINTS, np.random.default_rng(0))
