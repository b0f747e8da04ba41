"""Conversion of an exported ONNX network back into a trainable network.

In an exported file, each batch normalization is folded into the preceding convolution. This module
restores the batch normalizations with the statistics of given inputs, so that the network has the
same outputs as the file and can be trained further.
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
"""Prefix of the weight names in the file; the exported module wraps the trained network."""


class _Pair(NamedTuple):
    """A convolution and the batch normalization after it; None if there is none."""

    convolution: nn.Conv2d
    norm: nn.BatchNorm2d | None


def unfold_weights(path: Path, network: nn.Module, inputs: Inputs) -> None:
    """Load the weights of an exported file into a network of the same design.

    Args:
        path: ONNX file that `write_onnx` wrote.
        network: Network of the same design, in any state.
        inputs: A batch of typical inputs; its statistics become those of the batch
            normalizations.

    Raises:
        FileNotFoundError: The file does not exist.
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
    _set_statistics(network, [pair.norm for pair in pairs if pair.norm], inputs)


def _convolutions(path: Path) -> list[list[str]]:
    """Return the weight and bias names of each convolution, in execution order."""
    graph = onnx.load(path).graph
    return [list(node.input[1:3]) for node in graph.node if node.op_type == 'Conv']


def _pairs(network: nn.Module, inputs: Inputs) -> list[_Pair]:
    """Return the convolutions with their batch normalizations, in execution order."""
    called: list[nn.Module] = []
    layers = [m for m in network.modules() if isinstance(m, (nn.Conv2d, nn.BatchNorm2d))]
    hooks = [m.register_forward_hook(lambda layer, *_: called.append(layer)) for m in layers]
    _run(network, inputs)
    for hook in hooks:
        hook.remove()
    return [
        _Pair(layer, after if isinstance(after, nn.BatchNorm2d) else None)
        for layer, after in zip(called, [*called[1:], None], strict=True)
        if isinstance(layer, nn.Conv2d)
    ]


def _load_pair(path: Path, pair: _Pair, stored: Sequence[torch.Tensor]) -> None:
    """Load weight and bias; the batch normalization then only adds the bias."""
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
def _set_statistics(network: nn.Module, norms: Sequence[nn.BatchNorm2d], inputs: Inputs) -> None:
    """Set each batch normalization to the statistics of its input, without changing outputs."""

    def set_one(norm: nn.BatchNorm2d, layer_inputs: tuple[torch.Tensor, ...]) -> None:
        mean, variance = layer_inputs[0].mean((0, 2, 3)), layer_inputs[0].var((0, 2, 3))
        for running, seen in ((norm.running_mean, mean), (norm.running_var, variance)):
            if running is not None:
                running.copy_(seen)
        norm.bias.add_(mean)
        norm.weight.copy_(torch.sqrt(variance + norm.eps))

    hooks = [norm.register_forward_pre_hook(set_one) for norm in norms]
    _run(network, inputs)
    for hook in hooks:
        hook.remove()


@torch.no_grad()
def _run(network: nn.Module, inputs: Inputs) -> None:
    network.eval()(*inputs)
