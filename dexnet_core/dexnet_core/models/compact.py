"""Compact fully convolutional network: predicts grasp quality per cell of a metric view."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from dexnet_core.models.published import load_network
from dexnet_core.planning.contracts.view_contract import JawCells, ModelContract
from dexnet_core.planning.grasp import GripperKind
from dexnet_core.planning.perception.metric_view import CHANNELS
import torch
from torch import nn
from torch.nn.functional import interpolate, relu

_DILATIONS = (1, 2, 4)


class Design(NamedTuple):
    """Design of a compact network.

    Attributes:
        contract: Input and output contract for training and inference.
        widths: Channels at 1/2, 1/4, 1/8 and 1/16 of the view's resolution.
    """

    contract: ModelContract
    widths: tuple[int, int, int, int]


DESIGNS = {
    'suction': Design(
        ModelContract('dexnet-suction', '0.1.0', GripperKind.SUCTION.value), (24, 32, 48, 64)
    ),
    'jaw': Design(
        ModelContract(
            'dexnet-jaw',
            '0.1.0',
            GripperKind.PARALLEL_JAW.value,
            fine_window=0.050,
            fine_scale=0.010,
            cup_radius=0.0,
            jaw=JawCells(),
        ),
        (32, 40, 56, 72),
    ),
}
"""Design of the network of each gripper, by name."""


def convolution(
    inputs: int, outputs: int, kernel: int = 3, stride: int = 1, dilation: int = 1
) -> nn.Module:
    """Return convolution, batch norm and ReLU with `same` padding."""
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def _jaw_head(inputs: int, channels: int) -> nn.Module:
    """Return a head with a hidden layer, for more output channels than input channels."""
    return nn.Sequential(convolution(inputs, channels, kernel=1), nn.Conv2d(channels, channels, 1))


class Residual(nn.Module):
    """Residual block of two 3x3 convolutions; the first one can be dilated."""

    def __init__(self, width: int, dilation: int = 1) -> None:
        super().__init__()
        self.first = convolution(width, width, dilation=dilation)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return a tensor of the same shape."""
        return relu(x + self.norm(self.second(self.first(x))))


class Rise(nn.Module):
    """Decoder block: double the resolution and add the encoder features."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, outputs, 1)
        self.blend = convolution(outputs, outputs)

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        """Map (B, C, H, W) and encoder features (B, C', 2H, 2W) to (B, C', 2H, 2W)."""
        larger = interpolate(self.squeeze(x), scale_factor=2.0, mode='bilinear')
        outputs: torch.Tensor = self.blend(larger + skip)
        return outputs


class CompactNet(nn.Module):
    """Predict the grasp quality at every cell of a metric view.

    The network has four levels, at 1/2 to 1/16 of the view's resolution. The receptive field of
    the coarsest level is larger than the longest object, so the network can estimate the centre
    of mass.

    Height and width of the view must be multiples of 16.
    """

    def __init__(self, design: Design) -> None:
        super().__init__()
        a, b, c, d = design.widths
        self.stem = convolution(CHANNELS, a, kernel=5, stride=2)
        self.quarter = nn.Sequential(convolution(a, b, stride=2), Residual(b))
        self.eighth = nn.Sequential(convolution(b, c, stride=2), Residual(c), Residual(c, 2))
        self.sixteenth = nn.Sequential(
            convolution(c, d, stride=2), *[Residual(d, dilation) for dilation in _DILATIONS]
        )
        self.to_eighth, self.to_quarter, self.to_half = Rise(d, c), Rise(c, b), Rise(b, a)
        jaw = design.contract.jaw
        self.head = _jaw_head(a, jaw.channels) if jaw else nn.Conv2d(a, 1, 1)

    def forward(self, views: torch.Tensor) -> torch.Tensor:
        """Map metric views (B, CHANNELS, H, W) to logits (B, channels, H / 2, W / 2)."""
        half = self.stem(views)
        quarter = self.quarter(half)
        eighth = self.eighth(quarter)
        x = self.to_eighth(self.sixteenth(eighth), eighth)
        x = self.to_half(self.to_quarter(x, quarter), half)
        logits: torch.Tensor = self.head(x)
        return logits


class QualityNet(nn.Module):
    """A network with a sigmoid on its logits; the exported form."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, views: torch.Tensor) -> torch.Tensor:
        """Map metric views (B, CHANNELS, H, W) to quality in [0, 1], (B, channels, h, w)."""
        return torch.sigmoid(self.network(views))


def load_compact_net(path: Path, design: Design) -> CompactNet:
    """Load trained weights without unpickling code.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not a checkpoint of this network; the message contains the keys.
    """
    return load_network(CompactNet(design), path)
