"""Warning about grippers outside of the size range of a network's training data."""

from __future__ import annotations

import logging

_LOG = logging.getLogger(__name__)
_SLACK = 1.001


def note_size(size: float, sizes: tuple[float, float], what: str, planner: str) -> None:
    """Log a warning if a gripper is smaller or larger than those in the training data.

    Args:
        size: Size of the gripper in metres.
        sizes: Least and greatest size in the training data, in metres.
        what: Name of the size, for the message.
        planner: Name of the planner in `dexnet make`.
    """
    least, greatest = sizes
    if least / _SLACK <= size <= greatest * _SLACK:
        return
    _LOG.warning(
        '%s is %.4g m, the network was trained with %.4g to %.4g m: fewer grasps may hold, and '
        'scores are less accurate; make a planner for this gripper with: dexnet make %s '
        '--gripper FILE',
        *(what, size, least, greatest, planner),
    )
