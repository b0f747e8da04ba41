"""What rounding a whole network to 8 bits would cost in grasps, without a board."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from dexnet_core.files.atomic import write_text
from dexnet_core.files.images import DepthImage
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.grasp import Grasp, GraspPlan
from dexnet_core.x5.folder import Export
from dexnet_core.x5.quantised import write_quantised
import numpy as np
from numpy.typing import NDArray

FOLDER = 'simulated'
"""Of the rounded graphs, in that of the export."""


class Plans(Protocol):
    """A planner."""

    def plan(
        self,
        depth: NDArray[np.float32],
        camera: CameraIntrinsics,
        mask: NDArray[np.bool_] | None = None,
    ) -> GraspPlan:
        """Plan grasps on one depth image."""


def simulated(folder: Path, export: Export) -> tuple[Path, Path]:
    """Write the graphs of an export as ONNX Runtime simulates them with 8 bits.

    Returns:
        What a planner loads for the exact and for the rounded network: the file of the graph, or
        of several the folder.
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


def plans_of(planner: Plans, images: Iterable[DepthImage]) -> list[tuple[Grasp, ...]]:
    """Return the grasps on each image, best first."""
    return [planner.plan(*image).grasps for image in images]
