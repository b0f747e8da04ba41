"""Dex-Net's grasp quality networks, for one crop and fully convolutional for whole images.

The layers and their names are those of the published weights of Dex-Net 5.0 (after Dex-Net 2.0,
section V-A: 18 million parameters, one pooling). The input is normalised depth, (metres - mean) /
std, with mean and std of the training data. All networks have a method `logits` for training.
`forward` returns the quality, the sigmoid of the logits.
"""

from __future__ import annotations

from collections.abc import Callable

from dexnet_core.planning.contracts.crop_contract import CropScale
import torch
from torch import nn
from torch.jit._trace import is_tracing  # torch.jit has it too, without types
from torch.nn.functional import max_pool2d, pad, pixel_shuffle, relu

CROP = CropScale().crop
"""Side of a crop in pixels."""

STRIDE = 2
"""Distance between two cells of a heat map in pixels."""

CENTRED_CROP = 52
"""Side in pixels of a crop whose central cell has no zero padding; see `CentredFCGQCNN`."""

_WIDTH = 64
_UNITS = 1024
_POSE_UNITS = 16
_WINDOW = CROP // STRIDE


class QualityNetwork(nn.Module):
    """A network with logits; `forward` returns their sigmoid."""

    logits: Callable[..., torch.Tensor]
    """Maps the inputs to logits of the quality."""

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """Map the inputs to quality in [0, 1], with the shape of the logits."""
        return torch.sigmoid(self.logits(*inputs))


