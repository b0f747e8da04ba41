"""Contracts of grasp evaluators: networks that evaluate placed grippers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.values.checks import require_positive, require_ranges

EVALUATOR_FORMAT = 1
CONTEXT = ('score', 'down_x', 'down_y', 'down_z')
"""Possible context inputs of an evaluator of jaws."""
CUP_CONTEXT = (*CONTEXT, 'size')
"""Possible context inputs of an evaluator of suction contacts."""

LEAST_SCORE = 1e-3
"""Least distance of a score in the context from 0 and from 1; other scores are clipped."""
LOGIT_SCALE = 0.5
"""Factor by which an evaluator multiplies the logit of the score."""

JAW_SIZES, CUP_SIZES = (0.04, 0.14), (0.004, 0.020)
"""Sizes in metres of the grippers in the training data of files without `sizes`."""
UNCHANGED = (1.0, 0.0)
"""Slope and offset of the identity calibration."""


@dataclass(frozen=True)
class JawEvaluatorContract:
    """Inputs, output and units of a network that evaluates placed jaws.

    The first input (B, channels, rows, columns) holds patches of a height map, cut by
    `dexnet_core.planning.perception.jaw_patch`; the second input (B, k) is the context. The output
    (B,) is the probability that the closed jaw holds the object.

    Attributes:
        name: Name of the network and of the data it was trained on.
        version: Version of the weights.
        gripper: Kind of gripper, a value of `dexnet_core.planning.grasp.GripperKind`.
        rows: Cells of a patch across the closing direction.
        columns: Cells of a patch along the closing direction.
        step: Metres from one cell to the next.
        fine_relief: Metres above the pads that are 1 in the fine channel.
        coarse_relief: Metres above the pads that are 1 in the coarse channel.
        jaw: The gripper of the usual size; patches scale with the opening of the robot's gripper.
        context: Columns of the second input, some of CONTEXT: the `score` in [0, 1] of the network
            that proposed the grasp, and the unit direction of gravity in the grasp's frame.
        sizes: Least and greatest opening in metres of the jaws in the training data.
        calibration: (slope, offset) on the logit of the output, to get a probability.
        format: Version of this contract; a runtime refuses unknown versions.

    Raises:
        ValueError: A context input is unknown, or a number is out of range.
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
        require_positive(self, 'rows', 'columns', 'step', 'fine_relief', 'coarse_relief')
        _require_context(self, CONTEXT)

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
    """Inputs, output and units of a network that evaluates planned suction contacts.

    The first input (B, channels, side, side) holds patches of a depth image, cut by
    `dexnet_core.planning.perception.cup_patch`; the second input (B, k) is the context. The output
    (B,) is the probability that the cup holds the object.

    Attributes:
        name: Name of the network and of the data it was trained on.
        version: Version of the weights.
        gripper: Kind of gripper, a value of `dexnet_core.planning.grasp.GripperKind`.
        side: Cells of a side of a patch.
        fine_step: Metres from one cell of the fine channels to the next.
        fine_relief: Metres over the contact plane that are 1 in the fine channel.
        coarse_step: Metres from one cell of the coarse channels to the next.
        coarse_relief: Metres over the contact plane that are 1 in the coarse channel.
        usual_radius: Radius in metres of the cup of the usual size.
        cup: The cup; the fine channels scale with its radius.
        context: Columns of the second input, some of CUP_CONTEXT: the `score` in [0, 1] of the
            network that proposed the contact, the unit direction of gravity in the grasp's frame,
            and the logarithm of the cup's `size` over the usual one.
        sizes: Least and greatest radius in metres of the cups in the training data.
        calibration: (slope, offset) on the logit of the output, to get a probability.
        format: Version of this contract; a runtime refuses unknown versions.

    Raises:
        ValueError: A context input is unknown, or a number is out of range.
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
        require_positive(self, 'side', 'fine_step', 'fine_relief', 'coarse_step')
        require_positive(self, 'coarse_relief', 'usual_radius')
        _require_context(self, CUP_CONTEXT)

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


def _require_context(contract: EvaluatorContract, known: tuple[str, ...]) -> None:
    context, calibration = contract.context, contract.calibration
    if set(context) - set(known) or len(set(context)) < len(context):
        raise ValueError(f'context is {context}, expected some of {known}, each once')
    require_ranges(contract, 'sizes')
    if not calibration[0] > 0:
        raise ValueError(f'calibration is {calibration}, expected a slope > 0')
