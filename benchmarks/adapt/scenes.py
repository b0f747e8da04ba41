"""Simulated cells: scenes, what a camera sees of them, and grippers with a fault."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.grasp import Grasp
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.gripper_files import Gripper
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.observation import Observation, of_image
from dexnet_core.simulation.objects.grasp_object import GraspObject, Split
from dexnet_core.simulation.objects.procedural import procedural_object
from dexnet_core.simulation.picking.cup_hand import CupHand
from dexnet_core.simulation.picking.jaw_hand import JawHand
from dexnet_core.simulation.picking.pick_config import PickConfig
from dexnet_core.simulation.picking.pose_error import with_pose_error
from dexnet_core.simulation.picking.world import PhysicsSettings, World
from dexnet_core.simulation.scenes.bodies import mass_of
from dexnet_core.simulation.scenes.noise import measure
from dexnet_core.simulation.scenes.rendered_view import look_along, render, tilted_down
from dexnet_core.simulation.scenes.scene import Bin, Scene
from dexnet_core.simulation.scenes.settling import settle
import numpy as np
from numpy.typing import NDArray

CAMERA = CameraIntrinsics(640, 480, 600.0, 600.0, 319.5, 239.5)
_OBJECTS = 900
_HEAP = (5, 12)
_DISTANCE, _TILT = (0.55, 0.8), (0.0, 0.15)
_BIN = Bin(length=0.4, width=0.3, height=0.12)


@dataclass(frozen=True)
class Fault:
    """A gripper as its description has it, and as it is.

    Attributes:
        planner: Name of the planner.
        described: What the planner is told.
        real: What picks.
    """

    planner: str
    described: Gripper
    real: Gripper


FAULTS = {
    'jaw_4mm': Fault('jaw', JawGripper(), JawGripper(offset_x=0.004)),
    'jaw_8mm': Fault('jaw', JawGripper(), JawGripper(offset_x=0.008)),
    'cup_stiff': Fault('suction', SuctionCup(), SuctionCup(travel=0.001)),
    'cup_weak': Fault('suction', SuctionCup(), SuctionCup(vacuum=30_000.0)),
}
"""By name: jaws that are mounted beside, a cup with half its travel, one with half its vacuum."""


class Cell:
    """A scene with the hands that may pick in it."""

    def __init__(self, seed: tuple[int, ...], split: Split, described: Gripper) -> None:
        """Let objects of a split come to rest; every second scene is in a bin.

        Args:
            seed: Decides all that is random.
            split: Of the objects.
            described: Gripper whose payload bounds what objects weigh.
        """
        self._rng, self._described = np.random.default_rng(seed), described
        self._config = PickConfig()
        self._world = self._made(self._scene(split, seed[-1]), described)
        self._world.settle()
        self._T_world_camera = self._camera()
        self.misses = int(self._rng.integers(2**31))

    def _scene(self, split: Split, number: int) -> Scene:
        things = objects_of(split)
        while True:
            chosen = self._rng.choice(len(things), self._rng.integers(*_HEAP, endpoint=True))
            scene = settle([things[k] for k in chosen], self._rng, _BIN if number % 2 else None)
            if scene.objects:
                return scene

    def _made(self, scene: Scene, gripper: Gripper) -> World:
        mass = ()
        if isinstance(gripper, SuctionCup):
            payload = CupHand(self._described).payload
            mass = tuple(min(mass_of(item.object), payload) for item in scene.objects)
        return World(scene, _hand(gripper).add_to, PhysicsSettings(self._config.friction, mass))

    def _camera(self) -> NDArray[np.float64]:
        rng = self._rng
        axis = tilted_down(rng.uniform(*_TILT), rng.uniform(0, 2 * np.pi))
        items = self._world.scene().objects
        middle = np.mean([item.T_world_object[:3, 3] for item in items], axis=0)
        return look_along(middle - rng.uniform(*_DISTANCE) * axis, axis, rng.uniform(0, 2 * np.pi))

    def look(self) -> Observation:
        """Return what the camera sees, with noise; up is known."""
        view = render(self._world.scene(), CAMERA, self._T_world_camera)
        config = self._config
        depth = measure(view.depth, CAMERA.fx, config.noise, self._rng, config.strength)
        return of_image(depth, CAMERA, up=self._T_world_camera[2, :3])

    def attempt(self, grasp: Grasp, real: Gripper, number: int = 0) -> int | None:
        """Return the object that a grasp holds, None for none; the scene stays as it is."""
        rng = np.random.default_rng((self.misses, number))
        config = self._config
        pose = self._T_world_camera @ grasp.T_camera_grasp
        pose = with_pose_error(pose, config.position_error, config.rotation_error, rng)
        hand = _hand(real)
        self._world.reset()
        if isinstance(hand, JawHand):
            outcome = hand.pick(self._world, pose, grasp.width)
            hand.retract(self._world)
            self._world.reset()
            return outcome.held if outcome.success else None
        outcome = hand.pick(self._made(self._world.scene(), real), pose)
        return self._world.present[outcome.held] if outcome.success else None

    def take_out(self, held: int) -> bool:
        """Take an object out and let the rest settle; return whether any is left."""
        self._world.remove(held)
        self._world.settle()
        for k in self._world.lost():
            self._world.remove(k)
        return bool(self._world.present)


def _hand(gripper: Gripper) -> CupHand | JawHand:
    if isinstance(gripper, SuctionCup):
        return CupHand(gripper)
    return JawHand(gripper, friction=PickConfig().friction)


@lru_cache(maxsize=2)
def objects_of(split: Split) -> tuple[GraspObject, ...]:
    """Return the procedural objects of a split."""
    made = (procedural_object(k, 0) for k in range(_OBJECTS))
    return tuple(thing for thing in made if thing.split is split)
