"""Outcome of an executed grasp."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reason(str, Enum):
    """Success of a grasp, or the reason of its failure."""

    HELD = 'held'
    BLOCKED = 'touched something on the way'
    MISSED = 'closed on nothing'
    SLIPPED = 'slipped in the lift'
    DROPPED = 'dropped in the shake'
    LEAKED = 'leaked'
    PEELED = 'peeled off'
    PULLED = 'pulled off'
    DIVERGED = 'the physics diverged'


@dataclass(frozen=True)
class Outcome:
    """Outcome of one grasp.

    Attributes:
        reason: HELD, or the reason of the failure.
        held: Index of the held object of the scene; None if no object is held.
        pushed: Maximum displacement of an object by the approach in metres.
        force: Maximum contact force of the gripper during the approach in newtons.
    """

    reason: Reason
    held: int | None = None
    pushed: float = 0.0
    force: float = 0.0

    @property
    def success(self) -> bool:
        """Whether an object is lifted and held."""
        return self.reason is Reason.HELD
