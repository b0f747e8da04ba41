"""Fully connected layers as 1x1 convolutions."""

from __future__ import annotations

from torch import nn, Tensor


def pointwise(weight: Tensor, bias: Tensor | None = None) -> nn.Conv2d:
    """Return a 1x1 convolution with copies of weights (outputs, inputs) and bias (outputs,)."""
    conv = nn.Conv2d(weight.shape[1], weight.shape[0], 1, bias=bias is not None)
    conv.weight = nn.Parameter(weight[:, :, None, None].clone())
    if bias is not None:
        conv.bias = nn.Parameter(bias.clone())
    return conv


def pointwise_of(linear: nn.Linear) -> nn.Conv2d:
    """Return the 1x1 convolution that is equivalent to a linear layer."""
    return pointwise(linear.weight, linear.bias)
