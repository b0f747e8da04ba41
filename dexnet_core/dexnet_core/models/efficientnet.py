"""EfficientNet-B0 (Tan and Le, ICML 2019, table 1) that evaluates grasps, as in Dex-Net 5.0.

The layers have the names of the published weights.
"""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.models.gqcnn import QualityNetwork
import torch
from torch import nn
from torch.nn.functional import interpolate

PUBLISHED_SIDE = 224
"""Pixels of a side of the input image of EfficientNet-B0."""
_CLASSES = 1000
_DROPOUT = 0.2
_SKIPPED = 0.2
_SQUEEZE = 4


class _Stage(NamedTuple):
    """A row of the table: repeated blocks; only the first block has the stride."""

    expand: int
    kernel: int
    stride: int
    inputs: int
    outputs: int
    repeats: int


_STAGES = (
    _Stage(1, 3, 1, 32, 16, 1),
    _Stage(6, 3, 2, 16, 24, 2),
    _Stage(6, 5, 2, 24, 40, 2),
    _Stage(6, 3, 2, 40, 80, 3),
    _Stage(6, 5, 1, 80, 112, 3),
    _Stage(6, 5, 2, 112, 192, 4),
    _Stage(6, 3, 1, 192, 320, 1),
)


class EfficientNet(QualityNetwork):
    """Predict the quality of one grasp from its depth crop.

    Attributes:
        side: Pixels of a side of the image that a crop is resized to.
    """

    def __init__(self, side: int = PUBLISHED_SIDE) -> None:
        super().__init__()
        self.side = side
        self.efficient_net = _EfficientNetB0()
        self.fc = nn.Linear(_CLASSES, 2)

    def logits(self, crops: torch.Tensor) -> torch.Tensor:
        """Map crops (B, 1, h, w) of normalised depth to logits (B,).

        The published form is the first of two softmax channels. Softmax over two channels equals
        the sigmoid of their difference.
        """
        classes: torch.Tensor = self.fc(self.efficient_net(images_of(crops, self.side)))
        good, bad = classes.unbind(1)
        return good - bad


def images_of(crops: torch.Tensor, side: int) -> torch.Tensor:
    """Convert crops (B, 1, h, w) to the input images (B, 3, side, side) of the network."""
    larger = interpolate(crops, (side, side), mode='bilinear')
    return larger.expand(-1, 3, -1, -1)


class _EfficientNetB0(nn.Module):
    """Map images (B, 3, side, side) to (B, 1000)."""

    def __init__(self) -> None:
        super().__init__()
        blocks = sum(stage.repeats for stage in _STAGES)
        stages, done = [], 0
        for stage in _STAGES:
            stages.append(_blocks(stage, done, blocks))
            done += stage.repeats
        stem, top = _conv(3, 32, 3, 2), _conv(320, 1280, 1)
        self.features = nn.Sequential(stem, *stages, top)
        self.classifier = nn.Sequential(nn.Dropout(_DROPOUT), nn.Linear(1280, _CLASSES))
        self.apply(_initialise)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        classes: torch.Tensor = self.classifier(self.features(images).mean(dim=(2, 3)))
        return classes


class _Block(nn.Module):
    """Inverted residual block: expansion, depthwise convolution, channel weights, projection."""

    def __init__(self, stage: _Stage, skipped: float) -> None:
        super().__init__()
        wide = stage.inputs * stage.expand
        widen = [_conv(stage.inputs, wide, 1)] if stage.expand > 1 else []
        self.block = nn.Sequential(
            *widen,
            _conv(wide, wide, stage.kernel, stage.stride, groups=wide),
            _ChannelWeights(wide, stage.inputs // _SQUEEZE),
            _conv(wide, stage.outputs, 1)[:2],  # without the activation
        )
        self.short_cut = stage.stride == 1 and stage.inputs == stage.outputs
        self.skipped = skipped

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        change: torch.Tensor = self.block(x)
        if not self.short_cut:
            return change
        if self.training and self.skipped:  # stochastic depth, one draw per image
            keep = torch.rand(len(x), 1, 1, 1, device=x.device) >= self.skipped
            change = change * keep / (1 - self.skipped)
        return x + change


class _ChannelWeights(nn.Module):
    """Weight the channels by global image features (squeeze and excitation)."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        whole = x.mean(dim=(2, 3), keepdim=True)
        return x * torch.sigmoid(self.fc2(nn.functional.silu(self.fc1(whole))))


def _blocks(stage: _Stage, done: int, blocks: int) -> nn.Sequential:
    """Return the blocks of a stage; the drop probability grows with the block index.

    Args:
        stage: Row of the table.
        done: Number of blocks before the stage.
        blocks: Number of blocks of the network.
    """
    shapes = [stage, *[stage._replace(stride=1, inputs=stage.outputs)] * (stage.repeats - 1)]
    skipped = [_SKIPPED * (done + k) / blocks for k in range(stage.repeats)]
    return nn.Sequential(*map(_Block, shapes, skipped))


def _conv(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.SiLU())


def _initialise(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode='fan_out')
    elif isinstance(layer, nn.Linear):
        nn.init.uniform_(layer.weight, -(layer.out_features**-0.5), layer.out_features**-0.5)
    if isinstance(layer, (nn.Conv2d, nn.Linear)) and layer.bias is not None:
        nn.init.zeros_(layer.bias)
