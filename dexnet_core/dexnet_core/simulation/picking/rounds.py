"""Picking rounds: plan, execute, remove the picked object, and plan again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
import time
from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics, deproject
from dexnet_core.planning.grasp import Grasp, GraspPlan
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.gripper_files import Gripper
from dexnet_core.planning.observation import of_image
from dexnet_core.planning.planners.failed_places import FailureMemory
from dexnet_core.planning.planners.planner import Planner
from dexnet_core.simulation.objects.grasp_object import GraspObject
from dexnet_core.simulation.picking.cup_hand import CupHand
from dexnet_core.simulation.picking.jaw_hand import JawHand
from dexnet_core.simulation.picking.outcome import Outcome
from dexnet_core.simulation.picking.pick_config import KINDS, PickConfig, VIEWS
from dexnet_core.simulation.picking.pose_error import with_pose_error
from dexnet_core.simulation.picking.world import PhysicsSettings, World
from dexnet_core.simulation.scenes.bodies import mass_of
from dexnet_core.simulation.scenes.noise import measure
from dexnet_core.simulation.scenes.packing import pack
from dexnet_core.simulation.scenes.rendered_view import look_along, render, tilted_down
from dexnet_core.simulation.scenes.scene import Bin, Scene
from dexnet_core.simulation.scenes.settling import settle
from dexnet_core.simulation.scenes.stereo import measure_stereo, StereoSettings
import numpy as np
from numpy.typing import NDArray

_SEED = 6_000_000
_BIN = Bin(length=0.4, width=0.3, height=0.12)
_MOST_ATTEMPTS = 3
"""Maximum number of attempts of a round, per object."""

CLEARED, NOTHING_FOUND, FAILED = 'cleared', 'nothing found', 'failures in a row'
"""Reasons for the end of a round."""


@dataclass(frozen=True)
class Attempt:
    """One executed grasp.

    Attributes:
        score: Score of the planner.
        success: Whether an object was lifted and held.
        reason: Value of `Reason`.
        planning_ms: Planning time in milliseconds.
        left: Number of objects in the scene before the grasp.
        tilt: Angle between the approach and straight down in radians.
    """

    score: float
    success: bool
    reason: str
    planning_ms: float
    left: int
    tilt: float


@dataclass(frozen=True)
class Round:
    """All attempts of one planner in one scene.

    Attributes:
        planner: Name of the planner.
        kind: Kind of the scene.
        number: Number of the round.
        objects: Number of objects at the start.
        removed: Number of picked objects.
        end: CLEARED, NOTHING_FOUND or FAILED.
        attempts: Attempts in order.
    """

    planner: str
    kind: str
    number: int
    objects: int
    removed: int
    end: str
    attempts: tuple[Attempt, ...]


class AttemptRecord(NamedTuple):
    """Inputs and outcome of an attempt, for observers.

    Attributes:
        planner: Name of the planner.
        kind: Kind of the scene.
        number: Number of the round.
        attempt: Number of the attempt in the round, from 0.
        scene: Scene before the attempt.
        depth: (H, W) depth input of the planner in metres.
        camera: Intrinsics.
        plan: The plan.
        T_world_camera: (4, 4) pose of the optical frame.
        outcome: Outcome of the first grasp of the plan.
    """

    planner: str
    kind: str
    number: int
    attempt: int
    scene: Scene
    depth: NDArray[np.float32]
    camera: CameraIntrinsics
    plan: GraspPlan
    T_world_camera: NDArray[np.float64]
    outcome: Outcome


Watch = Callable[[AttemptRecord], None]


class Picker:
    """Runs several planners in the same scenes."""

    def __init__(
        self, config: PickConfig, objects: Sequence[GraspObject], gripper: Gripper
    ) -> None:
        self._config = config
        self._objects = objects
        self._hand = (
            CupHand(gripper)
            if isinstance(gripper, SuctionCup)
            else JawHand(gripper, friction=config.friction)
        )

    def run(
        self,
        planners: Mapping[str, Planner],
        kind: str,
        number: int,
        watch: Watch | None = None,
        film: Callable[[World], None] | None = None,
    ) -> list[Round]:
        """Run one round of each planner in the scene given by kind and number.

        Args:
            planners: Planners by name.
            kind: One of KINDS.
            number: Number of the round; it determines the scene.
            watch: Called after each attempt.
            film: Called after each time slice of the physics.
        """
        rng = np.random.default_rng((_SEED, self._config.seed, KINDS.index(kind), number))
        scene = self._scene(kind, rng)
        T_world_camera = self._camera(scene, rng)
        seed = int(rng.integers(2**31))
        return [
            _RoundRunner(self._config, self._hand, scene, T_world_camera, seed, film).run(
                planner, name, (kind, number), watch
            )
            for name, planner in planners.items()
        ]

    def _scene(self, kind: str, rng: np.random.Generator) -> Scene:
        """Return a scene with at least one object."""
        while True:
            count = 1 if kind == 'single' else rng.integers(*self._config.heap, endpoint=True)
            things = [self._objects[k] for k in rng.choice(len(self._objects), count)]
            if kind == 'packed':
                scene = pack(things, rng)
            else:
                scene = settle(things, rng, _BIN if kind == 'bin' else None)
            if scene.objects:
                return scene

    def _camera(self, scene: Scene, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return the pose (4, 4) of a camera that looks at the centre of the objects."""
        config = self._config
        tilt = config.tilt or VIEWS[config.view]
        axis = tilted_down(rng.uniform(*tilt), rng.uniform(0, 2 * np.pi))
        middle = np.mean([item.T_world_object[:3, 3] for item in scene.objects], axis=0)
        position = middle - rng.uniform(*config.distance) * axis
        return look_along(position, axis, rng.uniform(0, 2 * np.pi))


