"""The suction planner: one depth image in, the best poses to pick at out."""

from __future__ import annotations

from pathlib import Path
import time
from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.transform import pose_along
from dexnet_core.grasp import Grasp, GraspPlan, Gripper, PlanStatus, StageTimes
from dexnet_core.perception.metric_view import metric_view, MetricView
from dexnet_core.perception.patch import camera_noise, fit_patches, has_clearance, Patches
from dexnet_core.perception.segment import box_around, observe, Observed, within
from dexnet_core.runtime.peaks import keep_apart, local_peaks
from dexnet_core.runtime.session import NetworkSession, shipped_model
from dexnet_core.runtime.settings import PlannerSettings
import numpy as np
from numpy.typing import NDArray

_CONTEXT = 0.07
"""Metres around the objects that the network gets to see."""

_MOST_CANDIDATES = 256

_OVER_NOISE = 1.2
"""Times the camera's noise that a flat surface's residual may be."""

_MESSAGES = {
    PlanStatus.OK: '',
    PlanStatus.NO_DEPTH: 'nothing was measured in the workspace ({0.min_depth} to'
    ' {0.max_depth} m) and the mask',
    PlanStatus.NO_OBJECT: 'no object: the mask is empty or only the support plane was seen',
    PlanStatus.NO_CANDIDATE: 'nothing scored {0.min_score} or more',
    PlanStatus.NO_ROOM: 'no candidate is flat to {0.max_residual} m, seen to {0.min_coverage:.0%},'
    ' within {0.max_tilt} rad of the optical axis and free',
}


class _Candidates(NamedTuple):
    """Peaks of the heat map, best first: (n, 2) pixels (u, v) and (n,) scores."""

    pixels: NDArray[np.float64]
    scores: NDArray[np.float64]


