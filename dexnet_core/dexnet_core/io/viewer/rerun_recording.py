"""Rerun recording of plans: input, grasps, and refused candidates with their reasons.

All entities are in metres, in the frame of the observation, on the timeline `frame`, and on the
timeline `stamp` if it is known:

    /                 view coordinates: the up axis of the viewer
    camera            pinhole, of a depth image
    camera/depth      depth image
    quality           heat map as a tensor (row, column); NaN off the objects
    cloud             measured points
    grasps            one line for each grasp, best first, with `score`, `width`, `object_id`
    plan              status, grasps, refused candidates and times as text
    refused/FILTER    number of candidates that a filter refused
    places/FILTER     places of these candidates, in the filter's colour, with `score` if stored
    ms/STAGE          milliseconds of a stage
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from dexnet_core.io.drawing.cloud_picture import pose_beside, seen_points
from dexnet_core.io.drawing.marks import gripper_line, USUAL_JAW
from dexnet_core.io.drawing.overlay import shaded_depth, with_heat
from dexnet_core.io.drawing.refused import mark_of
from dexnet_core.io.files.atomic import atomic_path
from dexnet_core.io.files.markdown import Cell, markdown_table
from dexnet_core.planning.grasp import GraspPlan
from dexnet_core.planning.observation import Observation
import numpy as np
from numpy.typing import NDArray
import pyarrow as pa
import rerun as rr
import rerun.blueprint as rrb

_APPLICATION = 'dexnet'
_GREY = (150, 150, 150)
_WORST, _BEST = np.array([220.0, 60.0, 40.0]), np.array([40.0, 200.0, 80.0])
_LINE, _POINT, _PLACE = 0.001, 0.0008, 0.002
"""Radius in metres of lines, of points without a camera, and of places of refused candidates."""
_OF_PIXEL = 0.6
"""Radius of the points of a depth image, in pixel widths."""
_LOWER = 0.4
"""Offset of the viewer below the camera, as a factor of the distance to the points."""
_SHOWN = (1, 99)
"""Percentiles of depth at the ends of the colour scale."""
_UPRIGHT = (
    (rr.ViewCoordinates.RIGHT_HAND_X_DOWN, rr.ViewCoordinates.RIGHT_HAND_X_UP),
    (rr.ViewCoordinates.RIGHT_HAND_Y_DOWN, rr.ViewCoordinates.RIGHT_HAND_Y_UP),
    (rr.ViewCoordinates.RIGHT_HAND_Z_DOWN, rr.ViewCoordinates.RIGHT_HAND_Z_UP),
)
"""View coordinates by the axis that is nearest to up and by its sign."""


class Moment(NamedTuple):
    """Position on the timelines: frame number, and time in seconds since 1970; None = unknown."""

    frame: int = 0
    stamp: float | None = None


@contextmanager
def recording(path: Path) -> Iterator[rr.RecordingStream]:
    """Yield a stream; the file appears at `path` only if the block succeeds.

    Args:
        path: Path of the .rrd file; its folder is created.
    """
    with atomic_path(path) as scratch:
        stream = rr.RecordingStream(_APPLICATION)
        stream.save(scratch)
        try:
            yield stream
        finally:
            stream.flush()
            stream.disconnect()


def log_plan(
    stream: rr.RecordingStream,
    observation: Observation,
    plan: GraspPlan,
    moment: Moment = Moment(),  # noqa: B008
) -> None:
    """Log an observation and its plan; frame 0 also sets the viewpoint of the viewer.

    Args:
        stream: Stream of `recording`.
        observation: Depth image or cloud.
        plan: Plan in the frame of the observation.
        moment: Position on the timelines.
    """
    stream.set_time('frame', sequence=moment.frame)
    if moment.stamp is not None:
        stream.set_time('stamp', timestamp=moment.stamp)
    points = seen_points(observation)
    if moment.frame == 0:
        stream.send_blueprint(_blueprint(observation, _eye(observation, points)))
    stream.log('/', _upright(observation))
    if observation.is_image:
        _log_image(stream, observation, points, plan)
    else:
        stream.log('cloud', rr.Points3D(points, colors=_GREY, radii=_POINT))
    if plan.heatmap.size:
        stream.log('quality', rr.Tensor(plan.heatmap, dim_names=('row', 'column')))
    _log_grasps(stream, plan)
    stream.log('plan', rr.TextDocument(_text(plan), media_type=rr.MediaType.MARKDOWN))
    _log_refused(stream, plan, moment)
    for name, ms in plan.times.items():
        stream.log(['ms', name], rr.Scalars(ms))


def _log_image(
    stream: rr.RecordingStream,
    observation: Observation,
    points: NDArray[np.float32],
    plan: GraspPlan,
) -> None:
    """Log camera, depth image and points; points have the colours of `draw_plan`."""
    depth, camera = observation.image
    pinhole = rr.Pinhole(
        focal_length=(camera.fx, camera.fy),
        principal_point=(camera.cx, camera.cy),
        width=camera.width,
        height=camera.height,
        camera_xyz=rr.ViewCoordinates.RDF,
    )
    stream.log('camera', pinhole)
    shown = np.percentile(points[:, 2], _SHOWN) if len(points) else None
    stream.log('camera/depth', rr.DepthImage(depth, meter=1.0, depth_range=shown))
    colours = with_heat(shaded_depth(depth, camera), plan.heatmap)[depth > 0][:, ::-1]
    radii = _OF_PIXEL / camera.fx * points[:, 2]
    stream.log('cloud', rr.Points3D(points, colors=colours, radii=radii))


def _upright(observation: Observation) -> rr.ViewCoordinates:
    """Return the view coordinates: from the up direction if known, or else the camera's."""
    up = observation.up
    if up is None:
        return rr.ViewCoordinates.RDF
    axis = int(np.abs(up).argmax())
    return _UPRIGHT[axis][int(up[axis] > 0)]


