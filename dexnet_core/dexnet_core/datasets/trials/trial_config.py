"""Common configuration of grasp trials for all grippers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dexnet_core.datasets.views.segmented_views import SegmentedViewConfig
from dexnet_core.planning.values.checks import (
    require_not_negative,
    require_positive,
    require_ranges,
)
from dexnet_core.simulation.picking.pose_error import with_pose_error
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TrialConfig(SegmentedViewConfig):
    """Configuration of grasp trials.

    Attributes:
        model: ONNX file or folder of the planner's networks; default is the shipped model.
        per_view: Maximum number of grasps per view.
        friction: Minimum and maximum friction coefficient, drawn for each view.
        position_error: Standard deviation of the gripper position in metres.
        rotation_error: Standard deviation of the gripper orientation in radians.

    Raises:
        ValueError: A number is out of range.
        FileNotFoundError: The model does not exist.
    """

    train_scenes: int = 2400
    val_scenes: int = 150
    model: Path | None = None
    per_view: int = 20
    friction: tuple[float, float] = (0.35, 0.9)
    position_error: float = 0.001
    rotation_error: float = 0.01

    def with_pose_error(
        self, T_world_grasp: NDArray[np.float64], rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Return a commanded pose (4, 4) with a random error added."""
        return with_pose_error(T_world_grasp, self.position_error, self.rotation_error, rng)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self, 'per_view')
        require_not_negative(self, 'position_error', 'rotation_error')
        require_ranges(self, 'friction')
        if self.model is not None and not self.model.exists():
            raise FileNotFoundError(f'model {self.model} does not exist')


def some(scores: NDArray[np.floating], most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return `most` indices: half of them with the best scores, the others at random."""
    best = np.argsort(-scores, kind='stable')[: most // 2]
    others = np.setdiff1d(np.arange(len(scores)), best)
    return np.append(best, rng.choice(others, most - len(best), replace=False))
