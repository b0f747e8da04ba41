"""What `dexnet make` is asked for, and how much of everything it makes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dexnet_core.io.checks import require_not_negative, require_positive
from dexnet_core.planning.grippers.gripper_files import Gripper
from dexnet_core.simulation.scenes.camera_setup import CameraSetup


@dataclass(frozen=True)
class Amounts:
    """How much of everything is made.

    Attributes:
        train_scenes: Scenes whose grasps are trained on.
        val_scenes: Scenes whose grasps are validated on.
        epochs: Passes over the training grasps.
        rounds: Scenes of each kind that are picked, with the shipped planner and with the new one.

    Raises:
        ValueError: A number is not positive.
    """

    train_scenes: int
    val_scenes: int
    epochs: int
    rounds: int

    def __post_init__(self) -> None:
        require_positive(self, 'train_scenes', 'val_scenes', 'epochs', 'rounds')


@dataclass(frozen=True)
class MakeConfig:
    """What planner to make.

    Attributes:
        planner: `jaw` or `suction`.
        gripper: The robot's.
        camera: Of the cell; None: cameras of many kinds.
        meshes: Folder of the user's parts; None: procedural objects only.
        mesh_scale: Metres per unit of those meshes.
        seed: Decides everything.
        from_scratch: Whether the network begins untrained instead of with the shipped weights.
        amounts: How much to make; None: as much as the hours allow.

    Raises:
        ValueError: A number is out of its range.
    """

    planner: str
    gripper: Gripper
    camera: CameraSetup | None = None
    meshes: Path | None = None
    mesh_scale: float = 1.0
    seed: int = 0
    from_scratch: bool = False
    amounts: Amounts | None = None

    def __post_init__(self) -> None:
        require_positive(self, 'mesh_scale')
        require_not_negative(self, 'seed')
