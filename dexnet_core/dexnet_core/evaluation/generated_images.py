"""Depth images of generated scenes with the noise of a typical stereo camera."""

from __future__ import annotations

from collections.abc import Iterator

from dexnet_core.datasets.views.view_generation import GenerationConfig
from dexnet_core.io.files.depth_images import DepthImage
from dexnet_core.simulation.objects.grasp_object import Split
from dexnet_core.simulation.objects.object_source import objects_of
from dexnet_core.simulation.scenes.noise import measure, NoiseSettings
from dexnet_core.simulation.scenes.random_scene import random_scene
from dexnet_core.simulation.scenes.rendered_view import random_camera, render
import numpy as np

_SEED = 9_000_000
"""Seeds of these scenes; they differ from those of training and evaluation."""
_STRENGTH = 0.2
"""Share of the strongest noise: about 1 mm."""


def generated_images(count: int, split: Split) -> Iterator[DepthImage]:
    """Render random scenes with the objects of a split; the scenes are reproducible."""
    config = GenerationConfig()
    objects = objects_of(config, split)
    for index in range(count):
        rng = np.random.default_rng((_SEED, list(Split).index(split), index))
        scene = random_scene(objects, config.scenes, rng)
        view = render(scene, *random_camera(scene, config.views, rng))
        depth = measure(view.depth, view.camera.fx, NoiseSettings(gamma_shape=1e5), rng, _STRENGTH)
        yield DepthImage(depth, view.camera)
