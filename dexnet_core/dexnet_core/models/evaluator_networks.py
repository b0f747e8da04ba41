"""Small networks that evaluate placed grippers: the patch around one in, whether it holds out."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from dexnet_core.models.compact import convolution, Residual
from dexnet_core.models.published import load_network
from dexnet_core.planning.contracts.evaluator_contracts import (
    CONTEXT,
    CUP_CONTEXT,
    CupEvaluatorContract,
    EvaluatorContract,
    JawEvaluatorContract,
    LEAST_SCORE,
    LOGIT_SCALE,
)
from dexnet_core.planning.grasp import Gripper
from dexnet_core.planning.perception.cup_patch import CHANNELS as CUP_CHANNELS
from dexnet_core.planning.perception.jaw_patch import CHANNELS as JAW_CHANNELS
import torch
from torch import nn

_HIDDEN = 96
_SHRINK = 8


class EvaluatorDesign(NamedTuple):
    """An evaluator: how it is fed and read, and how wide it is.

    Attributes:
        contract: In training and on the robot.
        channels: Of a patch.
        size: Rows and columns of a patch, multiples of 8.
        widths: Channels at 1/2, 1/4 and 1/8 of the patch's resolution.
        squeezed: Channels that the last layers see of every place.
    """

    contract: EvaluatorContract
    channels: int
    size: tuple[int, int]
    widths: tuple[int, int, int]
    squeezed: int


_JAW = JawEvaluatorContract(
    'dexnet-jaw-evaluator', '0.2.0', Gripper.PARALLEL_JAW.value, context=CONTEXT
)
_CUP = CupEvaluatorContract(
    'dexnet-suction-evaluator', '0.2.0', Gripper.SUCTION.value, context=CUP_CONTEXT
)
EVALUATORS = {
    'jaw-evaluator': EvaluatorDesign(
        _JAW, JAW_CHANNELS, (_JAW.rows, _JAW.columns), (32, 48, 72), 24
    ),
    'suction-evaluator': EvaluatorDesign(
        _CUP, CUP_CHANNELS, (_CUP.side, _CUP.side), (32, 48, 64), 24
    ),
}
"""Name of a network to its design; of those that ship."""


class EvaluatorNet(nn.Module):
    """Predict whether placed grippers hold.

    Patches are aligned with the gripper, so that where something lies in one is what counts: the
    last layers see every place by itself, as those of GQ-CNN do (Mahler et al., Dex-Net 2.0, V).
    The context tells what the patch does not show.
    """

    def __init__(self, design: EvaluatorDesign) -> None:
        super().__init__()
        a, b, c = design.widths
        self.features = nn.Sequential(
            convolution(design.channels, a, kernel=5, stride=2),
            convolution(a, b, stride=2),
            Residual(b),
            convolution(b, c, stride=2),
            Residual(c),
            convolution(c, design.squeezed, kernel=1),
        )
        places = design.size[0] * design.size[1] // _SHRINK**2
        context = design.contract.context
        self._scored = context.index('score')
        self.hidden = nn.Linear(design.squeezed * places + len(context), _HIDDEN)
        self.answer = nn.Linear(_HIDDEN, 1)

    def forward(self, patches: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """Map patches (B, channels, rows, columns) and context (B, k) to logits (B,)."""
        score = context[:, self._scored : self._scored + 1].clamp(LEAST_SCORE, 1 - LEAST_SCORE)
        before, after = context[:, : self._scored], context[:, self._scored + 1 :]
        told = torch.cat([before, torch.logit(score) * LOGIT_SCALE, after], dim=1)
        seen = torch.cat([self.features(patches).flatten(1), told], dim=1)
        logits: torch.Tensor = self.answer(torch.relu(self.hidden(seen)))[:, 0]
        return logits


class EvaluatorQuality(nn.Module):
    """The probability that a gripper holds; this is what is exported."""

    def __init__(self, network: EvaluatorNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, patches: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """Map patches (B, channels, rows, columns) and context (B, k) to probabilities (B,)."""
        return torch.sigmoid(self.network(patches, context))


def load_evaluator_net(path: Path, design: EvaluatorDesign) -> EvaluatorNet:
    """Read trained weights, without ever unpickling code.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is not a checkpoint of this network; the message names the keys.
    """
    return load_network(EvaluatorNet(design), path)
