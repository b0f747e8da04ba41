"""What differs between the planners that can be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from dexnet_core.datasets.generation import Labeller
from dexnet_core.datasets.jaw_trial_labeller import JawTrialConfig, JawTrialLabeller
from dexnet_core.datasets.suction_trial_labeller import SuctionTrialConfig, SuctionTrialLabeller
from dexnet_core.datasets.trial_config import TrialConfig
from dexnet_core.making.config import MakeConfig
from dexnet_core.picking.grippers import CupRange, JawRange
from dexnet_core.runtime.model_file import shipped_jaw, shipped_suction
from dexnet_core.scenes.camera_setup import CameraSetup
from dexnet_core.scenes.view import ViewRange

_OWN = 0.7
"""Share of trials with the gripper that is asked for; the others keep what is known of others."""


class MadeKind(NamedTuple):
    """How a planner of one kind is made.

    Attributes:
        evaluator: Name of its second network, see `dexnet_core.models.evaluator`.
        trials: Configuration of its trials.
        labeller: Makes them.
        range: Grippers that they are made with.
        shipped: Folder of its shipped networks.
        program: Of its node and launch file.
        size: Name of the length of a gripper that its views are scaled with.
    """

    evaluator: str
    trials: type[TrialConfig]
    labeller: Callable[[TrialConfig], Labeller]
    range: type[JawRange] | type[CupRange]
    shipped: Callable[[], Path]
    program: str
    size: str


KINDS = {
    'jaw': MadeKind(
        *('jaw-evaluator', JawTrialConfig, JawTrialLabeller, JawRange),
        *(shipped_jaw, 'parallel_jaw', 'max_opening'),
    ),
    'suction': MadeKind(
        *('suction-evaluator', SuctionTrialConfig, SuctionTrialLabeller, CupRange),
        *(shipped_suction, 'suction', 'radius'),
    ),
}
"""By the name of the planner."""


@dataclass(frozen=True)
class TrialSet:
    """A set of trials of a run, and the share of the scenes that it gets.

    Attributes:
        name: Of its folder.
        meshes: Whether its objects are the user's parts, not procedural ones.
        share: Of all scenes.
    """

    name: str
    meshes: bool
    share: float


def trial_sets(config: MakeConfig) -> tuple[TrialSet, ...]:
    """Return the sets to make, the one that is validated on first."""
    if config.meshes is None:
        return (TrialSet('objects', False, 1.0),)
    return TrialSet('parts', True, 0.6), TrialSet('objects', False, 0.4)


def labeller_of(config: MakeConfig, trials: TrialSet, scenes: tuple[int, int]) -> Labeller:
    """Return what makes a set of trials with so many scenes to train with and to validate on."""
    kind = KINDS[config.planner]
    train, val = (max(1, round(count * trials.share)) for count in scenes)
    made = kind.trials(
        seed=config.seed,
        train_scenes=train,
        val_scenes=val,
        grippers=replace(kind.range(), gripper=config.gripper, usual=_OWN),
    )
    if config.camera:
        made = replace(made, **_seen_by(config.camera))
    if trials.meshes:
        made = replace(made, objects=0, meshes=config.meshes, mesh_scale=config.mesh_scale)
    return kind.labeller(made)


def _seen_by(camera: CameraSetup) -> dict[str, Any]:
    """Return what a configuration of trials says of its cameras."""
    views = ViewRange(
        oblique=1.0,
        oblique_tilt=camera.tilt,
        oblique_distance=camera.distance,
        intrinsics=camera.intrinsics,
    )
    return {'views': views, 'strength': camera.noise, 'stereo': camera.stereo}
