"""Node of a simulated depth camera over a heap of test objects, unseen in training."""

from __future__ import annotations

from itertools import count, islice

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.simulation.objects.grasp_object import Split
from dexnet_core.simulation.objects.procedural import procedural_object
from dexnet_core.simulation.scenes.noise import measure, NoiseSettings
from dexnet_core.simulation.scenes.rendered_view import (
    look_along,
    render,
    RenderedView,
    tilted_down,
)
from dexnet_core.simulation.scenes.scene import Bin
from dexnet_core.simulation.scenes.settling import settle
from dexnet_ros.depth_camera import DepthCamera
from dexnet_ros.parameters import declare_fixed, refuse_unknown
from dexnet_ros.running import run
import numpy as np
from numpy.typing import NDArray

_NAME = 'simulated_camera'
_CAMERA = CameraIntrinsics(640, 480, 600.0, 600.0, 319.5, 239.5)
_BIN = Bin(length=0.42, width=0.3, height=0.1)
_AIM = np.array([0.0, 0.0, 0.03])
_DISTANCE = 0.73
_MOST_TILT = 1.2
_NOISE = NoiseSettings(gamma_shape=1e6)
"""Without random scale errors, because the scale of one camera is constant between images."""


class SimulatedCamera(DepthCamera):
    """A depth camera over a heap settled by a physics simulation, with new noise in each image.

    The topics are those of DepthCamera.
    Parameters, read only, in addition to those of DepthCamera:
        seed: seed of the objects, their poses and the noise.
        objects: number of objects.
        bin: whether the objects are in a bin; false = on a table.
        tilt: angle in radians between the optical axis and straight down.
        noise: strength of the sensor noise, from 0 to 1; 1 = strongest noise of the training.
    """

    def __init__(self) -> None:
        """Settle the objects and begin to publish.

        Raises:
            ValueError: A parameter is invalid.
        """
        super().__init__(_NAME)
        seed = declare_fixed(self, 'seed', 0, 'Seed of objects, poses and noise.')
        objects = declare_fixed(self, 'objects', 12, 'Number of objects.', 100)
        into_bin = declare_fixed(
            self, 'bin', True, 'Whether objects lie in a bin; false = on a table.'
        )
        tilt = declare_fixed(
            self, 'tilt', 0.12, 'Angle in radians between optical axis and gravity.'
        )
        noise = declare_fixed(self, 'noise', 0.2, 'Strength of the sensor noise, 0 to 1.')
        refuse_unknown(self)
        if not 0 <= noise <= 1:
            raise ValueError(f'noise is {noise}, expected 0 to 1')
        if not 0 <= tilt <= _MOST_TILT:
            raise ValueError(f'tilt is {tilt}, expected 0 to {_MOST_TILT}')
        self._rng = np.random.default_rng(seed)
        self._noise = noise
        self._view = _settled_view(objects, self._rng, _BIN if into_bin else None, tilt)
        self.start(_CAMERA, self._measure)
        self.get_logger().info(f'{objects} objects settled, publishing')

    def _measure(self) -> NDArray[np.float32]:
        return measure(self._view.depth, _CAMERA.fx, _NOISE, self._rng, self._noise)


def main() -> int:
    """Publish until a stop signal; return the exit status."""
    return run(_NAME, SimulatedCamera)


def _settled_view(
    objects: int, rng: np.random.Generator, into: Bin | None, tilt: float
) -> RenderedView:
    first = int(rng.integers(10_000))
    unseen = (thing for k in count(first) if (thing := procedural_object(k)).split is Split.TEST)
    scene = settle(list(islice(unseen, objects)), rng, into)
    axis = tilted_down(tilt, np.pi / 2)
    return render(scene, _CAMERA, look_along(_AIM - _DISTANCE * axis, axis))
