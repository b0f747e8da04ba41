"""A small network that judges placed jaws: the patch around one in, whether it will hold out."""

from __future__ import annotations

from pathlib import Path

from dexnet_core.checkpoints import load_weights, read_checkpoint
from dexnet_core.contracts.closings import ClosingContract
from dexnet_core.grasp import Gripper
from dexnet_core.models.compact import convolution, Residual
from dexnet_core.perception.closing_patch import CHANNELS
import torch
from torch import nn

CLOSING = ClosingContract('dexnet-closing', '0.1.0', Gripper.PARALLEL_JAW.value)
"""Of the network that ships."""

_WIDTHS = (24, 40, 64)
_SQUEEZED = 16
_HIDDEN = 64
_SHRINK = 8
_LEAST = 1e-3
_LOGIT_SCALE = 0.5


class ClosingNet(nn.Module):
    """Predict whether placed jaws hold.

    Patches are aligned with the jaw, so that where something lies in one is what counts: the last
    layers see every place by itself, as those of GQ-CNN do (Mahler et al., Dex-Net 2.0, V). The
    score of the network that proposed a jaw tells what lies beyond its patch.
    Rows and columns of the contract must be multiples of 8.
    """

    def __init__(self, contract: ClosingContract = CLOSING) -> None:
        super().__init__()
        a, b, c = _WIDTHS
        self.features = nn.Sequential(
            convolution(CHANNELS, a, kernel=5, stride=2),
            convolution(a, b, stride=2),
            Residual(b),
            convolution(b, c, stride=2),
            Residual(c),
            convolution(c, _SQUEEZED, kernel=1),
        )
        places = contract.rows * contract.columns // _SHRINK**2
        self.hidden = nn.Linear(_SQUEEZED * places + 1, _HIDDEN)
        self.answer = nn.Linear(_HIDDEN, 1)

    def forward(self, patches: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Map patches (B, CHANNELS, rows, columns) and scores (B, 1) in [0, 1] to logits (B,)."""
        proposed = torch.logit(scores.clamp(_LEAST, 1 - _LEAST)) * _LOGIT_SCALE
        seen = torch.cat([self.features(patches).flatten(1), proposed], dim=1)
        return self.answer(torch.relu(self.hidden(seen)))[:, 0]


class ClosingQuality(nn.Module):
    """The probability that a jaw holds; this is what is exported.

    A mirror image of what a jaw meets holds as well as that itself, so the network is asked about
    both: what it makes of noise differs, and evens out.
    """

    def __init__(self, network: ClosingNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, patches: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Map patches (B, CHANNELS, rows, columns) and scores (B, 1) to probabilities (B,)."""
        both = self.network(patches, scores) + self.network(patches.flip(3), scores)
        return torch.sigmoid(both / 2)


def load_closing_net(path: Path) -> ClosingNet:
    """Read trained weights, without ever unpickling code.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is not a checkpoint of this network; the message names the keys.
    """
    network = ClosingNet()
    load_weights(network, read_checkpoint(path).get('network'), path)
    return network.eval()
