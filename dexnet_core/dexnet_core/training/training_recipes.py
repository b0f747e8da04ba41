"""Configuration class and training function of each network, by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from dexnet_core.io.configuration import overridden
from dexnet_core.io.progress import Progress
from dexnet_core.models.compact import DESIGNS
from dexnet_core.models.evaluator_networks import EVALUATORS
from dexnet_core.planning.values.typed_values import typed_values
from dexnet_core.planning.values.yaml_values import read_mapping
from dexnet_core.training.crop_config import CropTrainConfig
from dexnet_core.training.crop_training import train_crops
from dexnet_core.training.evaluator_training import train_evaluator
from dexnet_core.training.graspnet_training import GraspNetTrainConfig, train_graspnet
from dexnet_core.training.networks import CROP_NETWORKS
from dexnet_core.training.records import EpochRecord
from dexnet_core.training.training_config import RunConfig, TrainConfig, TrialTrainConfig
from dexnet_core.training.view_training import train_views


class Recipe(NamedTuple):
    """Configuration class and training function of a network.

    Attributes:
        config: Class of the configuration.
        train: Trains the network or resumes its training, and returns the history.
    """

    config: type[RunConfig]
    train: Callable[[Any, Progress], list[EpochRecord]]


RECIPES = {
    **{name: Recipe(TrainConfig, train_views) for name in DESIGNS},
    **{name: Recipe(TrialTrainConfig, train_evaluator) for name in EVALUATORS},
    **{name.lower(): Recipe(CropTrainConfig, train_crops) for name in CROP_NETWORKS},
    'graspnet': Recipe(GraspNetTrainConfig, train_graspnet),
}
"""Maps the name of a network, in lower case, to its recipe."""


class ConfiguredRun(NamedTuple):
    """A configuration and the training function for it."""

    config: RunConfig
    train: Callable[[Any, Progress], list[EpochRecord]]


def read_run(path: Path, changes: list[str]) -> ConfiguredRun:
    """Read the configuration of a training run.

    Args:
        path: YAML file; its key `model` names the network, default: `suction`.
        changes: `key=value` or `section.key=value`, with values in YAML syntax.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is no YAML, or has an unknown key or model, or a wrong value.
    """
    values = overridden(read_mapping(path), changes)
    name = values.get('model', TrainConfig.model)
    recipe = RECIPES.get(str(name).lower())
    if recipe is None:
        raise ValueError(f'{path}: model is {name!r}, expected one of {", ".join(RECIPES)}')
    return ConfiguredRun(typed_values(recipe.config, values, str(path)), recipe.train)
