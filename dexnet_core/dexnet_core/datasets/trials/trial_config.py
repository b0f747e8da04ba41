"""What grasps are tried, whatever the gripper."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dexnet_core.datasets.views.seen_views import SeenConfig
from dexnet_core.io.checks import require_not_negative, require_positive, require_ranges
from dexnet_core.simulation.picking.pose_error import with_pose_error
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TrialConfig(SeenConfig):
    """What grasps to try, whatever the gripper.

    Attributes:
        model: ONNX file or folder of the planner that proposes them; the shipped one without.
        per_view: Grasps of a view at most.
        friction: Least and greatest coefficient, drawn for each view.
        position_error: Standard deviation in metres of where the gripper goes.
        rotation_error: Standard deviation in radians of how it is turned.

    Raises:
        ValueError: A number is out of its range.
        FileNotFoundError: There is no such model.
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
        """Return where a gripper really goes that was sent to a pose (4, 4)."""
        return with_pose_error(T_world_grasp, self.position_error, self.rotation_error, rng)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self, 'per_view')
        require_not_negative(self, 'position_error', 'rotation_error')
        require_ranges(self, 'friction')
        if self.model is not None and not self.model.exists():
            raise FileNotFoundError(f'there is no model {self.model}')


def some(scores: NDArray[np.floating], most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return that many indices: half of them of the best scores, the others at random."""
    liked = np.argsort(-scores, kind='stable')[: most // 2]
    others = np.setdiff1d(np.arange(len(scores)), liked)
    return np.append(liked, rng.choice(others, most - len(liked), replace=False))
