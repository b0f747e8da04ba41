r"""Grasps and grasp plans: the output of a planner.

All lengths are metres. Poses are (4, 4) matrices T_camera_grasp that map points of the grasp frame
into the frame of the observation. For a depth image this is the camera's optical frame (x right,
y down, z forward into the scene), for a cloud the frame of the cloud.

The frame of a grasp, seen from the side; +z always points INTO the object:

    suction                                  parallel jaw

         | |   hose                            +---------+  palm
         | |                                   |         |
        /   \                                 ||         ||
       / cup \                                ||  width  ||
      +---o---+--> x  (roll is free)          ||----o----||--> x  closing direction
    ======|=========  surface                 |     |     |
          v                                         v
          z  approach                               z  approach

    o = contact, the centre of the cup's     o = midway between the fingertips
        rim on the surface

y = z x x completes a right-handed frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum
from typing import NamedTuple

from dexnet_core.geometry.array_records import concatenated, rows
from dexnet_core.planning.grippers.jaw import JawGripper
import numpy as np
from numpy.typing import NDArray


class GripperKind(str, Enum):
    """The kinds of gripper that grasps are planned for."""

    SUCTION = 'suction'
    PARALLEL_JAW = 'parallel_jaw'


class PlanStatus(IntEnum):
    """Status of a plan: OK, or why it has no grasps; the values are those of GraspArray.msg."""

    OK = 0
    NO_DEPTH = 1
    """Nothing was measured in the image or in the requested region."""
    NO_OBJECT = 2
    """The mask or workspace is empty, or only the support surface was seen."""
    NO_CANDIDATE = 3
    """Nothing scored above the minimum."""
    NO_ROOM = 4
    """Candidates were found, but none fits the gripper: there is no flat, well measured and free
    surface for a suction cup, or no room for the fingers of a jaw."""
    BAD_INPUT = 5
    """The input could not be used; the message gives the actual and the expected value."""


@dataclass(frozen=True)
class Grasp:
    """One grasp.

    Attributes:
        gripper: The kind of gripper.
        T_camera_grasp: (4, 4) pose of the grasp frame drawn above, in the observation's frame.
        score: Predicted probability in [0, 1] that the grasp holds.
        pixel: (u, v) of the frame's origin in the input image, u right, v down; NaN for a cloud.
        contacts: (n, 3) points in the observation's frame: 1 for suction, 2 for a jaw.
        normals: (n, 3) unit outward surface normals at the contacts, in the same frame.
        width: Opening of the jaw in metres; 0 for suction.
        depth: Metres that the fingertips reach past the surface along +z; 0 for suction.
        cup_radius: Radius of the cup in metres; 0 for a jaw.
        object_id: Label of the object in the observation; 0 where it has no labels.
    """

    gripper: GripperKind
    T_camera_grasp: NDArray[np.float64]
    score: float
    pixel: tuple[float, float]
    contacts: NDArray[np.float64]
    normals: NDArray[np.float64]
    width: float = 0.0
    depth: float = 0.0
    cup_radius: float = 0.0
    object_id: int = 0

    @property
    def position(self) -> NDArray[np.float64]:
        """(3,) origin of the grasp frame, in the observation's frame."""
        return self.T_camera_grasp[:3, 3]

    @property
    def approach(self) -> NDArray[np.float64]:
        """(3,) unit direction into the object, in the observation's frame."""
        return self.T_camera_grasp[:3, 2]

    def moved(self, T_target_frame: NDArray[np.float64]) -> Grasp:
        """Return the same grasp in another frame; its pixel does not change."""
        R, origin = T_target_frame[:3, :3], T_target_frame[:3, 3]
        return replace(
            self,
            T_camera_grasp=T_target_frame @ self.T_camera_grasp,
            contacts=self.contacts @ R.T + origin,
            normals=self.normals @ R.T,
        )


MOST_REFUSED = 200
"""Maximum number of refused candidates of one plan whose places are stored."""


class RefusedPlaces(NamedTuple):
    """Positions of n candidates that filters refused, best first.

    Attributes:
        points: (n, 3) float32 metres in the frame of the plan, on the surface of the object.
        reasons: (n,) str, name of the filter that refused each, as in `GraspPlan.refused`.
        scores: (n,) float32 score at that time: of the evaluator, or of the proposing network if
            the candidate was not evaluated.
    """

    points: NDArray[np.float32]
    reasons: NDArray[np.str_]
    scores: NDArray[np.float32]

    def moved(self, T_target_frame: NDArray[np.float64]) -> RefusedPlaces:
        """Return the same places in another frame."""
        points = self.points @ T_target_frame[:3, :3].T + T_target_frame[:3, 3]
        return self._replace(points=points.astype(np.float32))


def no_places() -> RefusedPlaces:
    """Return an empty set of places."""
    points = np.empty((0, 3), np.float32)
    return RefusedPlaces(points, np.empty(0, np.str_), np.empty(0, np.float32))


def joined_places(parts: Sequence[RefusedPlaces]) -> RefusedPlaces:
    """Return the places of all parts, at most MOST_REFUSED, best first.

    If there are more, the best places of all filters are taken in turn.
    """
    if not parts:
        return no_places()
    every = concatenated(parts)
    order = np.argsort(-every.scores, kind='stable')
    rank = np.empty(len(order), int)
    for reason in np.unique(every.reasons):
        same = order[every.reasons[order] == reason]
        rank[same] = np.arange(len(same))
    kept = np.lexsort((-every.scores, rank))[:MOST_REFUSED]
    kept = kept[np.argsort(-every.scores[kept], kind='stable')]
    return rows(every, kept)


class StageTimes(dict[str, float]):
    """Milliseconds that each stage of one plan took, by its name, in order."""

    @property
    def total_ms(self) -> float:
        """Milliseconds of the whole plan."""
        return sum(self.values())


@dataclass(frozen=True)
class GraspPlan:
    """The result of planning on one observation.

    Attributes:
        grasps: Best first; empty unless the status is OK.
        status: OK, or why there is no grasp.
        message: One line for the user; empty if there is no problem.
        heatmap: (H, W) float32 predicted quality in [0, 1] at the pixels of the input image, NaN
            off the objects and where nothing was seen; (0, 0) if the planner has no heat map.
        model: Name and version of the network.
        times: Duration of each stage.
        refused: Number of candidates that each filter refused, by the name of the filter.
        approach: Source of the main approach direction, such as `support plane`; empty if
            nothing was planned.
        jaw: The parallel jaw that the grasps are for; None for suction.
        refused_places: Positions of the refused candidates; empty unless they were requested from
            the planner.
    """

    grasps: tuple[Grasp, ...]
    status: PlanStatus
    message: str
    heatmap: NDArray[np.float32]
    model: str
    times: StageTimes = field(default_factory=StageTimes)
    refused: Mapping[str, int] = field(default_factory=dict)
    approach: str = ''
    jaw: JawGripper | None = None
    refused_places: RefusedPlaces = field(default_factory=no_places)