class _RoundRunner:
    """Runs the round of one planner in one scene."""

    def __init__(
        self,
        config: PickConfig,
        hand: CupHand | JawHand,
        scene: Scene,
        T_world_camera: NDArray[np.float64],
        seed: int,
        film: Callable[[World], None] | None,
    ) -> None:
        self._config, self._hand = config, hand
        self._T_world_camera = T_world_camera
        self._rng = np.random.default_rng(seed)
        mass: tuple[float, ...] = ()
        if isinstance(hand, CupHand):
            mass = tuple(min(mass_of(item.object), hand.payload) for item in scene.objects)
        self._world = World(scene, hand.add_to, PhysicsSettings(config.friction, mass))
        self._world.settle()
        self._world.watch = film
        self._memory = FailureMemory()

    def run(
        self, planner: Planner, name: str, where: tuple[str, int], watch: Watch | None
    ) -> Round:
        total = len(self._world.present)
        attempts: list[Attempt] = []
        failures, end = 0, CLEARED
        while self._world.present:
            if failures == self._config.failures or len(attempts) == _MOST_ATTEMPTS * total:
                end = FAILED
                break
            scene = self._world.scene()
            depth = self._seen(scene)
            plan, ms = self._plan(planner, depth)
            if not plan.grasps:
                end = NOTHING_FOUND
                break
            outcome = self._carry_out(plan.grasps[0])
            attempts.append(self._attempt(plan.grasps[0], outcome, ms, len(scene.objects)))
            failures = 0 if outcome.success else failures + 1
            if watch:
                here = (name, *where, len(attempts) - 1)
                seen = depth, self._config.camera
                watch(AttemptRecord(*here, scene, *seen, plan, self._T_world_camera, outcome))
        removed = sum(attempt.success for attempt in attempts)
        return Round(name, *where, total, removed, end, tuple(attempts))

    def _seen(self, scene: Scene) -> NDArray[np.float32]:
        config = self._config
        view = render(scene, config.camera, self._T_world_camera)
        if config.stereo:
            return measure_stereo(scene, view, StereoSettings(), self._rng)
        return measure(view.depth, config.camera.fx, config.noise, self._rng, config.strength)

    def _plan(self, planner: Planner, depth: NDArray[np.float32]) -> tuple[GraspPlan, float]:
        """Return the plan and the planning time in milliseconds."""
        up = self._T_world_camera[:3, :3].T @ [0.0, 0.0, 1.0] if self._config.up_known else None
        points = deproject(depth, self._config.camera)[depth > 0]
        avoid = self._memory.places(points)
        began = time.perf_counter()
        plan = planner.plan(of_image(depth, self._config.camera, up=up, avoid=avoid))
        return plan, (time.perf_counter() - began) * 1e3

    def _carry_out(self, grasp: Grasp) -> Outcome:
        """Execute a grasp, remove the held object, and let the others come to rest."""
        config = self._config
        T_world_grasp = with_pose_error(
            self._T_world_camera @ grasp.T_camera_grasp,
            config.position_error,
            config.rotation_error,
            self._rng,
        )
        self._world.reset()
        if isinstance(self._hand, JawHand):
            outcome = self._hand.pick(self._world, T_world_grasp, grasp.width)
        else:
            outcome = self._hand.pick(self._world, T_world_grasp)
        if outcome.held is not None and outcome.success:
            self._world.remove(outcome.held)
        self._hand.retract(self._world)
        self._world.settle()
        for k in self._world.lost():
            self._world.remove(k)
        if not outcome.success:
            depth = self._seen(self._world.scene())
            points = deproject(depth, self._config.camera)[depth > 0]
            self._memory.add(grasp.contacts.mean(axis=0), points)
        return outcome

    def _attempt(self, grasp: Grasp, outcome: Outcome, ms: float, left: int) -> Attempt:
        down = -(self._T_world_camera[:3, :3] @ grasp.approach)[2]
        tilt = float(np.arccos(np.clip(down, -1, 1)))
        return Attempt(grasp.score, outcome.success, outcome.reason.value, ms, left, tilt)
