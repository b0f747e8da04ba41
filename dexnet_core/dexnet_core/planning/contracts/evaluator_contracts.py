"""The contracts of networks that evaluate placed grippers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper

EVALUATOR_FORMAT = 1
CONTEXT = ('score', 'down_x', 'down_y', 'down_z')
"""What an evaluator of jaws may be told beside its patch."""
CUP_CONTEXT = (*CONTEXT, 'size')
"""What an evaluator of suction contacts may be told beside its patch."""

LEAST_SCORE = 1e-3
"""Of the score that an evaluator is told, and of what is left of it to 1; others are clipped."""
LOGIT_SCALE = 0.5
"""What an evaluator multiplies the logit of the score by."""

JAW_SIZES, CUP_SIZES = (0.04, 0.14), (0.004, 0.020)
"""Of the grippers that the networks of files without `sizes` learnt from."""
UNCHANGED = (1.0, 0.0)
"""Slope and offset of a calibration that changes nothing."""


@dataclass(frozen=True)
class JawEvaluatorContract:
    """How a network that evaluates placed jaws must be fed and read.

    Its input (B, channels, rows, columns) is what `dexnet_core.planning.perception.jaw_patch` cuts
    out of a height map, with (B, k) context beside it; its output (B,) is the probability that the
    closed jaw holds.

    Attributes:
        name: Name of the network and of the data it was trained on.
        version: Version of the weights.
        gripper: Kind of gripper, a value of `dexnet_core.planning.grasp.Gripper`.
        rows: Cells of a patch across the closing direction.
        columns: Cells of a patch along the closing direction.
        step: Metres from one cell to the next.
        fine_relief: Metres above the pads that the fine channel shows as 1.
        coarse_relief: Metres above the pads that the coarse channel shows as 1.
        jaw: The gripper of the usual size; patches scale with the opening of the robot's.
        context: What the second input holds, some of CONTEXT: the `score` in [0, 1] of the network
            that proposed the grasp, and the unit direction of gravity in the grasp's frame.
        sizes: Least and greatest opening in metres of the jaws that it learnt from.
        calibration: (slope, offset) on the logit of the output that make it a probability.
        format: Version of this contract; a runtime refuses one that it does not know.

    Raises:
        ValueError: A context is unknown.
    """

    name: str
    version: str
    gripper: str
    rows: int = 32
    columns: int = 64
    step: float = 0.002
    fine_relief: float = 0.010
    coarse_relief: float = 0.040
    jaw: JawGripper = field(default_factory=JawGripper)
    context: tuple[str, ...] = ('score',)
    sizes: tuple[float, float] = JAW_SIZES
    calibration: tuple[float, float] = UNCHANGED
    format: int = EVALUATOR_FORMAT

    def __post_init__(self) -> None:
        _require_context(self.context, self.calibration, CONTEXT)

    def scaled(self, gripper: JawGripper) -> JawEvaluatorContract:
        """Return the contract of the same network for a gripper of another size."""
        scale = gripper.max_opening / self.jaw.max_opening
        return replace(
            self,
            step=self.step * scale,
            fine_relief=self.fine_relief * scale,
            coarse_relief=self.coarse_relief * scale,
            jaw=gripper,
        )


@dataclass(frozen=True)
class CupEvaluatorContract:
    """How a network that evaluates planned suction contacts must be fed and read.

    Its input (B, channels, side, side) is what `dexnet_core.planning.perception.cup_patch` cuts
    out of a depth image, with (B, k) context beside it; its output (B,) is the probability that
    the cup holds.

    Attributes:
        name: Name of the network and of the data it was trained on.
        version: Version of the weights.
        gripper: Kind of gripper, a value of `dexnet_core.planning.grasp.Gripper`.
        side: Cells of a side of a patch.
        fine_step: Metres from one cell of the fine channels to the next.
        fine_relief: Metres over the contact plane that the fine channel shows as 1.
        coarse_step: Metres from one cell of the coarse channels to the next.
        coarse_relief: Metres over the contact plane that the coarse channel shows as 1.
        usual_radius: Metres, of the cup of the usual size.
        cup: The cup; the fine channels scale with its radius.
        context: What the second input holds, some of CUP_CONTEXT: the `score` in [0, 1] of the
            network that proposed the contact, the unit direction of gravity in the grasp's frame,
            and the logarithm of the cup's `size` over the usual one.
        sizes: Least and greatest radius in metres of the cups that it learnt from.
        calibration: (slope, offset) on the logit of the output that make it a probability.
        format: Version of this contract; a runtime refuses one that it does not know.

    Raises:
        ValueError: A context is unknown.
    """

    name: str
    version: str
    gripper: str
    side: int = 32
    fine_step: float = 0.001
    fine_relief: float = 0.003
    coarse_step: float = 0.004
    coarse_relief: float = 0.030
    usual_radius: float = 0.0075
    cup: SuctionCup = field(default_factory=SuctionCup)
    context: tuple[str, ...] = CUP_CONTEXT
    sizes: tuple[float, float] = CUP_SIZES
    calibration: tuple[float, float] = UNCHANGED
    format: int = EVALUATOR_FORMAT

    def __post_init__(self) -> None:
        _require_context(self.context, self.calibration, CUP_CONTEXT)

    def scaled(self, cup: SuctionCup) -> CupEvaluatorContract:
        """Return the contract of the same network for a cup of another size."""
        scale = cup.radius / self.cup.radius
        return replace(
            self,
            fine_step=self.fine_step * scale,
            fine_relief=self.fine_relief * scale,
            cup=cup,
        )


EvaluatorContract = JawEvaluatorContract | CupEvaluatorContract


def _require_context(
    context: tuple[str, ...], calibration: tuple[float, float], known: tuple[str, ...]
) -> None:
    if set(context) - set(known) or len(calibration) != 2:
        raise ValueError(
            f'context is {context} and calibration {calibration}, expected some of {known} and '
            'two numbers'
        )
