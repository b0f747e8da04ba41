"""Grasp evaluator networks: predict grasp success from the patch around a placed gripper."""

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
from dexnet_core.planning.grasp import GripperKind
from dexnet_core.planning.perception.cup_patch import CHANNELS as CUP_CHANNELS
from dexnet_core.planning.perception.jaw_patch import CHANNELS as JAW_CHANNELS
import torch
from torch import nn

_HIDDEN = 96
_SHRINK = 8


class EvaluatorDesign(NamedTuple):
    """Design of a grasp evaluator.

    Attributes:
        contract: Input contract for training and inference.
        channels: Channels of a patch.
        size: Rows and columns of a patch, multiples of 8.
        widths: Channels at 1/2, 1/4 and 1/8 of the patch's resolution.
        squeezed: Channels per cell at the input of the fully connected layers.
    """

    contract: EvaluatorContract
    channels: int
    size: tuple[int, int]
    widths: tuple[int, int, int]
    squeezed: int


_JAW = JawEvaluatorContract(
    'dexnet-jaw-evaluator', '0.2.0', GripperKind.PARALLEL_JAW.value, context=CONTEXT
)
_CUP = CupEvaluatorContract(
    'dexnet-suction-evaluator', '0.2.0', GripperKind.SUCTION.value, context=CUP_CONTEXT
)
EVALUATORS = {
    'jaw-evaluator': EvaluatorDesign(
        _JAW, JAW_CHANNELS, (_JAW.rows, _JAW.columns), (32, 48, 72), 24
    ),
    'suction-evaluator': EvaluatorDesign(
        _CUP, CUP_CHANNELS, (_CUP.side, _CUP.side), (32, 48, 64), 24
    ),
}
"""Designs of the shipped networks, by name."""


class EvaluatorNet(nn.Module):
    """Predict the success of placed grippers.

    Patches are aligned with the gripper, so the position in the patch is significant. The fully
    connected layers therefore use every cell separately, as in GQ-CNN (Mahler et al., Dex-Net 2.0,
    V). The context contains values that the patch does not show.
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
        scaled = torch.cat([before, torch.logit(score) * LOGIT_SCALE, after], dim=1)
        inputs = torch.cat([self.features(patches).flatten(1), scaled], dim=1)
        logits: torch.Tensor = self.answer(torch.relu(self.hidden(inputs)))[:, 0]
        return logits


class EvaluatorQuality(nn.Module):
    """An evaluator with a sigmoid on its logits; the exported form."""

    def __init__(self, network: EvaluatorNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, patches: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """Map patches (B, channels, rows, columns) and context (B, k) to probabilities (B,)."""
        return torch.sigmoid(self.network(patches, context))


def load_evaluator_net(path: Path, design: EvaluatorDesign) -> EvaluatorNet:
    """Load trained weights without unpickling code.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not a checkpoint of this network; the message contains the keys.
    """
    return load_network(EvaluatorNet(design), path)
