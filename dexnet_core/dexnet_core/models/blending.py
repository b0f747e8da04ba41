"""Blends of two sets of weights of the same network.

A mean of the weights before and after fine-tuning keeps most of the gain on the new data and loses
less on other data. Source: Wortsman et al., Robust Fine-Tuning of Zero-Shot Models, CVPR 2022.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar('Network', bound=nn.Module)


def blended(initial: Network, trained: Network, share: float) -> Network:
    """Return a network with the weighted mean of the weights and statistics of two networks.

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
