"""Properties of the two planners that can be trained, and their sets of scenes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from dexnet_core.datasets.trials.jaw_trial_labeller import JawTrialConfig, JawTrialLabeller
from dexnet_core.datasets.trials.suction_trial_labeller import (
    SuctionTrialConfig,
    SuctionTrialLabeller,
)
from dexnet_core.datasets.views.jaw_labeller import JawGenerationConfig, JawLabeller
from dexnet_core.datasets.views.suction_labeller import SuctionGenerationConfig, SuctionLabeller
from dexnet_core.datasets.views.view_generation import Labeller
from dexnet_core.planning.contracts.view_contract import JawCells
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.networks.model_file import shipped_jaw, shipped_suction
from dexnet_core.simulation.picking.random_grippers import CupRange, JawRange
from dexnet_core.simulation.scenes.camera_setup import CameraSetup
from dexnet_core.simulation.scenes.rendered_view import ViewRange
from dexnet_core.simulation.suction.cup_model import SpringCup
from dexnet_core.workflows.making.making_config import MakeConfig

_OWN = 0.7
"""Share of trials with the configured gripper; the others prevent forgetting other grippers."""
_SEALED_OBJECTS = 80
"""Procedural objects in labelled views for suction; the seal of each is computed once."""


class PlannerRecipe(NamedTuple):
    """Properties of a kind of planner.

    Attributes:
        evaluator: Name of its evaluator, see `dexnet_core.models.evaluator_networks`.
        shipped: Returns the folder of its shipped networks.
        program: Base name of its node and launch file.
        size: Name of the gripper dimension that scales its views.
        view_side: Pixels of a side of the metric views that the proposal network is trained on.
    """

    evaluator: str
    shipped: Callable[[], Path]
    program: str
    size: str
    view_side: int


RECIPES = {
    'jaw': PlannerRecipe('jaw-evaluator', shipped_jaw, 'parallel_jaw', 'max_opening', 192),
    'suction': PlannerRecipe('suction-evaluator', shipped_suction, 'suction', 'radius', 256),
}
"""Maps the name of the planner to its recipe."""


@dataclass(frozen=True)
class SceneSet:
    """A set of scenes of a run, for trials or for labelled views.

    Attributes:
        name: Name of its folder.
        meshes: True: objects are the user's parts; False: procedural objects.
        share: Share of all scenes.
    """

    name: str
    meshes: bool
    share: float


def scene_sets(config: MakeConfig) -> tuple[SceneSet, ...]:
    """Return the sets of scenes; each has its share of the training and validation scenes."""
    if config.meshes is None:
        return (SceneSet('objects', False, 1.0),)
    return SceneSet('parts', True, 0.6), SceneSet('objects', False, 0.4)


def trial_labeller(
    config: MakeConfig, scenes: SceneSet, numbers: tuple[int, int], model: Path | None = None
) -> Labeller:
    """Return the labeller of a set of trials.

    Args:
        config: Configuration of the run.
        scenes: The set, which gets its share of the scenes.
        numbers: Numbers of training and of validation scenes of all sets together.
        model: Model folder of the planner whose grasps are tried; None: the shipped one.
    """
    shared = {**_shared(config, scenes, numbers), 'model': model}
    if isinstance(config.gripper, JawGripper):
        jaws = JawRange(gripper=config.gripper, usual=_OWN)
        return JawTrialLabeller(JawTrialConfig(grippers=jaws, **shared))
    cups = CupRange(gripper=config.gripper, usual=_OWN)
    return SuctionTrialLabeller(SuctionTrialConfig(grippers=cups, **shared))


def view_labeller(config: MakeConfig, scenes: SceneSet, numbers: tuple[int, int]) -> Labeller:
    """Return the labeller of a set of labelled views, all for the gripper of the run.

    Args:
        config: Configuration of the run.
        scenes: The set, which gets its share of the scenes.
        numbers: Numbers of training and of validation scenes of all sets together.
    """
    shared, gripper = _shared(config, scenes, numbers), config.gripper
    if isinstance(gripper, JawGripper):
        return JawLabeller(JawGenerationConfig(cells=cells_for(gripper), **shared))
    shared.setdefault('objects', _SEALED_OBJECTS)
    cup = SpringCup(radius=gripper.radius)
    return SuctionLabeller(SuctionGenerationConfig(cup=cup, **shared))


def cells_for(gripper: JawGripper) -> JawCells:
    """Return the channels for a jaw; the depths of the pads scale with its opening."""
    usual = JawCells()
    scale = gripper.max_opening / usual.gripper.max_opening
    return replace(usual, offsets=tuple(scale * z for z in usual.offsets), gripper=gripper)


def _shared(config: MakeConfig, scenes: SceneSet, numbers: tuple[int, int]) -> dict[str, Any]:
    """Return the settings of a set that trials and labelled views have in common.

    All of the user's parts are in the training and in the validation scenes, because the networks
    shall learn these parts.
    """
    train, val = (max(1, round(number * scenes.share)) for number in numbers)
    shared: dict[str, Any] = {'seed': config.seed, 'train_scenes': train, 'val_scenes': val}
    if config.camera:
        shared |= _seen_by(config.camera)
    if scenes.meshes:
        parts = {'meshes': config.meshes, 'mesh_scale': config.mesh_scale}
        shared |= {'objects': 0, 'held_out': False, **parts}
    return shared


def _seen_by(camera: CameraSetup) -> dict[str, Any]:
    """Return the camera settings of a trial configuration."""
    views = ViewRange(
        oblique=1.0,
        oblique_tilt=camera.tilt,
        oblique_distance=camera.distance,
        intrinsics=camera.intrinsics,
    )
    return {'views': views, 'strength': camera.noise, 'stereo': camera.stereo}
