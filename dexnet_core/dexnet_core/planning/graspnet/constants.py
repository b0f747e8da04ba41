"""Scales of the outputs of a GraspNet; they belong to its weights."""

from __future__ import annotations

from dataclasses import dataclass, fields


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
        for field in fields(self):
            value = getattr(self, field.name)
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not (number and (value > 0 or (field.name == 'pairs' and value == 0))):
                raise ValueError(f'{field.name} is {value!r}, expected a number > 0')


BASELINE = GraspNetConstants()
"""Constants of graspnet-baseline."""
FINGER_HEIGHT = 0.02
"""Extent of the fingers in metres, perpendicular to approach and closing direction."""
