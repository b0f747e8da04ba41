"""Blends of two sets of weights of the same network.

Source: Wortsman et al., Robust Fine-Tuning of Zero-Shot Models, CVPR 2022: between the weights
before and after fine-tuning, there are networks that know the new data and have forgotten little.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar('Network', bound=nn.Module)


def blended(initial: Network, trained: Network, share: float) -> Network:
    """Return a network whose weights and statistics are between those of two networks.

    Args:
        initial: Network before training.
        trained: The same network after training.
        share: Share of the trained weights, from 0 to 1.
    """
    network, begin = deepcopy(trained), initial.state_dict()
    state = {
        name: torch.lerp(begin[name], values, share) if values.is_floating_point() else values
        for name, values in trained.state_dict().items()
    }
    network.load_state_dict(state)
    return network
