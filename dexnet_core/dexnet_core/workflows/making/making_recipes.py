"""What differs between the planners that can be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from dexnet_core.datasets.trials.jaw_trial_labeller import JawTrialConfig, JawTrialLabeller
from dexnet_core.datasets.trials.suction_trial_labeller import (
    SuctionTrialConfig,
    SuctionTrialLabeller,
)
from dexnet_core.datasets.views.view_generation import Labeller
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.networks.model_file import shipped_jaw, shipped_suction
from dexnet_core.simulation.picking.random_grippers import CupRange, JawRange
from dexnet_core.simulation.scenes.camera_setup import CameraSetup
from dexnet_core.simulation.scenes.rendered_view import ViewRange
from dexnet_core.workflows.making.making_config import MakeConfig

_OWN = 0.7
"""Share of trials with the gripper that is asked for; the others keep what is known of others."""


class PlannerRecipe(NamedTuple):
    """How a planner of one kind is made.

    Attributes:
        evaluator: Name of its second network, see `dexnet_core.models.evaluator_networks`.
        shipped: Folder of its shipped networks.
        program: Of its node and launch file.
        size: Name of the length of a gripper that its views are scaled with.
    """

    evaluator: str
    shipped: Callable[[], Path]
    program: str
    size: str


RECIPES = {
    'jaw': PlannerRecipe('jaw-evaluator', shipped_jaw, 'parallel_jaw', 'max_opening'),
    'suction': PlannerRecipe('suction-evaluator', shipped_suction, 'suction', 'radius'),
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
    """Return what makes a set of trials.

    Args:
        config: What is made.
        trials: The set; the first one gets all scenes to validate on, the others none.
        scenes: To train with and to validate on, of all sets together.
    """
    train = max(1, round(scenes[0] * trials.share))
    val = scenes[1] if trials == trial_sets(config)[0] else 0
    shared: dict[str, Any] = {'seed': config.seed, 'train_scenes': train, 'val_scenes': val}
    if config.camera:
        shared |= _seen_by(config.camera)
    if trials.meshes:
        shared |= {'objects': 0, 'meshes': config.meshes, 'mesh_scale': config.mesh_scale}
    if isinstance(config.gripper, JawGripper):
        jaws = JawRange(gripper=config.gripper, usual=_OWN)
        return JawTrialLabeller(JawTrialConfig(grippers=jaws, **shared))
    cups = CupRange(gripper=config.gripper, usual=_OWN)
    return SuctionTrialLabeller(SuctionTrialConfig(grippers=cups, **shared))


def _seen_by(camera: CameraSetup) -> dict[str, Any]:
    """Return what a configuration of trials says of its cameras."""
    views = ViewRange(
        oblique=1.0,
        oblique_tilt=camera.tilt,
        oblique_distance=camera.distance,
        intrinsics=camera.intrinsics,
    )
    return {'views': views, 'strength': camera.noise, 'stereo': camera.stereo}
