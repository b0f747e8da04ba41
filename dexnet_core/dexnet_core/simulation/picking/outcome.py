"""What became of a grasp that was carried out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reason(str, Enum):
    """Why a grasp failed, or that it held."""

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
    """What became of one grasp.

    Attributes:
        reason: HELD, or why it failed.
        held: Index of the scene's object that is held; None where nothing is.
        pushed: Metres that the approach pushed an object, at most.
        force: Newtons with which the gripper pressed on something during its approach, at most.
    """

    reason: Reason
    held: int | None = None
    pushed: float = 0.0
    force: float = 0.0

    @property
    def success(self) -> bool:
        """Whether an object was lifted and held."""
        return self.reason is Reason.HELD
