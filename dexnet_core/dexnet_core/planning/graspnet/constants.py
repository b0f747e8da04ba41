"""What the numbers mean that a GraspNet gives; they belong to its weights."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class GraspNetConstants:
    """Scales of the outputs of a GraspNet (Fang et al., CVPR 2020); lengths in metres.

    Attributes:
        maximum_width: Greatest opening of the jaw; predictions are clipped to it.
        maximum_tolerance: A grasp that bears this much displacement keeps its whole score.
        width_margin: The jaw is opened this many times as wide as predicted.
        pairs: Weight of the network's quality beside the cosine of antipodal pairs of points,
            which it evaluates as it evaluates seeds; 0: only seeds, as in graspnet-baseline.

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
"""Of graspnet-baseline."""
FINGER_HEIGHT = 0.02
"""Metres that the fingers span across approach and closing direction."""