class SuctionPlanner:
    """Plans suction grasps with one loaded network.

    Attributes:
        settings: How grasps are chosen.
    """

    def __init__(self, session: NetworkSession, settings: PlannerSettings) -> None:
        self._session = session
        self.settings = settings

    @property
    def model(self) -> str:
        """Name and version of the network."""
        return f'{self._session.contract.name} {self._session.contract.version}'

    def with_settings(self, settings: PlannerSettings) -> SuctionPlanner:
        """Return a planner with other settings and the same network."""
        return SuctionPlanner(self._session, settings)

    def plan(
        self,
        depth: NDArray[np.float32],
        camera: CameraIntrinsics,
        mask: NDArray[np.bool_] | None = None,
    ) -> GraspPlan:
        """Plan suction grasps on one depth image.

        Args:
            depth: (H, W) metres along the optical axis; 0 where nothing was seen.
            camera: Intrinsics at the size of the image.
            mask: (H, W) True on what may be grasped; everything off the support plane without.

        Raises:
            ValueError: Depth or mask are not of the camera's size.
        """
        camera.require_shape(depth.shape, 'depth')
        clock = _Clock()
        settings = self.settings
        depth = within(depth, camera, settings.workspace)
        observed = observe(depth, camera, mask, settings.support_height)
        objects = observed.objects
        if not objects.any():
            status = PlanStatus.NO_OBJECT if depth.any() else PlanStatus.NO_DEPTH
            if mask is not None and mask.any():
                status = PlanStatus.NO_DEPTH
            return self._empty(status, depth.shape, clock)
        clock.lap()
        view = self._view(observed)
        clock.lap()
        cells = self._session.run(view.tensor)
        clock.lap()
        candidates = self._candidates(view, cells, objects)
        grasps = self._grasps(observed, candidates)
        heatmap = _heatmap(view, cells, objects)
        clock.lap()
        status = PlanStatus.OK if grasps else PlanStatus.NO_ROOM
        if not len(candidates.scores):
            status = PlanStatus.NO_CANDIDATE
        message = _MESSAGES[status].format(settings)
        return GraspPlan(grasps, status, message, heatmap, self.model, clock.times())

    def _view(self, observed: Observed) -> MetricView:
        """Show the network the objects and what is around them."""
        depth, objects, camera, _ = observed
        reference = float(np.median(depth[objects]))
        margin = round(_CONTEXT * camera.fx / reference)
        box = box_around(objects, margin)
        return metric_view(depth, camera, reference, self._session.contract, box)

    def _candidates(
        self, view: MetricView, cells: NDArray[np.float32], objects: NDArray[np.bool_]
    ) -> _Candidates:
        """Return the peaks of the cells that lie on objects."""
        rows, columns = np.indices(cells.shape)
        u, v = view.pixels_of_cells(np.column_stack([columns.ravel(), rows.ravel()])).T
        height, width = objects.shape
        inside = (u < width - 0.5) & (v < height - 0.5)
        at = (
            np.where(inside, np.round(v), 0).astype(int),
            np.where(inside, np.round(u), 0).astype(int),
        )
        allowed = (objects[at] & inside).reshape(cells.shape)
        peaks = local_peaks(cells, allowed, self.settings.min_score, _MOST_CANDIDATES)
        scores = cells[peaks[:, 1], peaks[:, 0]].astype(float)
        return _Candidates(view.pixels_of_cells(peaks), scores)

    def _grasps(self, observed: Observed, candidates: _Candidates) -> tuple[Grasp, ...]:
        """Return the candidates on flat, well seen, free ground, kept apart, best first."""
        radius = self._session.contract.cup_radius
        noise = camera_noise(observed, radius)
        patches = fit_patches(observed, candidates.pixels, radius, noise)
        fit = np.flatnonzero(self._acceptable(observed, patches, radius, noise))
        kept = keep_apart(patches.centre[fit], self.settings.spacing, self.settings.max_grasps)
        pixels, scores = candidates
        return tuple(suction_grasp(patches, k, pixels[k], scores[k], radius) for k in fit[kept])

    def _acceptable(
        self, observed: Observed, patches: Patches, radius: float, noise: float
    ) -> NDArray[np.bool_]:
        settings = self.settings
        flat = np.clip(_OVER_NOISE * noise, settings.max_residual, 2 * settings.max_residual)
        return (
            (patches.residual <= flat)
            & (patches.coverage >= settings.min_coverage)
            & (-patches.normal[:, 2] >= np.cos(settings.max_tilt))
            & has_clearance(observed, patches, radius, settings.clearance)
        )

    def _empty(self, status: PlanStatus, shape: tuple[int, int], clock: _Clock) -> GraspPlan:
        heatmap = np.full(shape, np.nan, np.float32)
        message = _MESSAGES[status].format(self.settings)
        return GraspPlan((), status, message, heatmap, self.model, clock.times())


def load_planner(
    model: Path | None = None, settings: PlannerSettings | None = None, threads: int = 2
) -> SuctionPlanner:
    """Load a suction planner; without a model file, with the weights that ship.

    Raises:
        FileNotFoundError: There is no such model file.
        ValueError: The model file is damaged or of another kind.
    """
    path = model or shipped_model(Gripper.SUCTION)
    session = NetworkSession(path, Gripper.SUCTION, threads)
    return SuctionPlanner(session, settings or PlannerSettings())


def suction_grasp(
    patches: Patches, k: int, pixel: NDArray[np.float64], score: float, radius: float
) -> Grasp:
    """Return the grasp with a cup of a radius on patch k, seen at a pixel (2,)."""
    centre, normal = patches.centre[k], patches.normal[k]
    return Grasp(
        gripper=Gripper.SUCTION,
        T_camera_grasp=pose_along(centre, -normal),
        score=float(score),
        pixel=(float(pixel[0]), float(pixel[1])),
        contacts=centre[None],
        normals=normal[None],
        cup_radius=radius,
    )


def _heatmap(
    view: MetricView, cells: NDArray[np.float32], objects: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return the cells at the pixels of the image; NaN off the objects."""
    image = np.full(objects.shape, np.nan, np.float32)
    part = view.box.slices
    image[part] = np.where(objects[part], view.heatmap(cells), np.float32(np.nan))
    return image


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
