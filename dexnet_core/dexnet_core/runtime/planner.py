"""What all planners share: one depth image in, the best poses to pick at out."""

from __future__ import annotations

from abc import ABC, abstractmethod
import time
from typing import Generic, NamedTuple, TypeVar

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.grasp import Grasp, GraspPlan, PlanStatus, StageTimes
from dexnet_core.perception.cells import CellGrid
from dexnet_core.perception.segment import observe, Observed, within
from dexnet_core.runtime.scorer import Scorer
from dexnet_core.runtime.settings import PlannerSettings
import numpy as np
from numpy.typing import NDArray

Settings = TypeVar('Settings', bound=PlannerSettings)

_MESSAGES = {
    PlanStatus.NO_DEPTH: 'nothing was measured in the workspace ({0.min_depth} to'
    ' {0.max_depth} m) and the mask',
    PlanStatus.NO_OBJECT: 'no object: the mask is empty or only the support plane was seen',
    PlanStatus.NO_CANDIDATE: 'nothing scored {0.min_score} or more',
}


class Choice(NamedTuple):
    """What a planner made of a heat map.

    Attributes:
        grasps: Best first.
        scored: Whether something scored enough; without grasps, the gripper found no room for it.
    """

    grasps: tuple[Grasp, ...]
    scored: bool


class Planner(ABC, Generic[Settings]):
    """Plans grasps with one loaded network.

    Attributes:
        settings: How grasps are chosen.
    """

    no_room: str
    """Why no candidate may be left; formatted with the settings."""

    def __init__(self, scorer: Scorer, settings: Settings) -> None:
        self._scorer = scorer
        self.settings = settings

    @property
    def model(self) -> str:
        """Name and version of the network."""
        return self._scorer.name

    @abstractmethod
    def with_settings(self, settings: Settings) -> Planner[Settings]:
        """Return a planner with other settings and the same network."""

    @abstractmethod
    def choose(self, observed: Observed, cells: NDArray[np.float32], grid: CellGrid) -> Choice:
        """Turn (channels, h, w) quality of the cells of a grid into grasps."""

    def plan(
        self,
        depth: NDArray[np.float32],
        camera: CameraIntrinsics,
        mask: NDArray[np.bool_] | None = None,
    ) -> GraspPlan:
        """Plan grasps on one depth image.

        Args:
            depth: (H, W) metres along the optical axis; 0 where nothing was seen.
            camera: Intrinsics at the size of the image.
            mask: (H, W) True on what may be grasped; everything off the support plane without.

        Raises:
            ValueError: Depth or mask are not of the camera's size.
        """
        camera.require_shape(depth.shape, 'depth')
        clock = _Clock()
        support, workspace = self.settings.support_height, self.settings.workspace
        observed = observe(depth, camera, mask, support, workspace)
        if not observed.objects.any():
            status = status_without_objects(bool(within(depth, camera, workspace).any()), mask)
            return self._empty(status, depth.shape, clock)
        clock.lap()
        sight = self._scorer.look(observed)
        clock.lap()
        cells = self._scorer.score(sight)
        clock.lap()
        grasps, scored = self.choose(observed, cells, sight.grid)
        heatmap = sight.grid.heatmap(cells.max(axis=0), observed.objects)
        clock.lap()
        status = PlanStatus.OK if grasps else PlanStatus.NO_ROOM
        if not scored:
            status = PlanStatus.NO_CANDIDATE
        return GraspPlan(grasps, status, self._message(status), heatmap, self.model, clock.times())

    def _message(self, status: PlanStatus) -> str:
        if status is PlanStatus.OK:
            return ''
        return _MESSAGES.get(status, self.no_room).format(self.settings)

    def _empty(self, status: PlanStatus, shape: tuple[int, int], clock: _Clock) -> GraspPlan:
        heatmap = np.full(shape, np.nan, np.float32)
        return GraspPlan((), status, self._message(status), heatmap, self.model, clock.times())


def status_without_objects(seen: bool, mask: NDArray[np.bool_] | None) -> PlanStatus:
    """Return why nothing that was measured is an object.

    Args:
        seen: Whether anything was measured in the workspace.
        mask: On what may be grasped; None for everything.
    """
    unseen = not seen or (mask is not None and bool(mask.any()))
    return PlanStatus.NO_DEPTH if unseen else PlanStatus.NO_OBJECT


class _Clock:
    """Milliseconds from lap to lap."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self._laps: list[float] = []

    def lap(self) -> None:
        now = time.perf_counter()
        self._laps.append((now - self._last) * 1e3)
        self._last = now

    def times(self) -> StageTimes:
        """Return the laps; stages that were not reached took no time."""
        if len(self._laps) < len(StageTimes._fields):
            self.lap()
        return StageTimes(*self._laps, *[0.0] * (len(StageTimes._fields) - len(self._laps)))
