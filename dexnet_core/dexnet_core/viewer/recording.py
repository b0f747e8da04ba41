"""Plans as a recording for Rerun's viewer: what was seen, the grasps, and why others were refused.

All entities are in the frame of the observation, metres, on the time line `frame`, and on `stamp`
where it is known:

    camera            pinhole, of a depth image
    camera/depth      depth image
    quality           heat map as a tensor (row, column); NaN off the objects
    cloud             points that were measured
    grasps            one line for each grasp, best first, with `score`, `width`, `object_id`
    plan              status, grasps, refused candidates and times as text
    refused/FILTER    how many candidates a filter refused
    ms/STAGE          milliseconds of a stage
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from dexnet_core.drawing.cloud import seen_points
from dexnet_core.drawing.marks import gripper_line, USUAL_JAW
from dexnet_core.drawing.overlay import shaded_depth
from dexnet_core.drawing.table import grasp_table
from dexnet_core.files.atomic import atomic_path
from dexnet_core.grasp import GraspPlan
from dexnet_core.observation import Observation
import numpy as np
from numpy.typing import NDArray
import rerun as rr
import rerun.blueprint as rrb

_APPLICATION = 'dexnet'
_GREY = (150, 150, 150)
_WORST, _BEST = np.array([220.0, 60.0, 40.0]), np.array([40.0, 200.0, 80.0])
_LINE, _POINT = 0.001, 0.0008
"""Metres of the radius of lines and points."""


class Moment(NamedTuple):
    """Which frame of a recording this is, and its time in seconds since 1970, None if unknown."""

    frame: int = 0
    stamp: float | None = None


@contextmanager
def recording(path: Path) -> Iterator[rr.RecordingStream]:
    """Yield a stream that is the file `path` once the block has succeeded.

    Args:
        path: .rrd file; its folder is made.
    """
    with atomic_path(path) as scratch:
        stream = rr.RecordingStream(_APPLICATION)
        stream.save(scratch, default_blueprint=_blueprint())
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
    """Log what was seen and what was planned on it.

    Args:
        stream: Of `recording`.
        observation: What was planned on.
        plan: In the same frame.
        moment: Where on the time lines it is.
    """
    stream.set_time('frame', sequence=moment.frame)
    if moment.stamp is not None:
        stream.set_time('stamp', timestamp=moment.stamp)
    _log_seen(stream, observation)
    if plan.heatmap.size:
        stream.log('quality', rr.Tensor(plan.heatmap, dim_names=('row', 'column')))
    _log_grasps(stream, plan)
    stream.log('plan', rr.TextDocument(_text(plan), media_type=rr.MediaType.MARKDOWN))
    for name, count in plan.refused.items():
        stream.log(['refused', name], rr.Scalars(count))
    for name, ms in plan.times.items():
        stream.log(['ms', name], rr.Scalars(ms))


def _log_seen(stream: rr.RecordingStream, observation: Observation) -> None:
    """Log image, camera and points; of an image the points are shaded as in its pictures."""
    colours: NDArray[np.uint8] | tuple[int, ...] = _GREY
    camera = observation.camera
    if observation.is_image:
        pinhole = rr.Pinhole(
            focal_length=(camera.fx, camera.fy),
            principal_point=(camera.cx, camera.cy),
            width=camera.width,
            height=camera.height,
            camera_xyz=rr.ViewCoordinates.RDF,
        )
        stream.log('camera', pinhole)
        stream.log('camera/depth', rr.DepthImage(observation.depth, meter=1.0))
        shaded = shaded_depth(observation.depth, camera)
        colours = shaded[observation.depth > 0][:, ::-1]
    stream.log('cloud', rr.Points3D(seen_points(observation), colors=colours, radii=_POINT))


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
    values = rr.AnyValues(
        score=scores,
        width=np.array([grasp.width for grasp in plan.grasps], float),
        object_id=np.array([grasp.object_id for grasp in plan.grasps], np.int64),
    )
    stream.log('grasps', lines, values)


def _text(plan: GraspPlan) -> str:
    """Return a plan as Markdown."""
    parts = [f'**{plan.status.name}** {plan.message}', plan.model]
    if plan.grasps:
        parts.append(f'```\n{grasp_table(plan.grasps)}\n```')
    parts.append(_table('refused by', 'candidates', plan.refused))
    parts.append(_table('stage', 'ms', {name: round(ms, 2) for name, ms in plan.times.items()}))
    return '\n\n'.join(parts)


def _table(what: str, counted: str, values: dict[str, float]) -> str:
    lines = [f'| {what} | {counted} |', '|---|---:|']
    return '\n'.join([*lines, *(f'| {name} | {value} |' for name, value in values.items())])


def _blueprint() -> rrb.Blueprint:
    """Return which views the viewer opens: space beside image, heat map and text."""
    space = rrb.Spatial3DView(origin='/', contents=['+ /**', '- /camera/depth'], name='grasps')
    flat = rrb.Spatial2DView(origin='camera', name='depth')
    quality = rrb.TensorView(origin='quality', name='quality')
    refused = rrb.TimeSeriesView(origin='refused', name='refused')
    text = rrb.TextDocumentView(origin='plan', name='plan')
    return rrb.Blueprint(
        rrb.Horizontal(space, rrb.Vertical(rrb.Tabs(flat, quality), rrb.Tabs(text, refused)))
    )
