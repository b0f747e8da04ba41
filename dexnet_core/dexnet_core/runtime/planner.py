"""What a planner is, and the one that plans along approach directions, view by view."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
import time
from typing import Generic, NamedTuple, Protocol, TypeVar

from dexnet_core.geometry.camera import project
from dexnet_core.grasp import Grasp, GraspPlan, PlanStatus, StageTimes
from dexnet_core.grippers.files import Gripper
from dexnet_core.grippers.jaw import JawGripper
from dexnet_core.observation import Observation
from dexnet_core.runtime.approach import Approach, further_directions, main_approach
from dexnet_core.runtime.nothing import nothing_to_grasp
from dexnet_core.runtime.peaks import keep_apart
from dexnet_core.runtime.scene import see, SeenScene
from dexnet_core.runtime.settings import PlannerSettings
from dexnet_core.runtime.view import ALIGNED, image_of, View, view_along
import numpy as np
from numpy.typing import NDArray

Settings = TypeVar('Settings', bound=PlannerSettings)

LOW_SCORE, REPEATED = 'low score', 'near a better one'
"""Filters that all planners have."""

SURE = 0.9
"""Score from which on no further directions are looked along."""


class Planner(Protocol):
    """Plans grasps on an observation; what commands, nodes and benchmarks need of any planner."""

    @property
    def settings(self) -> PlannerSettings:
        """How it chooses among candidates."""

    @property
    def model(self) -> str:
        """Name and version of its network."""

    def with_settings(self, settings: PlannerSettings) -> Planner:
        """Return a planner with other settings that shares the loaded network."""

    def plan(self, observation: Observation) -> GraspPlan:
        """Return the best grasps in the frame of the observation, or why there is none.

        Raises:
            ValueError: The observation cannot be used; the message says why.
        """


class Found(NamedTuple):
    """What a finder found in one view.

    Attributes:
        grasps: Best first, in the view's optical frame.
        refused: How many candidates each filter refused.
        heatmap: (H, W) float32 quality at the view's pixels, NaN off the objects; (0, 0) without.
        times: Milliseconds of each stage.
    """

    grasps: tuple[Grasp, ...]
    refused: Counter[str]
    heatmap: NDArray[np.float32]
    times: StageTimes


class Finder(Protocol[Settings]):
    """Finds grasps along the optical axis of a view."""

    @property
    def model(self) -> str:
        """Name and version of its network."""

    @property
    def gripper(self) -> Gripper:
        """The robot's."""

    @property
    def along_normals(self) -> bool:
        """Whether grasps come along the surface's normals, whatever the view looks along."""

    @property
    def no_room(self) -> str:
        """Why candidates may all be refused; formatted with the settings."""

    def find(self, view: View, settings: Settings) -> Found:
        """Return grasps in a view with at least one object."""


class Stopwatch:
    """Milliseconds from lap to lap, by the name of the stage that each ends."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self.times = StageTimes()

    def lap(self, stage: str) -> None:
        """Add the time since the last lap to a stage."""
        now = time.perf_counter()
        self.times[stage] = self.times.get(stage, 0.0) + (now - self._last) * 1e3
        self._last = now

    def skip(self, times: StageTimes) -> None:
        """Add stages that others have timed since the last lap."""
        for stage, ms in times.items():
            self.times[stage] = self.times.get(stage, 0.0) + ms
        self._last = time.perf_counter()


class ViewPlanner(Generic[Settings]):
    """Plans along the directions that the settings allow, with a finder that works on views.

    Attributes:
        settings: How grasps are chosen.
    """

    def __init__(self, finder: Finder[Settings], settings: Settings) -> None:
        self._finder = finder
        self.settings = settings

    @property
    def model(self) -> str:
        """Name and version of the network."""
        return self._finder.model

    @property
    def _jaw(self) -> JawGripper | None:
        gripper = self._finder.gripper
        return gripper if isinstance(gripper, JawGripper) else None

    def with_settings(self, settings: Settings) -> ViewPlanner[Settings]:
        """Return a planner with other settings and the same network."""
        return ViewPlanner(self._finder, settings)

    def plan(self, observation: Observation) -> GraspPlan:
        """Return the best grasps in the frame of the observation, or why there is none.

        Raises:
            ValueError: The observation cannot be used; the message says why.
        """
        watch = Stopwatch()
        scene = see(observation, self.settings)
        watch.lap('segment')
        if not scene.has_objects:
            return nothing_to_grasp(scene, self.settings, self.model, watch.times)
        approach = main_approach(scene, self.settings)
        grasps, refused = [], Counter()
        heatmap = np.empty((0, 0), np.float32)
        for number, direction in enumerate(self._directions(scene, approach)):
            if number and grasps and grasps[0].score >= SURE:
                break
            view = view_along(scene, direction).about(approach.direction)
            watch.lap('view')
            found = self._finder.find(view, self.settings)
            watch.skip(found.times)
            refused.update(found.refused)
            if not number and observation.is_image:
                heatmap = image_of(scene, view, found.heatmap)
            grasps += [grasp.moved(view.T_frame_view) for grasp in found.grasps]
            grasps.sort(key=lambda grasp: -grasp.score)
        chosen = self._apart(grasps, refused)
        watch.lap('choose')
        return GraspPlan(
            tuple(described(grasp, scene) for grasp in chosen),
            *self._status(chosen, refused),
            heatmap,
            self.model,
            watch.times,
            refused,
            approach.comes_from,
            self._jaw,
        )

    def _directions(self, scene: SeenScene, approach: Approach) -> Iterator[NDArray[np.float64]]:
        yield approach.direction
        if self.settings.approach != 'any':
            return
        axis = scene.observation.axis
        if not self._finder.along_normals or axis is None:
            yield from further_directions(scene, approach, self.settings)
        elif axis @ approach.direction < ALIGNED:
            yield axis

    def _apart(self, grasps: list[Grasp], refused: Counter[str]) -> list[Grasp]:
        """Return the best grasps, none near a better one."""
        places = np.array([grasp.position for grasp in grasps]).reshape(-1, 3)
        kept = keep_apart(places, self.settings.spacing, self.settings.max_grasps)
        refused[REPEATED] += len(grasps) - len(kept)
        return [grasps[k] for k in kept]

    def _status(self, grasps: list[Grasp], refused: Counter[str]) -> tuple[PlanStatus, str]:
        if grasps:
            return PlanStatus.OK, ''
        if not refused[LOW_SCORE] and refused.total():
            return PlanStatus.NO_ROOM, self._finder.no_room.format(self.settings)
        return PlanStatus.NO_CANDIDATE, f'nothing scored {self.settings.min_score} or more'


def described(grasp: Grasp, scene: SeenScene) -> Grasp:
    """Return a grasp in the observation's frame with its pixel and the label of its object."""
    camera, pixel = scene.observation.camera, (np.nan, np.nan)
    if camera is not None:
        pixel = tuple(project(grasp.position, camera).tolist())
    label = 0
    if scene.observation.labels is not None:
        apart = scene.object_points - grasp.contacts.mean(axis=0)
        nearest = int(np.einsum('ni,ni->n', apart, apart).argmin())
        label = int(scene.cloud.labels[scene.cloud.objects][nearest])
    return replace(grasp, pixel=pixel, object_id=label)
