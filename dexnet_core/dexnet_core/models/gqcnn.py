"""Dex-Net's grasp quality networks: of one crop, and of every crop of an image at once.

The layers and their names are those that Dex-Net 5.0 publishes weights for (after Dex-Net 2.0,
section V-A: 18 million parameters, one pooling). Input is normalised depth, (metres - mean) /
std, with mean and std of the training data. All networks answer with `logits`, for training,
and with `forward`, the quality that is the sigmoid of them.
"""

from __future__ import annotations

from collections.abc import Callable

from dexnet_core.planning.contracts.crop_contract import CropScale
import torch
from torch import nn
from torch.jit._trace import is_tracing  # torch.jit has it too, without types
from torch.nn.functional import max_pool2d, pad, pixel_shuffle, relu

CROP = CropScale().crop
"""Pixels of a side of a crop."""

STRIDE = 2
"""Pixels from one cell of a heat map to the next."""

CENTRED_CROP = 52
"""Pixels of a crop whose middle cell sees no zero padding; see `CentredFCGQCNN`."""

_WIDTH = 64
_UNITS = 1024
_POSE_UNITS = 16
_WINDOW = CROP // STRIDE


class QualityNetwork(nn.Module):
    """A network with logits; called, it answers with their sigmoid."""

    logits: Callable[..., torch.Tensor]
    """Maps what goes in to logits of the quality."""

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """Map what goes in to quality in [0, 1], of the shape of the logits."""
        return torch.sigmoid(self.logits(*inputs))


class _Trunk(QualityNetwork):
    """The four convolutions that all forms share."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, _WIDTH, 7, padding=3)
        self.conv2 = nn.Conv2d(_WIDTH, _WIDTH, 5, padding=2)
        self.conv3 = nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1)
        self.conv4 = nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1)

    def _fine(self, x: torch.Tensor) -> torch.Tensor:
        """Map (B, 1, H, W) to (B, 64, H, W), before the pooling."""
        return _normalised(relu(self.conv2(relu(self.conv1(x)))))

    def _coarse(self, fine: torch.Tensor) -> torch.Tensor:
        """Map (B, 64, H, W) to (B, 64, H // 2, W // 2)."""
        x = max_pool2d(fine, STRIDE)
        return _normalised(relu(self.conv4(relu(self.conv3(x)))))


class DexNetGQCNN(_Trunk):
    """Quality of one grasp from the depth crop around it.

    With `pose_inputs` = n > 0, n numbers of the gripper's pose join before `fc2`, through a
    layer of their own, as in Dex-Net 2.0 and 3.0. Written as a sum instead of a concatenation,
    which is the same, so that the published layers keep their shapes.
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
            ValueError: The network takes poses and there are none, or the other way round.
        """
        if (poses is None) == bool(self.pose_inputs):
            got = None if poses is None else tuple(poses.shape)
            raise ValueError(f'poses are {got}, the network takes {self.pose_inputs} numbers')
        x = self._coarse(self._fine(crops)).flatten(1)
        x = self.fc2(relu(self.fc(x)))
        if poses is not None:
            x = x + self.pose_to_fc2(relu(self.pose(poses)))
        said: torch.Tensor = self.fc3(relu(x)).squeeze(1)
        return said


class DexNetFCGQCNN(_Trunk):
    """A heat map of qualities: every second crop of an image of any size, at once.

    The fully connected layers of `DexNetGQCNN` as convolutions; cell (r, c) is the quality of the
    crop whose first pixel is (2r, 2c) and whose centre is (2r + 15.5, 2c + 15.5). Other than the
    crop network, it sees up to 9 pixels beyond that crop where that one sees zeros.
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
        """Map (B, 1, H, W) to what the layers of the heat map see, (B, 64, H // 2, W // 2)."""
        return self._coarse(self._fine(images))

    def _head(self, coarse: torch.Tensor) -> torch.Tensor:
        """Map (B, 64, h, w) to (B, 1, h - 15, w - 15)."""
        said: torch.Tensor = self.conv7(relu(self.conv6(relu(self.conv5(coarse)))))
        return said


class DexNetHighResolution(DexNetFCGQCNN):
    """The heat map at every pixel: cell (r, c) is the crop whose first pixel is (r, c).

    What is before the pooling runs once; pooling and the rest run at each of its four shifts.
    The weights are those of `DexNetFCGQCNN`.
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
        # Where a side is even, the shifted maps lack one cell; it is added and cut off again.
        others = [pad(part, (0, 1, 0, 1))[:, :, :rows, :columns] for part in others]
        woven = pixel_shuffle(torch.cat([first, *others], dim=1), STRIDE)
        return woven[:, :, : images.shape[2] - CROP + 1, : images.shape[3] - CROP + 1]


class CentredFCGQCNN(DexNetFCGQCNN):
    """The heat map's middle cell alone: the form in which a heat map is trained.

    A crop network has learnt with zeros around its crop; over an image there are none. This
    form sees crops with what is around them, and answers once for each, as a crop network
    does, so that weights that were converted can be trained further.

    A cell sees 50 pixels: its window of 16 pooled pixels, 2 more on each side by conv4 and
    conv3, which are 40 pixels, and 5 more on each side by conv2 and conv1. As cells lie at even
    pixels, the least even crop around whose middle cell there is no padding has 52 pixels.
    """

    def logits(self, crops: torch.Tensor) -> torch.Tensor:
        """Map (B, 1, 52, 52), 52 or any larger 4n, to logits (B,) of the crops' middle."""
        _require_size(crops, CENTRED_CROP)
        coarse = self._coarse(self._fine(crops))
        top, left = ((size - _WINDOW) // 2 for size in coarse.shape[2:])
        window = coarse[:, :, top : top + _WINDOW, left : left + _WINDOW]
        return self._head(window)[:, 0, 0, 0]


def _normalised(x: torch.Tensor) -> torch.Tensor:
    """Return the local response norm over each channel and the one before.

    `local_response_norm` with size 2, alpha 2e-5, beta 0.75 and k 1, which is exported with a
    fifth axis that boards do not know.
    """
    squared = x * x
    before = pad(squared[:, :-1], (0, 0, 0, 0, 1, 0))
    return x / (1.0 + 2e-5 / 2 * (squared + before)) ** 0.75


def _require_size(images: torch.Tensor, least: int) -> None:
    """Raise ValueError unless images are (B, 1, H, W) of a size; not while being exported."""
    if is_tracing():
        return
    if images.ndim != 4 or images.shape[1] != 1 or min(images.shape[2:]) < least:
        got = tuple(images.shape)
        raise ValueError(f'images are {got}, expected (B, 1, H, W) of at least {least} pixels')
