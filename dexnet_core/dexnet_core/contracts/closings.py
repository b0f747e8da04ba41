"""The contract of networks that judge how a placed parallel jaw would close."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dexnet_core.grippers.jaw import JawGripper

CLOSING_FORMAT = 1


@dataclass(frozen=True)
class ClosingContract:
    """How a network that judges placed jaws must be fed and read.

    Its input (B, channels, rows, columns) is what `dexnet_core.perception.closing_patch` cuts out
    of a height map, its output (B,) the probability that the closed jaw holds.

    Attributes:
        name: Name of the network and of the data it was trained on.
        version: Version of the weights.
        gripper: Kind of gripper, a value of `dexnet_core.grasp.Gripper`.
        rows: Cells of a patch across the closing direction.
        columns: Cells of a patch along the closing direction.
        step: Metres from one cell to the next.
        fine_relief: Metres above the pads that the fine channel shows as 1.
        coarse_relief: Metres above the pads that the coarse channel shows as 1.
        jaw: The gripper that the labels were made for.
        format: Version of this contract; a runtime refuses one that it does not know.
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
    format: int = CLOSING_FORMAT

    def scaled(self, scale: float) -> ClosingContract:
        """Return the contract of the same network on a world that is so many times as large."""
        return replace(
            self,
            step=self.step * scale,
            fine_relief=self.fine_relief * scale,
            coarse_relief=self.coarse_relief * scale,
        )
