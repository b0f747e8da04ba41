"""Scales of the outputs of a GraspNet; they belong to its weights."""

from __future__ import annotations

from dataclasses import dataclass

from dexnet_core.planning.values.checks import require_not_negative, require_positive


@dataclass(frozen=True)
class GraspNetConstants:
    """Scales of the outputs of a GraspNet (Fang et al., CVPR 2020); lengths in metres.

    Attributes:
        maximum_width: Greatest opening of the jaw; predictions are clipped to it.
        maximum_tolerance: Displacement that a grasp must tolerate for its full score.
        width_margin: Opening of the jaw over the predicted width.
        pairs: Weight of the network's quality, which is added to the cosine of antipodal pairs of
            points. They are evaluated like seeds. 0: only seeds, as in graspnet-baseline.

    Raises:
        ValueError: A value is not positive; `pairs` may be 0.
    """

    maximum_width: float = 0.1
    maximum_tolerance: float = 0.05
    width_margin: float = 1.2
    pairs: float = 0.0

    def __post_init__(self) -> None:
        require_positive(self, 'maximum_width', 'maximum_tolerance', 'width_margin')
        require_not_negative(self, 'pairs')


BASELINE = GraspNetConstants()
"""Constants of graspnet-baseline."""
FINGER_HEIGHT = 0.02
"""Extent of the fingers in metres, perpendicular to approach and closing direction."""
