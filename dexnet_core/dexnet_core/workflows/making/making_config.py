"""Configuration of `dexnet make`, and the amounts of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dexnet_core.planning.grippers.gripper_files import Gripper
from dexnet_core.planning.values.checks import require_not_negative, require_positive
from dexnet_core.simulation.scenes.camera_setup import CameraSetup

VIEWS_VALIDATED = 8
"""Training scenes with labelled views per validation scene."""


@dataclass(frozen=True)
class Amounts:
    """Amounts of a run.

    Attributes:
        train_scenes: Scenes with trials for training.
        val_scenes: Scenes with trials for validation.
        epochs: Passes over the training grasps.
        rounds: Picking rounds per kind of scene, for each of the shipped and the new planner.
        view_scenes: Scenes with labelled views for training of the proposal network; 0: the
            shipped one is kept.
        view_epochs: Passes over these views.

    Raises:
        ValueError: A number is negative, or one of the trials or rounds is 0.
    """

    train_scenes: int
    val_scenes: int
    epochs: int
    rounds: int
    view_scenes: int = 0
    view_epochs: int = 0

    def __post_init__(self) -> None:
        require_positive(self, 'train_scenes', 'val_scenes', 'epochs', 'rounds')
        require_not_negative(self, 'view_scenes', 'view_epochs')

    @property
    def proposals(self) -> bool:
        """Whether a proposal network is trained."""
        return self.view_scenes > 0 and self.view_epochs > 0

    @property
    def val_view_scenes(self) -> int:
        """Scenes with labelled views for validation."""
        return -(-self.view_scenes // VIEWS_VALIDATED)


@dataclass(frozen=True)
class MakeConfig:
    """Configuration of the planner to train.

    Attributes:
        planner: `jaw` or `suction`.
        gripper: Gripper of the robot.
        camera: Camera of the cell; None: cameras of many kinds.
        meshes: Folder of the user's parts; None: procedural objects only.
        mesh_scale: Metres per unit of these meshes.
        seed: Seed of all random numbers.
        from_scratch: Train from random weights instead of the shipped ones.
        proposals: Train the proposal network as well.
        amounts: Amounts of the run; None: as much as the time limit allows.

    Raises:
        ValueError: A number is out of range, or `amounts` has labelled views although
            `proposals` is False, or none although it is True.
    """

    planner: str
    gripper: Gripper
    camera: CameraSetup | None = None
    meshes: Path | None = None
    mesh_scale: float = 1.0
    seed: int = 0
    from_scratch: bool = False
    proposals: bool = False
    amounts: Amounts | None = None

    def __post_init__(self) -> None:
        require_positive(self, 'mesh_scale')
        require_not_negative(self, 'seed')
        if self.amounts and self.proposals != self.amounts.proposals:
            raise ValueError(
                f'amounts have {self.amounts.view_scenes} view_scenes and '
                f'{self.amounts.view_epochs} view_epochs, expected '
                f'{"at least 1" if self.proposals else "0"} of each'
            )
