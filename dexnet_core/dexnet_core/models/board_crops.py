"""Crop networks for embedded boards: all tensors have four axes, one crop per call."""

from __future__ import annotations

from typing import cast

from dexnet_core.models.conversion import without_poses
from dexnet_core.models.efficientnet import EfficientNet, images_of
from dexnet_core.models.gqcnn import DexNetGQCNN, QualityNetwork
from dexnet_core.models.pointwise import pointwise_of
import torch
from torch import nn, Tensor
from torch.nn.functional import relu


class BoardGQCNN(nn.Module):
    """A crop network with convolutions instead of fully connected layers."""

    def __init__(self, network: DexNetGQCNN) -> None:
        super().__init__()
        self.heatmap = without_poses(network)
        if network.pose_inputs:
            self.pose = pointwise_of(network.pose)
            self.pose_to_fc2 = pointwise_of(network.pose_to_fc2)

    def forward(self, crops: Tensor, poses: Tensor | None = None) -> Tensor:
        """Map a crop (1, 1, 32, 32) and, if any, poses (1, k, 1, 1) to quality (1, 1, 1, 1)."""
        form = self.heatmap
        x = form.conv6(relu(form.conv5(form.features(crops))))
        if poses is not None:
            x = x + self.pose_to_fc2(relu(self.pose(poses)))
        return torch.sigmoid(form.conv7(relu(x)))


class BoardEfficientNet(nn.Module):
    """An EfficientNet with one convolution instead of its last two linear layers."""

    def __init__(self, network: EfficientNet) -> None:
        super().__init__()
        self.side = network.side
        self.features = network.efficient_net.features
        self.logit = pointwise_of(_difference(network))

    def forward(self, crops: Tensor) -> Tensor:
        """Map a crop (1, 1, s, s) to quality (1, 1, 1, 1)."""
        mean = self.features(images_of(crops, self.side)).mean(dim=(2, 3), keepdim=True)
        return torch.sigmoid(self.logit(mean))


@torch.no_grad()
def _difference(network: EfficientNet) -> nn.Linear:
    """Return the linear layer from features to the difference of the two class logits."""
    classes, last = cast('nn.Linear', network.efficient_net.classifier[-1]), network.fc
    result = nn.Linear(classes.in_features, 1)
    row = last.weight[:1] - last.weight[1:]
    result.weight.copy_(row @ classes.weight)
    result.bias.copy_(row @ classes.bias + last.bias[:1] - last.bias[1:])
    return result


def board_crops(network: QualityNetwork, form: str) -> nn.Module:
    """Return a module that predicts the quality (1, 1, h, w).

    Args:
        network: Network in evaluation mode.
        form: Form of its contract, see `CropContract`.

    Raises:
        TypeError: There is no board form of the network.
    """
    if form == 'heatmap':
        return network
    if isinstance(network, DexNetGQCNN):
        return BoardGQCNN(network)
    if isinstance(network, EfficientNet):
        return BoardEfficientNet(network)
    got = type(network).__name__
    raise TypeError(f'the network is a {got}, expected a DexNetGQCNN or an EfficientNet')
