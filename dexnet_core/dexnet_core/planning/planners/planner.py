"""Interface of planners, and the planner along approach directions, view by view."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import replace
import time
from typing import Generic, NamedTuple, Protocol, runtime_checkable, TypeVar

from dexnet_core.geometry.camera import project
from dexnet_core.planning.grasp import Grasp, GraspPlan, PlanStatus, StageTimes
from dexnet_core.planning.grippers.gripper_files import Gripper
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.observation import Observation
from dexnet_core.planning.planners.approach import Approach, further_directions, main_approach
from dexnet_core.planning.planners.approach_views import ALIGNED, image_of, View, view_along
from dexnet_core.planning.planners.empty_plans import nothing_to_grasp
from dexnet_core.planning.planners.refusals import LOW_SCORE, refusal_message, Refusals
from dexnet_core.planning.planners.segmented_scene import segment_scene, SegmentedScene
from dexnet_core.planning.planners.settings import PlannerSettings
import numpy as np
from numpy.typing import NDArray

Settings = TypeVar('Settings', bound=PlannerSettings)
SettingsOf = TypeVar('SettingsOf', bound=PlannerSettings, contravariant=True)

LAST_VIEW_SCORE = 0.9
"""Minimum score of the best grasp to skip the further directions."""


class Planner(Protocol):
    """Interface of a planner of grasps, for commands, nodes and benchmarks."""

    @property
    def settings(self) -> PlannerSettings:
        """Settings of the planner."""

    @property
    def model(self) -> str:
        """Name and version of its network."""

    def with_settings(self, settings: PlannerSettings) -> Planner:
        """Return a planner with other settings that shares the loaded network."""

    def plan(self, observation: Observation) -> GraspPlan:
        """Return the best grasps in the frame of the observation, or why there is none.

        Raises:
            ValueError: The observation cannot be used; the message gives the reason.
        """


@runtime_checkable
class HasRefusedPlaces(Protocol):
    """A planner that can return the places of refused candidates."""

    def with_refused_places(self) -> Planner:
        """Return the same planner, whose plans have `refused_places`."""


def with_refused_places(planner: Planner) -> Planner:
    """Return a planner whose plans have `refused_places`.

    A planner of another package that has no `with_refused_places` is returned unchanged.
    """
    return planner.with_refused_places() if isinstance(planner, HasRefusedPlaces) else planner


@runtime_checkable
class HasGripper(Protocol):
    """A planner with a known gripper."""

    @property
    def gripper(self) -> Gripper:
        """The robot's gripper."""


class Found(NamedTuple):
    """The grasps that were found in one view.

    Attributes:
        grasps: Best first, in the view's optical frame.
        heatmap: (H, W) float32 quality at the view's pixels, NaN off objects; (0, 0) if none.
        times: Milliseconds of each stage.
    """

    grasps: tuple[Grasp, ...]
    heatmap: NDArray[np.float32]
    times: StageTimes


class Finder(Protocol[SettingsOf]):
    """Finds grasps along the optical axis of a view."""

    @property
    def model(self) -> str:
        """Name and version of its network."""

    @property
    def gripper(self) -> Gripper:
        """The robot's gripper."""

    @property
    def along_normals(self) -> bool:
        """Whether grasps approach along surface normals, for any axis of the view."""

    @property
    def no_room_message(self) -> str:
        """Message if no candidate fits the gripper; formatted with the settings."""

    def find(self, view: View, settings: SettingsOf, refused: Refusals) -> Found:
        """Return grasps in a view with at least one object.

        Args:
            view: The view.
            settings: Settings of the planner.
            refused: Records the candidates that filters refuse, in the view's optical frame.
        """


