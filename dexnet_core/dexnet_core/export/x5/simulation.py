"""Simulated effect of 8-bit quantisation on grasp plans, without a board."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dexnet_core.export.x5.quantised import write_quantised
from dexnet_core.export.x5.x5_folder import Export
from dexnet_core.io.files.atomic import write_text
from dexnet_core.io.files.depth_images import DepthImage
from dexnet_core.planning.grasp import Grasp
from dexnet_core.planning.observation import of_image, of_optical_cloud
from dexnet_core.planning.planners.planner import Planner
import numpy as np
from numpy.typing import NDArray

PlannerInput = DepthImage | NDArray[np.float32]
"""A depth image, or the (n, 3) points of a cloud in metres."""

FOLDER = 'simulated'
"""Subfolder of the export with the quantised graphs."""


def simulated(folder: Path, export: Export) -> tuple[Path, Path]:
    """Write the graphs of an export with simulated 8-bit quantisation.

    Returns:
        Paths of the exact and of the quantised network: the graph file, or the folder if there
        are several graphs.
    """
    rounded = folder / FOLDER
    for network in export.networks:
        file = f'{network.name}.onnx'
        write_quantised(folder / file, network.samples, rounded / file)
    name, text = export.contract
    write_text(rounded / name, text)
    if len(export.networks) > 1:
        return folder, rounded
    return folder / file, rounded / file


def plans_of(planner: Planner, inputs: Iterable[PlannerInput]) -> list[tuple[Grasp, ...]]:
    """Return the grasps on each image or cloud, best first."""
    return [plan_of(planner, each) for each in inputs]


def plan_of(planner: Planner, given: PlannerInput) -> tuple[Grasp, ...]:
    """Return the grasps on an image or cloud, best first."""
    seen = of_image(*given) if isinstance(given, DepthImage) else of_optical_cloud(given)
    return planner.plan(seen).grasps
