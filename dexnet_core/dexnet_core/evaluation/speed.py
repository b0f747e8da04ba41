"""How fast a planner is, stage by stage, on rendered bins."""

from __future__ import annotations

from dexnet_core.datasets.generation import GenerationConfig, objects_of
from dexnet_core.files.images import DepthImage
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.grasp import StageTimes
from dexnet_core.objects.grasp_object import Split
from dexnet_core.observation import of_image
from dexnet_core.runtime.planner import Planner
from dexnet_core.scenes.noise import measure, NoiseSettings
from dexnet_core.scenes.random_scene import random_scene, SceneRange
from dexnet_core.scenes.view import look_along, render
import numpy as np

_WARM_UP = 5
_SEED = (8_000_000, 0)


def bench_image() -> DepthImage:
    """Render a 640x480 image of a full bin, 0.7 m below a camera with focal length 525 px."""
    rng = np.random.default_rng(_SEED)
    ranges = SceneRange(single=0.0, heap=(15, 20), binned=1.0)
    scene = random_scene(objects_of(GenerationConfig(), Split.TEST), ranges, rng)
    camera = CameraIntrinsics(640, 480, 525.0, 525.0, 319.5, 239.5)
    view = render(scene, camera, look_along(np.array([0, 0, 0.7]), np.array([0, 0, -1.0])))
    return DepthImage(measure(view.depth, camera.fx, NoiseSettings(), rng, strength=0.05), camera)


def time_planner(planner: Planner, image: DepthImage, rounds: int) -> list[StageTimes]:
    """Plan again and again on one image; return the times of every round after a warm-up."""
    seen = of_image(image.depth, image.camera)
    times = [planner.plan(seen).times for _ in range(rounds + _WARM_UP)]
    return times[_WARM_UP:]


def stage_table(times: list[StageTimes]) -> str:
    """Return Markdown with the median and 95th percentile of every stage and of the sum."""
    rows = ['| stage | median ms | 95 % ms |', '|---|---|---|']
    names = list(dict.fromkeys(name for t in times for name in t))
    columns = {name: [t.get(name, 0.0) for t in times] for name in names}
    columns['total'] = [t.total_ms for t in times]
    for name, values in columns.items():
        median, high = np.percentile(values, (50, 95))
        rows.append(f'| {name} | {median:.1f} | {high:.1f} |')
    return '\n'.join(rows)
