"""Properties of the two planners that can be trained, and their sets of trials."""

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
"""Share of trials with the configured gripper; the others prevent forgetting other grippers."""


class PlannerRecipe(NamedTuple):
    """Properties of a kind of planner.

    Attributes:
        evaluator: Name of its evaluator, see `dexnet_core.models.evaluator_networks`.
        shipped: Returns the folder of its shipped networks.
        program: Base name of its node and launch file.
        size: Name of the gripper dimension that scales its views.
    """

    evaluator: str
    shipped: Callable[[], Path]
    program: str
    size: str


RECIPES = {
    'jaw': PlannerRecipe('jaw-evaluator', shipped_jaw, 'parallel_jaw', 'max_opening'),
    'suction': PlannerRecipe('suction-evaluator', shipped_suction, 'suction', 'radius'),
}
"""Maps the name of the planner to its recipe."""


@dataclass(frozen=True)
class TrialSet:
    """A set of trials of a run.

    Attributes:
        name: Name of its folder.
        meshes: True: objects are the user's parts; False: procedural objects.
        share: Share of all scenes.
    """

    name: str
    meshes: bool
    share: float


def trial_sets(config: MakeConfig) -> tuple[TrialSet, ...]:
    """Return the sets of trials; only the first has validation scenes."""
    if config.meshes is None:
        return (TrialSet('objects', False, 1.0),)
    return TrialSet('parts', True, 0.6), TrialSet('objects', False, 0.4)


def labeller_of(config: MakeConfig, trials: TrialSet, scenes: tuple[int, int]) -> Labeller:
    """Return the labeller of a set of trials.

    All of the user's parts are in the training and in the validation scenes, because the network
    shall learn these parts.

    Args:
        config: Configuration of the run.
        trials: The set; the first set gets all validation scenes, the others none.
        scenes: Numbers of training and of validation scenes of all sets together.
    """
    train = max(1, round(scenes[0] * trials.share))
    val = scenes[1] if trials == trial_sets(config)[0] else 0
    shared: dict[str, Any] = {'seed': config.seed, 'train_scenes': train, 'val_scenes': val}
    if config.camera:
        shared |= _seen_by(config.camera)
    if trials.meshes:
        parts = {'meshes': config.meshes, 'mesh_scale': config.mesh_scale}
        shared |= {'objects': 0, 'held_out': False, **parts}
    if isinstance(config.gripper, JawGripper):
        jaws = JawRange(gripper=config.gripper, usual=_OWN)
        return JawTrialLabeller(JawTrialConfig(grippers=jaws, **shared))
    cups = CupRange(gripper=config.gripper, usual=_OWN)
    return SuctionTrialLabeller(SuctionTrialConfig(grippers=cups, **shared))


def _seen_by(camera: CameraSetup) -> dict[str, Any]:
    """Return the camera settings of a trial configuration."""
    views = ViewRange(
        oblique=1.0,
        oblique_tilt=camera.tilt,
        oblique_distance=camera.distance,
        intrinsics=camera.intrinsics,
    )
    return {'views': views, 'strength': camera.noise, 'stereo': camera.stereo}