class Stopwatch:
    """Measures the milliseconds of stages, by name."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self.times = StageTimes()

    def lap(self, stage: str) -> None:
        """Add the time since the last lap to a stage."""
        now = time.perf_counter()
        self.times[stage] = self.times.get(stage, 0.0) + (now - self._last) * 1e3
        self._last = now

    def skip(self, times: StageTimes) -> None:
        """Add stages since the last lap that were timed elsewhere."""
        for stage, ms in times.items():
            self.times[stage] = self.times.get(stage, 0.0) + ms
        self._last = time.perf_counter()


class ViewPlanner(Generic[Settings]):
    """Plans along the approach directions of the settings, with a finder that works on views.

    Attributes:
        settings: Settings of the planner.
    """

    def __init__(self, finder: Finder[Settings], settings: Settings) -> None:
        self._finder = finder
        self.settings = settings
        self._records_places = False

    @property
    def model(self) -> str:
        """Name and version of the network."""
        return self._finder.model

    @property
    def gripper(self) -> Gripper:
        """The robot's gripper."""
        return self._finder.gripper

    @property
    def _jaw(self) -> JawGripper | None:
        return self.gripper if isinstance(self.gripper, JawGripper) else None

    def with_settings(self, settings: PlannerSettings) -> ViewPlanner[Settings]:
        """Return a planner with other settings and the same network.

        Raises:
            ValueError: The settings are for another kind of planner.
        """
        if not isinstance(settings, type(self.settings)):
            raise wrong_settings(settings, self.settings)
        other = copy(self)
        other.settings = settings
        return other

    def with_refused_places(self) -> ViewPlanner[Settings]:
        """Return the same planner, whose plans have `refused_places`."""
        other = copy(self)
        other._records_places = True
        return other

    def plan(self, observation: Observation) -> GraspPlan:
        """Return the best grasps in the frame of the observation, or why there is none.

        Raises:
            ValueError: The observation cannot be used; the message gives the reason.
        """
        watch = Stopwatch()
        scene = segment_scene(observation, self.settings)
        watch.lap('segment')
        if not scene.has_objects:
            return nothing_to_grasp(scene, self.settings, self.model, watch.times)
        approach = main_approach(scene, self.settings)
        grasps: list[Grasp] = []
        refused = Refusals(self._records_places)
        heatmap = np.empty((0, 0), np.float32)
        for number, direction in enumerate(self._directions(scene, approach)):
            if number and grasps and grasps[0].score >= LAST_VIEW_SCORE:
                break
            view = view_along(scene, direction).about(approach.direction)
            watch.lap('view')
            here = Refusals(self._records_places)
            found = self._finder.find(view, self.settings, here)
            watch.skip(found.times)
            refused.add(here, view.T_frame_view)
            if not number and observation.is_image:
                heatmap = image_of(scene, view, found.heatmap)
            grasps += [grasp.moved(view.T_frame_view) for grasp in found.grasps]
            grasps.sort(key=lambda grasp: -grasp.score)
        chosen = self._apart(grasps, refused)
        watch.lap('choose')
        return GraspPlan(
            tuple(described(grasp, scene) for grasp in chosen),
            *self._status(chosen, refused.counts),
            heatmap,
            self.model,
            watch.times,
            refused.counts,
            approach.comes_from,
            self._jaw,
            refused.places,
        )

    def _directions(
        self, scene: SegmentedScene, approach: Approach
    ) -> Iterator[NDArray[np.float64]]:
        yield approach.direction
        if self.settings.approach != 'any':
            return
        axis = scene.observation.axis
        if not self._finder.along_normals or axis is None:
            yield from further_directions(scene, approach, self.settings)
        elif axis @ approach.direction < ALIGNED:
            yield axis

    def _apart(self, grasps: list[Grasp], refused: Refusals) -> list[Grasp]:
        """Return the best grasps, none near a better one."""
        places = np.array([grasp.position for grasp in grasps]).reshape(-1, 3)
        return refused.apart(_Grasps(grasps), places, self.settings).grasps

    def _status(self, grasps: list[Grasp], refused: Mapping[str, int]) -> tuple[PlanStatus, str]:
        if grasps:
            return PlanStatus.OK, ''
        if not refused.get(LOW_SCORE) and any(refused.values()):
            message = self._finder.no_room_message.format(self.settings)
            return PlanStatus.NO_ROOM, refusal_message(refused, self.settings, message)
        return PlanStatus.NO_CANDIDATE, f'nothing scored {self.settings.min_score} or more'


class _Grasps(NamedTuple):
    """Grasps as candidates; suction grasps are on the surface, jaw grasps below it."""

    grasps: list[Grasp]

    @property
    def surface(self) -> NDArray[np.float64]:
        return np.array([grasp.position - grasp.depth * grasp.approach for grasp in self.grasps])

    @property
    def scores(self) -> NDArray[np.float64]:
        return np.array([grasp.score for grasp in self.grasps])

    def take(self, which: NDArray[np.bool_]) -> _Grasps:
        return _Grasps([grasp for grasp, taken in zip(self.grasps, which, strict=True) if taken])


def wrong_settings(got: PlannerSettings, expected: PlannerSettings) -> ValueError:
    """Return the error of settings for another kind of planner."""
    return ValueError(f'got {type(got).__name__}, expected {type(expected).__name__}')


def described(grasp: Grasp, scene: SegmentedScene) -> Grasp:
    """Return a grasp in the observation's frame with its pixel and the label of its object."""
    camera, pixel = scene.observation.camera, (np.nan, np.nan)
    if camera is not None:
        pixel = tuple(project(grasp.position, camera).tolist())
    label = 0
    # Points are made on demand and are slow, so they are not asked for labels that do not exist.
    labels = None if scene.observation.labels is None else scene.cloud.labels
    if labels is not None:
        apart = scene.object_points - grasp.contacts.mean(axis=0)
        nearest = int(np.einsum('ni,ni->n', apart, apart).argmin())
        label = int(labels[scene.cloud.objects][nearest])
    return replace(grasp, pixel=pixel, object_id=label)
