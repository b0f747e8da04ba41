"""The public clutter-removal simulation, driven from a checkout of Edge-Grasp-Network."""

from __future__ import annotations

import os
from pathlib import Path
import sys
from typing import Any

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.transform import invert, pose_matrix
import numpy as np
from numpy.typing import NDArray

SCENES = ('packed', 'pile')
CAMERAS = ('oblique', 'top', 'dex')
OBJECTS = 5
MAX_OPENING = 0.08

_TABLE = 0.05
_MIDDLE = np.array([0.15, 0.15, _TABLE])
_AIM, _SIDE_AIM = np.array([0.15, 0.15, 0.25]), np.array([0.15, 0.15, 0.10])
_FAR = 1.95
_FIRST_SEED = 1000
_TIPS_AHEAD = 0.07225
"""Metres from the body frame of the hand, its centre of mass, to the fingertips."""
_T_GRASP_HAND = pose_matrix([0, 0, -_TIPS_AHEAD], np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1.0]]))
"""The hand closes along its y axis, a grasp along x."""
_HALF_PIXEL = (0.5, 1.5)
"""Principal point of the renderer's pixels less that of its intrinsics, as a box shows it."""


class ClutterSimulation:
    """One scene at a time, and one hand in it."""

    def __init__(self, checkout: Path, scene: str) -> None:
        """Start the simulation.

        Args:
            checkout: Of Edge-Grasp-Network.
            scene: One of SCENES.

        Raises:
            FileNotFoundError: The checkout has no simulation.
        """
        folder = checkout.resolve() / 'simulator'
        if not (folder / 'simulation_clutter_bandit.py').is_file():
            raise FileNotFoundError(f'{checkout} is no checkout of Edge-Grasp-Network')
        sys.path[:0] = [str(folder.parent), str(folder)]
        os.chdir(folder.parent)  # it reads its objects from there
        import grasp
        import perception
        import pybullet
        import simulation_clutter_bandit
        import transform

        self._peer: Any = transform
        self._grasp, self._on_sphere = grasp.Grasp, perception.camera_on_sphere
        self._renderer = pybullet.ER_TINY_RENDERER
        self._sim = simulation_clutter_bandit.ClutterRemovalSim(
            scene, f'{scene}/test', gui=False, rand=True
        )
        self._sim.object_urdfs = sorted(self._sim.object_urdfs)
        self._open_as_planned()
        inner = self._sim.camera.intrinsic
        self.camera = CameraIntrinsics(
            inner.width,
            inner.height,
            inner.fx,
            inner.fy,
            inner.cx - _HALF_PIXEL[0],
            inner.cy - _HALF_PIXEL[1],
        )

    @property
    def left(self) -> int:
        """Objects on the table."""
        return int(self._sim.num_objects)

    def height(self, T_world_camera: NDArray[np.float64]) -> float:
        """Return the metres from a camera down to the table."""
        return float(T_world_camera[2, 3] - _TABLE)

    def reset(self, number: int) -> None:
        """Make the scene of a round; the same for every planner."""
        seed = _FIRST_SEED + number
        np.random.seed(seed)  # noqa: NPY002 - what the simulation draws from
        self._sim.rng = np.random.RandomState(seed)
        self._sim.reset(OBJECTS)

    def camera_pose(self, name: str, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return T_world_camera (4, 4) of one of CAMERAS."""
        if name == 'top':
            return pose_matrix(_MIDDLE + np.array([0, 0, 0.5]), np.diag([1.0, -1.0, -1.0]))
        size = self._sim.size
        place = (2 * size, np.pi / 3, -np.pi / 2)
        aim = _SIDE_AIM
        if name == 'oblique':
            place = (
                rng.uniform(2, 2.5) * size,
                rng.uniform(np.pi / 4, np.pi / 3),
                rng.uniform(0, np.pi),
            )
            aim = _AIM
        origin = self._peer.Transform(self._peer.Rotation.identity(), aim)
        return invert(self._on_sphere(origin, *place).as_matrix())

    def depth(self, T_world_camera: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return (H, W) metres without noise; 0 where nothing is."""
        camera = self._sim.camera
        view = invert(T_world_camera)
        view[2] *= -1
        image = self._sim.world.p.getCameraImage(
            self.camera.width,
            self.camera.height,
            viewMatrix=view.ravel(order='F').tolist(),
            projectionMatrix=camera.proj_matrix.ravel(order='F').tolist(),
            shadow=0,
            renderer=self._renderer,
        )
        buffer = np.asarray(image[3], float).reshape(self.camera.shape)
        near, far = camera.near, camera.far
        depth = far * near / (far - (far - near) * buffer)
        return np.where(depth < _FAR, depth, 0).astype(np.float32)

    def pick(self, T_world_grasp: NDArray[np.float64], opening: float) -> bool:
        """Carry a grasp out as the benchmark does; return whether something is held.

        What is held is taken off the table.

        Args:
            T_world_grasp: (4, 4) between the fingertips, x closing, z approach.
            opening: Metres between the fingers on the way.
        """
        self._opening = min(opening, MAX_OPENING)
        pose = self._peer.Transform.from_matrix(T_world_grasp @ _T_GRASP_HAND)
        label, *_ = self._sim.execute_grasp_quick(
            self._grasp(pose, opening), allow_contact=True, remove=True
        )
        return bool(label)

    def _open_as_planned(self) -> None:
        """Let the hand come opened as the grasp says, and not always fully."""
        self._opening = MAX_OPENING
        hand = self._sim.gripper
        reset = hand.reset
        hand.reset = lambda T_world_tcp, **_: reset(T_world_tcp, opening_width=self._opening)
