"""Grippers beyond the sizes that a network learnt from are noted when a planner is loaded."""

from __future__ import annotations

import logging

_LOG = logging.getLogger(__name__)
_SLACK = 1.001


def note_size(size: float, sizes: tuple[float, float], what: str, planner: str) -> None:
    """Log a warning if a gripper is smaller or larger than those that a network learnt from.

    Args:
        size: Metres, of the gripper.
        sizes: Least and greatest that the network learnt from.
        what: Is so long.
        planner: As `dexnet make` names it.
    """
    least, greatest = sizes
    if least / _SLACK <= size <= greatest * _SLACK:
        return
    _LOG.warning(
        '%s is %.4g m, the network learnt from %.4g to %.4g m: fewer grasps may hold, and scores '
        'say less; make a planner for this gripper with: dexnet make %s --gripper FILE',
        *(what, size, least, greatest, planner),
    )
