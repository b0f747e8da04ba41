"""Records of picking rounds and their attempts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.grasp import GraspPlan
from dexnet_core.simulation.picking.outcome import Outcome
from dexnet_core.simulation.scenes.scene import Scene
import numpy as np
from numpy.typing import NDArray

CLEARED, NOTHING_FOUND = 'cleared', 'nothing found'
FAILED, GAVE_UP = 'failures in a row', 'too many attempts'
"""Reasons for the end of a round."""


@dataclass(frozen=True)
class Attempt:
    """One executed grasp.

    Attributes:
        score: Score that the planner gave the grasp.
        success: Whether an object was lifted and held.
        reason: Value of `outcome.Reason`, such as `slipped in the lift`.
        planning_ms: Planning time in milliseconds.
        objects_before: Number of objects in the scene before the grasp.
        tilt: Angle between the approach and straight down in radians.
    """

    score: float
    success: bool
    reason: str
    planning_ms: float
    objects_before: int
    tilt: float


@dataclass(frozen=True)
class Round:
    """All attempts of one planner in one scene.

    Attributes:
        planner: Name of the planner.
        kind: Kind of the scene.
        number: Number of the round.
        objects: Number of objects at the start.
        picked: Number of picked objects.
        end: CLEARED, NOTHING_FOUND, FAILED or GAVE_UP.
        attempts: Attempts in order.
    """

    planner: str
    kind: str
    number: int
    objects: int
    picked: int
    end: str
    attempts: tuple[Attempt, ...]


class AttemptRecord(NamedTuple):
    """Inputs and outcome of an attempt, for observers.

    Attributes:
        planner: Name of the planner.
        kind: Kind of the scene.
        number: Number of the round.
        attempt: Number of the attempt in the round, from 0.
        scene: Scene before the attempt.
        depth: (H, W) depth input of the planner in metres.
        camera: Intrinsics.
        plan: The plan.
        T_world_camera: (4, 4) pose of the optical frame.
        outcome: Outcome of the first grasp of the plan.
    """

    planner: str
    kind: str
    number: int
    attempt: int
    scene: Scene
    depth: NDArray[np.float32]
    camera: CameraIntrinsics
    plan: GraspPlan
    T_world_camera: NDArray[np.float64]
    outcome: Outcome
