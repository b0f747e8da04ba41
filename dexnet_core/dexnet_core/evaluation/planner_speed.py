"""Planning time of planners on a rendered bin, by stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dexnet_core.datasets.views.view_generation import GenerationConfig
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.io.files.depth_images import DepthImage
from dexnet_core.io.files.markdown import markdown_table
from dexnet_core.planning.grasp import StageTimes
from dexnet_core.planning.observation import of_image
from dexnet_core.planning.planners.planner import Planner
from dexnet_core.simulation.objects.grasp_object import Split
from dexnet_core.simulation.objects.object_source import objects_of
from dexnet_core.simulation.scenes.noise import measure, NoiseSettings
from dexnet_core.simulation.scenes.random_scene import random_scene, SceneRange
from dexnet_core.simulation.scenes.rendered_view import look_along, render, tilted_down
import numpy as np

_WARM_UP = 5
_SEED = (8_000_000, 0)


def bench_image(tilt: float = 0.0, distance: float = 0.7) -> DepthImage:
    """Render a 640x480 image of a full bin by a camera with focal length 525 px.

    Args:
        tilt: Angle of the camera from straight down, radians.
        distance: Distance from the camera to the floor of the bin, metres.
    """
    rng = np.random.default_rng(_SEED)
    ranges = SceneRange(single=0.0, heap=(15, 20), binned=1.0)
    scene = random_scene(objects_of(GenerationConfig(), Split.TEST), ranges, rng)
    camera = CameraIntrinsics(640, 480, 525.0, 525.0, 319.5, 239.5)
    axis = tilted_down(tilt, 0.0)
    view = render(scene, camera, look_along(-distance * axis, axis))
    return DepthImage(measure(view.depth, camera.fx, NoiseSettings(), rng, strength=0.05), camera)


def time_planners(
    planners: Mapping[str, Planner], image: DepthImage, rounds: int
) -> dict[str, list[StageTimes]]:
    """Plan on one image with all planners in turn; return the times after the warm-up rounds."""
    seen = of_image(image.depth, image.camera)
    times: dict[str, list[StageTimes]] = {name: [] for name in planners}
    for _ in range(rounds + _WARM_UP):
        for name, planner in planners.items():
            times[name].append(planner.plan(seen).times)
    return {name: rows[_WARM_UP:] for name, rows in times.items()}


def stage_table(times: Mapping[str, Sequence[StageTimes]]) -> str:
    """Return a Markdown table: median and 95th percentile of every stage and of the total.

    Args:
        times: Times of every round, keyed by planner.
    """
    head = [text for name in times for text in (f'{name}: median ms', '95 % ms')]
    stages = dict.fromkeys(stage for each in times.values() for t in each for stage in t)
    rows = [
        _row(stage, ([t.get(stage, 0.0) for t in each] for each in times.values()))
        for stage in stages
    ]
    rows.append(_row('total', ([t.total_ms for t in each] for each in times.values())))
    return markdown_table(['stage', *head], rows)


def _row(stage: str, columns: Iterable[list[float]]) -> list[str]:
    values = np.concatenate([np.percentile(column, (50, 95)) for column in columns])
    return [stage, *(f'{value:.1f}' for value in values)]
