"""Optimisers and schedules by name."""

from __future__ import annotations

from collections.abc import Callable

from dexnet_core.training.training_config import OptimizerSettings
from torch import nn, optim
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR


def _sgd(network: nn.Module, settings: OptimizerSettings) -> optim.Optimizer:
    return optim.SGD(
        network.parameters(),
        settings.learning_rate,
        momentum=settings.momentum,
        weight_decay=settings.weight_decay,
    )


def _adam(network: nn.Module, settings: OptimizerSettings) -> optim.Optimizer:
    return _adam_variant(optim.Adam, network, settings)


def _adamw(network: nn.Module, settings: OptimizerSettings) -> optim.Optimizer:
    return _adam_variant(optim.AdamW, network, settings)


def _adam_variant(
    kind: type[optim.Adam], network: nn.Module, settings: OptimizerSettings
) -> optim.Optimizer:
    return kind(
        network.parameters(),
        settings.learning_rate,
        betas=(settings.momentum, 0.999),
        weight_decay=settings.weight_decay,
    )


OPTIMISERS: dict[str, Callable[[nn.Module, OptimizerSettings], optim.Optimizer]] = {
    'sgd': _sgd,
    'adam': _adam,
    'adamw': _adamw,
}


def make_optimiser(network: nn.Module, settings: OptimizerSettings) -> optim.Optimizer:
    """Return the configured optimiser; its name is case-insensitive.

    Raises:
        ValueError: The optimiser name is unknown.
    """
    make = OPTIMISERS.get(settings.name.lower())
    if make is None:
        known = ', '.join(OPTIMISERS)
        raise ValueError(f'optimizer name is {settings.name!r}, expected one of {known}')
    return make(network, settings)


def make_schedule(
    optimiser: optim.Optimizer, settings: OptimizerSettings, steps: int, epochs: int
) -> LRScheduler:
    """Return a learning rate schedule; call its `step` after each of the `steps` per epoch."""
    gamma = settings.scheduler_gamma
    if gamma is None:
        return OneCycleLR(optimiser, settings.learning_rate, steps * epochs)
    return LambdaLR(optimiser, lambda step: gamma ** (step // steps))
