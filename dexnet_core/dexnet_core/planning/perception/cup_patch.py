"""Patches around planned suction contacts, projected along the approach, for an evaluator.

Training and robot both use `cup_patches`. A patch holds heights over the contact plane around the
contact at two scales: fine, at the scale of the cup, for the seal, and coarse, for the rest of the
object and its neighbours.
"""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.planning.contracts.evaluator_contracts import CupEvaluatorContract
from dexnet_core.planning.perception.projected_cells import project_window
from dexnet_core.planning.perception.segment import SegmentedImage
import numpy as np
from numpy.typing import NDArray

CHANNELS = 5
"""Fine relief, known at fine scale, coarse relief, known at coarse scale, share of objects."""

_LIMIT = 2.5
_TOGETHER = 16
"""Number of contacts that are processed at once; more do not fit into a processor's cache."""


class CupContacts(NamedTuple):
    """n planned contacts, in the optical frame.

    Attributes:
        poses: (n, 4, 4) poses of the grasp frames: origin at the contact, z into the object.
        proposed: (n,) quality in [0, 1] by the proposing network.
    """

    poses: NDArray[np.float64]
    proposed: NDArray[np.floating]


def cup_patches(
    segmented: SegmentedImage, contacts: CupContacts, contract: CupEvaluatorContract
) -> NDArray[np.float32]:
    """Return (n, CHANNELS, side, side) float32 patches around contacts.

    Args:
        segmented: The segmented depth image that the contacts were planned on.
        contacts: The planned contacts.
        contract: Size and scales of a patch.
    """
    poses, side = contacts.poses, contract.side
    patches = np.empty((len(poses), CHANNELS, side, side), np.float32)
    for first in range(0, len(poses), _TOGETHER):
        part = slice(first, first + _TOGETHER)
        _fill(patches[part], segmented, poses[part], contract)
    return patches


def _fill(
    patches: NDArray[np.float32],
    segmented: SegmentedImage,
    poses: NDArray[np.float64],
    contract: CupEvaluatorContract,
) -> None:
    for first, step, relief in (
        (0, contract.fine_step, contract.fine_relief),
        (2, contract.coarse_step, contract.coarse_relief),
    ):
        cells = project_window(segmented, poses, contract.side, step)
        np.clip(cells.mean_of(cells.heights) / relief, -_LIMIT, _LIMIT, out=patches[:, first])
        patches[:, first + 1] = cells.known
    patches[:, 4] = cells.mean_of(segmented.objects.ravel().take(cells.pixels))


def cup_context(
    contacts: CupContacts, down: NDArray[np.floating], contract: CupEvaluatorContract
) -> NDArray[np.float32]:
    """Return the (n, k) float32 context of the evaluator.

    Args:
        contacts: The planned contacts.
        down: (3,) unit direction of gravity, in the optical frame.
        contract: Names the columns.
    """
    x, y, z = (np.asarray(down) @ contacts.poses[:, :3, :3]).T
    values = {
        'score': contacts.proposed,
        'down_x': x,
        'down_y': y,
        'down_z': z,
        'size': np.full(len(x), np.log(contract.cup.radius / contract.usual_radius)),
    }
    return np.stack([values[name] for name in contract.context], axis=1).astype(np.float32)