def _log_grasps(stream: rr.RecordingStream, plan: GraspPlan) -> None:
    scores = np.array([grasp.score for grasp in plan.grasps], float)
    share = np.clip(scores, 0, 1)[:, None]
    lines = rr.LineStrips3D(
        [gripper_line(grasp, plan.jaw or USUAL_JAW) for grasp in plan.grasps],
        colors=(_WORST + share * (_BEST - _WORST)).astype(np.uint8),
        labels=[f'{rank}: {score:.2f}' for rank, score in enumerate(scores, start=1)],
        radii=_LINE,
        show_labels=False,
    )
    values = rr.AnyValues(  # explicit types, because empty lists have none
        score=pa.array(scores, pa.float64()),
        width=pa.array([grasp.width for grasp in plan.grasps], pa.float64()),
        object_id=pa.array([grasp.object_id for grasp in plan.grasps], pa.int64()),
    )
    stream.log('grasps', lines, values)


def _log_refused(stream: rr.RecordingStream, plan: GraspPlan, moment: Moment) -> None:
    """Log numbers and places of refused candidates, both in the colour of the filter."""
    for name, count in plan.refused.items():
        stream.log(['refused', name], rr.Scalars(count))
    if moment.frame > 0:  # remove places of the last frame, also of filters without new ones
        stream.log('places', rr.Clear(recursive=True))
    places = plan.refused_places
    for name in np.unique(places.reasons).tolist():
        here, colour = places.reasons == name, mark_of(name).colour
        stream.log(
            ['places', name],
            rr.Points3D(
                places.points[here],
                colors=colour,
                radii=_PLACE,
                labels=[name] * int(here.sum()),
                show_labels=False,
            ),
            rr.AnyValues(score=pa.array(places.scores[here], pa.float64())),
        )
        line = rr.SeriesLines(colors=colour, names=name)
        stream.log(['refused', name], line, static=True)


def _text(plan: GraspPlan) -> str:
    """Return a plan as Markdown."""
    grasps: list[list[Cell]] = [
        [rank, f'{grasp.score:.3f}', *(f'{metres:+.4f}' for metres in grasp.position)]
        for rank, grasp in enumerate(plan.grasps, start=1)
    ]
    times = [(name, f'{ms:.2f}') for name, ms in plan.times.items()]
    parts = (
        f'**{plan.status.name}** {plan.message}',
        plan.model,
        markdown_table(('rank', 'score', 'x (m)', 'y (m)', 'z (m)'), grasps),
        markdown_table(('refused by', 'candidates'), plan.refused.items()),
        markdown_table(('stage', 'ms'), times),
    )
    return '\n\n'.join(parts)


def _eye(observation: Observation, points: NDArray[np.float32]) -> rrb.EyeControls3D:
    """Return the viewpoint of the viewer: below the camera, or obliquely from above."""
    up, viewpoint = observation.up, observation.viewpoint
    if not len(points):
        return rrb.EyeControls3D()
    target = np.median(points, axis=0)
    if observation.axis is None and up is not None:
        return rrb.EyeControls3D(
            position=pose_beside(points, up)[:3, 3], look_target=target, eye_up=up
        )
    # The observation is in the optical frame of a camera, whose y axis is down in the image.
    lower = (np.zeros(3) if viewpoint is None else viewpoint) + np.array(
        [0, _LOWER * np.linalg.norm(target), 0]
    )
    return rrb.EyeControls3D(
        position=lower, look_target=target, eye_up=(0, -1, 0) if up is None else up
    )


def _blueprint(observation: Observation, eye: rrb.EyeControls3D) -> rrb.Blueprint:
    """Return the layout: a 3D view beside text and plots, and 2D views for a depth image."""
    space = rrb.Spatial3DView(
        origin='/',
        contents=['+ /**', '- /camera/depth'],
        name='grasps',
        line_grid=False,
        eye_controls=eye,
    )
    beside = rrb.Tabs(
        rrb.TextDocumentView(origin='plan', name='plan'),
        rrb.TimeSeriesView(origin='refused', name='refused'),
    )
    if observation.is_image:
        shown = ['+ $origin/**', '+ /places/**']
        flat = rrb.Spatial2DView(origin='camera', contents=shown, name='depth')
        quality = rrb.TensorView(origin='quality', name='quality')
        beside = rrb.Vertical(rrb.Tabs(flat, quality), beside)
    return rrb.Blueprint(rrb.Horizontal(space, beside), collapse_panels=True)
