"""A compact fully convolutional network: metric view in, grasp quality per cell out."""

from __future__ import annotations

from pathlib import Path

from dexnet_core.checkpoints import load_weights, read_checkpoint
from dexnet_core.contract import ModelContract
from dexnet_core.grasp import Gripper
from dexnet_core.perception.metric_view import CHANNELS
import torch
from torch import nn
from torch.nn.functional import interpolate, relu

SUCTION_CONTRACT = ModelContract('dexnet-suction', '0.1.0', Gripper.SUCTION.value)
"""How the suction network is fed and read, in training and on the robot."""

_WIDTHS = (24, 32, 48, 64)
_DILATIONS = (1, 2, 4)


def _conv(
    inputs: int, outputs: int, kernel: int = 3, stride: int = 1, dilation: int = 1
) -> nn.Module:
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """Two 3x3 convolutions around a short cut; the first one may be dilated."""

    def __init__(self, width: int, dilation: int = 1) -> None:
        super().__init__()
        self.first = _conv(width, width, dilation=dilation)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return a tensor of the same shape."""
        return relu(x + self.norm(self.second(self.first(x))))


class Rise(nn.Module):
    """Double the resolution and add what the way down saw there."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, outputs, 1)
        self.blend = _conv(outputs, outputs)

    def forward(self, x: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """Map (B, C, H, W) and the (B, C', 2H, 2W) of the way down to (B, C', 2H, 2W)."""
        larger = interpolate(self.squeeze(x), scale_factor=2.0, mode='bilinear')
        return self.blend(larger + seen)


class SuctionNet(nn.Module):
    """Predict the robust wrench resistance of a suction cup at every cell of a metric view.

    Four levels, at 1/2 to 1/16 of the view's resolution; the coarsest sees further than the
    longest object, so that the centre of mass can be judged.

    Height and width of the view must be multiples of 16.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        a, b, c, d = _WIDTHS
        self.stem = _conv(channels, a, kernel=5, stride=2)
        self.quarter = nn.Sequential(_conv(a, b, stride=2), Residual(b))
        self.eighth = nn.Sequential(_conv(b, c, stride=2), Residual(c), Residual(c, 2))
        self.sixteenth = nn.Sequential(
            _conv(c, d, stride=2), *[Residual(d, dilation) for dilation in _DILATIONS]
        )
        self.to_eighth, self.to_quarter, self.to_half = Rise(d, c), Rise(c, b), Rise(b, a)
        self.head = nn.Conv2d(a, 1, 1)

    def forward(self, views: torch.Tensor) -> torch.Tensor:
        """Map metric views (B, channels, H, W) to logits (B, 1, H / 2, W / 2)."""
        half = self.stem(views)
        quarter = self.quarter(half)
        eighth = self.eighth(quarter)
        x = self.to_eighth(self.sixteenth(eighth), eighth)
        x = self.to_half(self.to_quarter(x, quarter), half)
        return self.head(x)


class QualityNet(nn.Module):
    """A network and the sigmoid that makes its logits probabilities; this is what is exported."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, views: torch.Tensor) -> torch.Tensor:
        """Map metric views (B, channels, H, W) to quality in [0, 1], (B, 1, h, w)."""
        return torch.sigmoid(self.network(views))


def load_suction_net(path: Path) -> SuctionNet:
    """Read trained weights, without ever unpickling code.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is not a checkpoint of this network; the message names the keys.
    """
    network = SuctionNet(CHANNELS)
    load_weights(network, read_checkpoint(path).get('network'), path)
    return network.eval()
