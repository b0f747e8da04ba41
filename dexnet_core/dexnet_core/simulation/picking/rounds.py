"""Picking rounds: plan, execute, remove the picked object, and plan again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import time

from dexnet_core.geometry.camera import deproject
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
from dexnet_core.simulation.picking.round_records import (
    Attempt,
    AttemptRecord,
    CLEARED,
    FAILED,
    GAVE_UP,
    NOTHING_FOUND,
    Round,
)
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
"""First number of the seeds, so that the scenes differ from those of data sets of equal seed."""
_BIN = Bin(length=0.4, width=0.3, height=0.12)
_ATTEMPTS_PER_OBJECT = 3
"""Maximum number of attempts of a round, per object."""

Watch = Callable[[AttemptRecord], None]


class Picker:
    """Runs each planner in the same scene, from its start."""

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
            film: Called after each call of `World.run`.
        """
        rng = np.random.default_rng((_SEED, self._config.seed, KINDS.index(kind), number))
        scene = self._scene(kind, rng)
        T_world_camera = self._camera(scene, rng)
        seed = int(rng.integers(2**31))
        return [
            _RoundRunner(self._config, self._hand, scene, T_world_camera, seed, film).run(
                planner, name, kind, number, watch
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
        self._seed = seed
        # A cup cannot hold an object that exceeds its payload, wherever it is grasped.
        mass: tuple[float, ...] = ()
        if isinstance(hand, CupHand):
            mass = tuple(min(mass_of(item.object), hand.payload) for item in scene.objects)
        self._world = World(scene, hand.add_to, PhysicsSettings(config.friction, mass))
        self._world.settle()
        self._world.watch = film
        self._memory = FailureMemory()

    def run(
        self, planner: Planner, name: str, kind: str, number: int, watch: Watch | None
    ) -> Round:
        """Run the round.

        The random numbers of an attempt depend only on the scene and the attempt's number, so
        that one failure does not change the later noise of a planner.
        """
        total = len(self._world.present)
        attempts: list[Attempt] = []
        while not (end := self._end(attempts, total)):
            self._seed_attempt(len(attempts))
            scene = self._world.scene()
            depth = self._measure(scene, self._input_rng)
            plan, ms = self._plan(planner, depth)
            if not plan.grasps:
                end = NOTHING_FOUND
                break
            outcome = self._carry_out(plan.grasps[0])
            if watch:
                record = AttemptRecord(
                    planner=name,
                    kind=kind,
                    number=number,
                    attempt=len(attempts),
                    scene=scene,
                    depth=depth,
                    camera=self._config.camera,
                    plan=plan,
                    T_world_camera=self._T_world_camera,
                    outcome=outcome,
                )
                watch(record)
            attempts.append(self._attempt(plan.grasps[0], outcome, ms, len(scene.objects)))
        picked = sum(attempt.success for attempt in attempts)
        return Round(name, kind, number, total, picked, end, tuple(attempts))

    def _seed_attempt(self, attempt: int) -> None:
        """Set the generators of the input, of the pose error and of the view after a failure."""
        self._input_rng, self._pose_rng, self._after_rng = (
            np.random.default_rng((self._seed, attempt, use)) for use in range(3)
        )

    def _end(self, attempts: Sequence[Attempt], total: int) -> str:
        """Return why the round ends before another attempt; empty if it does not.

        Args:
            attempts: Attempts so far.
            total: Number of objects at the start.
        """
        if not self._world.present:
            return CLEARED
        last = attempts[-self._config.failures :]
        if len(last) == self._config.failures and not any(attempt.success for attempt in last):
            return FAILED
        most = self._config.attempts or _ATTEMPTS_PER_OBJECT * total
        return GAVE_UP if len(attempts) == most else ''

    def _measure(self, scene: Scene, rng: np.random.Generator) -> NDArray[np.float32]:
        """Return a noisy depth image (H, W) of a scene in metres; 0 where nothing was measured."""
        config = self._config
        view = render(scene, config.camera, self._T_world_camera)
        if config.stereo:
            return measure_stereo(scene, view, StereoSettings(), rng)
        return measure(view.depth, config.camera.fx, config.noise, rng, config.strength)

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
            self._pose_rng,
        )
        self._world.reset()  # back to the poses after the last settle
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
            depth = self._measure(self._world.scene(), self._after_rng)
            points = deproject(depth, self._config.camera)[depth > 0]
            self._memory.add(grasp.contacts.mean(axis=0), points)
        return outcome

    def _attempt(self, grasp: Grasp, outcome: Outcome, ms: float, objects_before: int) -> Attempt:
        cos_tilt = -(self._T_world_camera[:3, :3] @ grasp.approach)[2]
        return Attempt(
            score=grasp.score,
            success=outcome.success,
            reason=outcome.reason.value,
            planning_ms=ms,
            objects_before=objects_before,
            tilt=float(np.arccos(np.clip(cos_tilt, -1, 1))),
        )
