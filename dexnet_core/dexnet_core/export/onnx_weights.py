"""An exported network turned back into one that can be trained further.

An exported file holds every batch norm folded into the convolution before it. Here the batch norms
come back with the statistics of given inputs, so that the network answers as the file does and
goes on learning.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dexnet_core.export.half import stored_weights
import numpy as np
import onnx
import torch
from torch import nn

Inputs = Sequence[torch.Tensor]
_OF_EXPORTED = 'network.'
"""Prefix of the names in the file: what is exported wraps the network that is trained."""


class _Pair(NamedTuple):
    """A convolution and the batch norm that follows it, if one does."""

    convolution: nn.Conv2d
    norm: nn.BatchNorm2d | None


def unfold_weights(path: Path, network: nn.Module, inputs: Inputs) -> None:
    """Load the weights of an exported file into the network that it was exported from.

    Args:
        path: ONNX file that `write_onnx` wrote.
        network: Of the same design, in any state.
        inputs: A batch of what the network will be fed; its statistics become those of the
            batch norms.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is of another network.
    """
    stored = {name: torch.tensor(values) for name, values in stored_weights(path).items()}
    pairs, convolutions = _pairs(network, inputs), _convolutions(path)
    if len(pairs) != len(convolutions):
        raise ValueError(
            f'{path} has {len(convolutions)} convolutions, expected {len(pairs)} of '
            f'{type(network).__name__}'
        )
    for pair, names in zip(pairs, convolutions, strict=True):
        _load_pair(path, pair, [stored[name] for name in names])
    for name, layer in network.named_modules():
        if isinstance(layer, nn.Linear):
            _copy(path, layer.weight, stored[f'{_OF_EXPORTED}{name}.weight'])
            _copy(path, layer.bias, stored[f'{_OF_EXPORTED}{name}.bias'])
    _settle(network, [pair.norm for pair in pairs if pair.norm], inputs)


def _convolutions(path: Path) -> list[list[str]]:
    """Return the names of weight and bias of each convolution, in the order of computation."""
    graph = onnx.load(path).graph
    return [list(node.input[1:3]) for node in graph.node if node.op_type == 'Conv']


def _pairs(network: nn.Module, inputs: Inputs) -> list[_Pair]:
    """Return convolutions with their batch norms, in the order of computation."""
    called: list[nn.Module] = []
    layers = [m for m in network.modules() if isinstance(m, (nn.Conv2d, nn.BatchNorm2d))]
    hooks = [m.register_forward_hook(lambda layer, *_: called.append(layer)) for m in layers]
    _answer(network, inputs)
    for hook in hooks:
        hook.remove()
    return [
        _Pair(layer, after if isinstance(after, nn.BatchNorm2d) else None)
        for layer, after in zip(called, [*called[1:], None], strict=True)
        if isinstance(layer, nn.Conv2d)
    ]


def _load_pair(path: Path, pair: _Pair, stored: Sequence[torch.Tensor]) -> None:
    """Load weight and bias; a batch norm only adds the bias until it is settled."""
    weight, bias = stored
    _copy(path, pair.convolution.weight, weight)
    if pair.norm is None:
        _copy(path, pair.convolution.bias, bias)
        return
    pair.norm.reset_running_stats()
    nn.init.constant_(pair.norm.weight, float(np.sqrt(1 + pair.norm.eps)))
    _copy(path, pair.norm.bias, bias)


@torch.no_grad()
def _copy(path: Path, parameter: torch.Tensor | None, values: torch.Tensor) -> None:
    if parameter is None or parameter.shape != values.shape:
        got = tuple(values.shape)
        expected = 'none' if parameter is None else tuple(parameter.shape)
        raise ValueError(f'{path} has weights of shape {got}, expected {expected}')
    parameter.copy_(values)


@torch.no_grad()
def _settle(network: nn.Module, norms: Sequence[nn.BatchNorm2d], inputs: Inputs) -> None:
    """Give batch norms that only add a bias the statistics of what they are fed."""

    def settle(norm: nn.BatchNorm2d, fed: tuple[torch.Tensor, ...]) -> None:
        mean, variance = fed[0].mean((0, 2, 3)), fed[0].var((0, 2, 3))
        for running, seen in ((norm.running_mean, mean), (norm.running_var, variance)):
            if running is not None:
                running.copy_(seen)
        norm.bias.add_(mean)
        norm.weight.copy_(torch.sqrt(variance + norm.eps))

    hooks = [norm.register_forward_pre_hook(settle) for norm in norms]
    _answer(network, inputs)
    for hook in hooks:
        hook.remove()


@torch.no_grad()
def _answer(network: nn.Module, inputs: Inputs) -> None:
    network.eval()(*inputs)