class _Trunk(QualityNetwork):
    """The four convolutions of all forms."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, _WIDTH, 7, padding=3)
        self.conv2 = nn.Conv2d(_WIDTH, _WIDTH, 5, padding=2)
        self.conv3 = nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1)
        self.conv4 = nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1)

    def _fine(self, x: torch.Tensor) -> torch.Tensor:
        """Map (B, 1, H, W) to the features before the pooling, (B, 64, H, W)."""
        return _normalised(relu(self.conv2(relu(self.conv1(x)))))

    def _coarse(self, fine: torch.Tensor) -> torch.Tensor:
        """Map (B, 64, H, W) to (B, 64, H // 2, W // 2)."""
        x = max_pool2d(fine, STRIDE)
        return _normalised(relu(self.conv4(relu(self.conv3(x)))))


class DexNetGQCNN(_Trunk):
    """Predict the quality of one grasp from its depth crop.

    With `pose_inputs` = n > 0, n numbers of the gripper's pose are added before `fc2` through a
    separate layer, as in Dex-Net 2.0 and 3.0. The implementation is a sum, which is equivalent to
    a concatenation and keeps the shapes of the published layers.
    """

    def __init__(self, pose_inputs: int = 0) -> None:
        super().__init__()
        self.fc = nn.Linear(_WIDTH * _WINDOW**2, _UNITS)
        self.fc2 = nn.Linear(_UNITS, _UNITS)
        self.fc3 = nn.Linear(_UNITS, 1)
        self.pose_inputs = pose_inputs
        if pose_inputs:
            self.pose = nn.Linear(pose_inputs, _POSE_UNITS)
            self.pose_to_fc2 = nn.Linear(_POSE_UNITS, _UNITS, bias=False)

    def logits(self, crops: torch.Tensor, poses: torch.Tensor | None = None) -> torch.Tensor:
        """Map crops (B, 1, 32, 32) to logits (B,).

        Args:
            crops: Normalised depth.
            poses: (B, pose_inputs), scaled to about one; None without pose inputs.

        Raises:
            ValueError: The network has pose inputs and there are no poses, or vice versa.
        """
        if (poses is None) == bool(self.pose_inputs):
            got = None if poses is None else tuple(poses.shape)
            raise ValueError(f'poses are {got}, the network takes {self.pose_inputs} pose inputs')
        x = self._coarse(self._fine(crops)).flatten(1)
        x = self.fc2(relu(self.fc(x)))
        if poses is not None:
            x = x + self.pose_to_fc2(relu(self.pose(poses)))
        logits: torch.Tensor = self.fc3(relu(x)).squeeze(1)
        return logits


class DexNetFCGQCNN(_Trunk):
    """Predict a heat map of qualities, with a stride of two pixels, for an image of any size.

    The fully connected layers of `DexNetGQCNN` are convolutions. Cell (r, c) is the quality of the
    crop whose first pixel is (2r, 2c) and whose centre is (2r + 15.5, 2c + 15.5). Unlike the crop
    network, which has zero padding, it uses up to 9 pixels around that crop.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv5 = nn.Conv2d(_WIDTH, _UNITS, _WINDOW)
        self.conv6 = nn.Conv2d(_UNITS, _UNITS, 1)
        self.conv7 = nn.Conv2d(_UNITS, 1, 1)

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Map (B, 1, H, W), H and W at least 32, to logits (B, 1, H // 2 - 15, W // 2 - 15)."""
        _require_size(images, CROP)
        return self._head(self.features(images))

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Map (B, 1, H, W) to the input features of the head, (B, 64, H // 2, W // 2)."""
        return self._coarse(self._fine(images))

    def _head(self, coarse: torch.Tensor) -> torch.Tensor:
        """Map (B, 64, h, w) to (B, 1, h - 15, w - 15)."""
        logits: torch.Tensor = self.conv7(relu(self.conv6(relu(self.conv5(coarse)))))
        return logits


class DexNetHighResolution(DexNetFCGQCNN):
    """Predict a heat map at every pixel: cell (r, c) is the crop whose first pixel is (r, c).

    The layers before the pooling run once. Pooling and the layers after it run for each of four
    shifts. The weights are those of `DexNetFCGQCNN`.
    """

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Map (B, 1, H, W), H and W at least 33, to logits (B, 1, H - 31, W - 31)."""
        _require_size(images, CROP + 1)
        fine = self._fine(images)
        first, *others = (
            self._head(self._coarse(fine[:, :, down:, right:]))
            for down in range(STRIDE)
            for right in range(STRIDE)
        )
        rows, columns = first.shape[2:]
        # If a side is even, the shifted maps lack one cell. It is padded here and cropped below.
        others = [pad(part, (0, 1, 0, 1))[:, :, :rows, :columns] for part in others]
        interleaved = pixel_shuffle(torch.cat([first, *others], dim=1), STRIDE)
        return interleaved[:, :, : images.shape[2] - CROP + 1, : images.shape[3] - CROP + 1]


class CentredFCGQCNN(DexNetFCGQCNN):
    """Predict only the central cell of the heat map; used to train a heat map network.

    A crop network is trained with zero padding around the crop, which does not exist inside an
    image. The input of this form is a crop with its surroundings, and it has one output per crop.
    Converted weights can therefore be trained further.

    The receptive field of a cell is 50 pixels. A window of 16 pooled pixels and 2 more on each
    side for conv4 and conv3 are 40 pixels; conv2 and conv1 add 5 pixels on each side. Cells are
    at even pixels, so the smallest crop without padding at its central cell has 52 pixels.
    """

    def logits(self, crops: torch.Tensor) -> torch.Tensor:
        """Map crops (B, 1, 52, 52), or a larger side 4n, to logits (B,) of the central cells."""
        _require_size(crops, CENTRED_CROP)
        coarse = self._coarse(self._fine(crops))
        top, left = ((size - _WINDOW) // 2 for size in coarse.shape[2:])
        window = coarse[:, :, top : top + _WINDOW, left : left + _WINDOW]
        return self._head(window)[:, 0, 0, 0]


def _normalised(x: torch.Tensor) -> torch.Tensor:
    """Return the local response norm over each channel and the previous one.

    This is `local_response_norm` with size 2, alpha 2e-5, beta 0.75 and k 1. The torch function is
    exported with a fifth axis, which boards do not support.
    """
    squared = x * x
    before = pad(squared[:, :-1], (0, 0, 0, 0, 1, 0))
    return x / (1.0 + 2e-5 / 2 * (squared + before)) ** 0.75


def _require_size(images: torch.Tensor, least: int) -> None:
    """Raise ValueError unless images are (B, 1, H, W) of a minimum size; skipped during export."""
    if is_tracing():
        return
    if images.ndim != 4 or images.shape[1] != 1 or min(images.shape[2:]) < least:
        got = tuple(images.shape)
        raise ValueError(f'images are {got}, expected (B, 1, H, W) of at least {least} pixels')
