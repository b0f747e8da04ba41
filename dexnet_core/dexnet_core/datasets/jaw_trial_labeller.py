"""Lets a planner place jaws on what a camera measured, and carries the grasps out in physics.

The grasps are those that the planner would choose among on the robot (Satish et al., On-Policy
Dataset Synthesis, RA-L 2019).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
import zlib

from dexnet_core.checks import require_ranges, require_shares
from dexnet_core.datasets.generation import GenerationConfig
from dexnet_core.datasets.jaw_trials import JawTrials, write_trials
from dexnet_core.geometry.camera import deproject
from dexnet_core.geometry.transform import pose_matrix, transform_points
from dexnet_core.grippers.jaw import JawGripper
from dexnet_core.jaw.uncertainty import sample_jaw_perturbations
from dexnet_core.jaw.worth import worth_of_jaws
from dexnet_core.objects.grasp_object import GraspObject
from dexnet_core.perception.height_map import FAR, HeightMap
from dexnet_core.perception.segment import observe, Observed
from dexnet_core.perception.virtual_view import virtual_view, VirtualCamera
from dexnet_core.picking.grippers import JawRange, random_jaw
from dexnet_core.picking.jaw_hand import JawHand
from dexnet_core.picking.outcome import Reason
from dexnet_core.picking.world import PhysicsSettings, World
from dexnet_core.runtime.jaw_placing import jaw_grasp, Placed
from dexnet_core.runtime.jaw_planner import JawPlanner
from dexnet_core.runtime.loading import load_jaw_planner
from dexnet_core.scenes.noise import measure, NoiseSettings
from dexnet_core.scenes.random_scene import SceneRange
from dexnet_core.scenes.scene import Scene
from dexnet_core.scenes.view import random_camera, render, RenderedView, tilted_down, ViewRange
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

_SEEN_ALONG = 0.35
"""Radians from straight down within which a camera's own axis may be the approach."""


@dataclass(frozen=True)
class Approaches:
    """From where grasps are tried.

    Attributes:
        camera: Share of views along the camera's own axis, where that looks nearly down.
        tilted: Share of the other views that do not look straight down.
        tilt: Least and greatest radians of these from straight down.
        up_error: Standard deviation in radians of what is taken for straight down.
        second_camera: Share of virtual views that two cameras saw.
    """

    camera: float = 0.4
    tilted: float = 0.35
    tilt: tuple[float, float] = (0.15, 1.0)
    up_error: float = 0.02
    second_camera: float = 0.15

    def __post_init__(self) -> None:
        require_shares(self, 'camera', 'tilted', 'second_camera')
        require_ranges(self, 'tilt')


@dataclass(frozen=True)
class JawTrialConfig(GenerationConfig):
    """What grasps of a jaw to try.

    Attributes:
        model: ONNX file or folder of the planner that places them; the shipped one without.
        per_view: Grasps of a view at most.
        clearance: Least and greatest that fingers are placed with; metres.
        depth: Least and greatest factor of the depth that is proposed.
        noise: Upper ends of the sensor noise. The published gamma factor is left out: it moves
            the whole scene by centimetres along the optical axis.
        strength: Least and greatest share of that noise, drawn for each view.
        friction: Least and greatest coefficient, drawn for each view.
        position_error: Standard deviation in metres of where the gripper goes.
        rotation_error: Standard deviation in radians of how it is turned.
        grippers: What jaws to draw.
        approaches: From where grasps come.
    """

    objects: int = 3000
    train_scenes: int = 6000
    val_scenes: int = 300
    model: Path | None = None
    per_view: int = 20
    clearance: tuple[float, float] = (0.001, 0.006)
    depth: tuple[float, float] = (0.6, 1.3)
    noise: NoiseSettings = field(default_factory=lambda: NoiseSettings(gamma_shape=1e5))
    strength: tuple[float, float] = (0.0, 0.5)
    friction: tuple[float, float] = (0.35, 0.9)
    position_error: float = 0.001
    rotation_error: float = 0.01
    scenes: SceneRange = field(
        default_factory=lambda: SceneRange(single=0.2, packed=0.3, heap=(2, 12), binned=0.5)
    )
    views: ViewRange = field(default_factory=lambda: ViewRange(oblique=0.6))
    grippers: JawRange = field(default_factory=JawRange)
    approaches: Approaches = field(default_factory=Approaches)


class _Seen(NamedTuple):
    """A view that grasps are planned on, and where it is."""

    observed: Observed
    T_world_view: NDArray[np.float64]


@dataclass(frozen=True)
class JawTrialLabeller:
    """Lets a planner place jaws on noisy views, and carries them out in physics."""

    config: JawTrialConfig

    def prepare(self, root: Path, thing: GraspObject) -> None:
        """Nothing is known of an object before it lies in a scene."""

    def write(self, root: Path, path: Path, scene: Scene, view: RenderedView) -> None:
        """Write the trials of a view; without any where no grasp could be placed."""
        place = zlib.crc32(str(path.relative_to(root)).encode())
        rng = np.random.default_rng((self.config.seed, place))
        gripper = random_jaw(self.config.grippers, rng)
        seen = self._seen(scene, view, rng)
        placed, heights = self._placed(seen, gripper, rng)
        down = seen.T_world_view[:3, :3].T @ [0.0, 0.0, -1.0]
        poses = [
            seen.T_world_view @ jaw_grasp(seen.observed.camera, placed, k, gripper).T_camera_grasp
            for k in range(len(placed.scores))
        ]
        T_world_grasps = np.reshape(poses, (-1, 4, 4))
        outcomes = self._tried(scene, T_world_grasps, placed.openings, gripper, rng)
        samples = sample_jaw_perturbations(self.config.perturbations, self.config.seed)
        worth = worth_of_jaws(scene, T_world_grasps, placed.openings, gripper, samples)
        write_trials(path, JawTrials(heights, placed, down, gripper, outcomes, worth))

    def _seen(self, scene: Scene, view: RenderedView, rng: np.random.Generator) -> _Seen:
        """Return what is planned on: the noisy image itself, or a virtual view from elsewhere."""
        config, approaches = self.config, self.config.approaches
        observed = self._measured(view, rng)
        steep = view.T_world_camera[2, 2] < -np.cos(_SEEN_ALONG)
        if not observed.objects.any() or (steep and rng.random() < approaches.camera):
            return _Seen(observed, view.T_world_camera)
        tilted = rng.random() < approaches.tilted
        tilt = rng.uniform(*approaches.tilt) if tilted else abs(rng.normal(0, approaches.up_error))
        direction = tilted_down(tilt, rng.uniform(0, 2 * np.pi))
        parts = [_points_of(observed, view.T_world_camera)]
        if rng.random() < approaches.second_camera:
            other = render(scene, *random_camera(scene, config.views, rng))
            points, objects = _points_of(self._measured(other, rng), other.T_world_camera)
            parts.append((points + rng.normal(0, config.position_error, 3), objects))
        points, objects = map(np.concatenate, zip(*parts, strict=True))
        spacing = float(np.median(observed.depth[observed.objects])) / view.camera.fx
        taken = VirtualCamera(distance=rng.uniform(0.5, 1.2))
        seen = virtual_view(points, objects, direction, taken, spacing)
        return _Seen(Observed(seen.depth, seen.objects, seen.camera), seen.T_frame_view)

    def _measured(self, view: RenderedView, rng: np.random.Generator) -> Observed:
        strength = float(rng.uniform(*self.config.strength))
        depth = measure(view.depth, view.camera.fx, self.config.noise, rng, strength)
        settings = _planner(self.config.model).settings
        return observe(depth, view.camera, None, settings.support_height)

    def _placed(
        self, seen: _Seen, gripper: JawGripper, rng: np.random.Generator
    ) -> tuple[Placed, HeightMap]:
        """Return the jaws to try, and the height map that they were placed on."""
        config = self.config
        planner = _planner(config.model).with_gripper(gripper)
        closings = planner.propose(seen.observed) if seen.observed.objects.any() else None
        if closings is None or not len(closings.scores):
            return _no_jaws(), HeightMap(np.full((1, 1), FAR, np.float32), (0.0, 0.0), 0.002)
        count = len(closings.scores)
        turned = closings.turned(rng.integers(-1, 2, count) * planner.cells.half_step)
        offsets = turned.offsets * rng.uniform(*config.depth, count)
        heights = planner.heights(seen.observed, closings)
        clearance = float(rng.uniform(*config.clearance)) * planner.scale
        placed = planner.place(heights, turned._replace(offsets=offsets), clearance)
        return self._some(planner, heights, placed, rng), heights

    def _some(
        self, planner: JawPlanner, heights: HeightMap, placed: Placed, rng: np.random.Generator
    ) -> Placed:
        """Return at most that many jaws: those that the planner likes best, and random ones."""
        number, most = len(placed.scores), self.config.per_view
        if number <= most:
            return placed
        liked = np.argsort(-planner.evaluate(heights, placed), kind='stable')[: most // 2]
        others = np.setdiff1d(np.arange(number), liked)
        return placed.take(np.append(liked, rng.choice(others, most - len(liked), replace=False)))

    def _tried(
        self,
        scene: Scene,
        T_world_grasps: NDArray[np.float64],
        openings: NDArray[np.floating],
        gripper: JawGripper,
        rng: np.random.Generator,
    ) -> NDArray[np.uint8]:
        """Return (n,) what became of grasps, each tried in the scene as it rests."""
        config = self.config
        hand = JawHand(gripper, friction=float(rng.uniform(*config.friction)))
        world = World(scene, hand.add_to, PhysicsSettings(float(rng.uniform(*config.friction))))
        world.settle()
        outcomes = np.zeros(len(openings), np.uint8)
        for k, (T, opening) in enumerate(zip(T_world_grasps, openings, strict=True)):
            world.reset()
            missed = T @ _small_motion(config.position_error, config.rotation_error, rng)
            outcomes[k] = list(Reason).index(hand.pick(world, missed, float(opening)).reason)
        return outcomes


def _points_of(
    observed: Observed, T_world_camera: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the measured points (n, 3) in the world, and which are of objects."""
    seen = observed.depth > 0
    points = deproject(observed.depth, observed.camera)[seen]
    return transform_points(T_world_camera, points), observed.objects[seen]


def _small_motion(
    position: float, rotation: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    turn = Rotation.from_rotvec(rng.normal(0, rotation, 3)).as_matrix()
    return pose_matrix(rng.normal(0, position, 3), turn)


@lru_cache(maxsize=1)
def _planner(model: Path | None) -> JawPlanner:
    return load_jaw_planner(model, threads=1)


def _no_jaws() -> Placed:
    none = np.zeros(0)
    return Placed(np.zeros((0, 3)), none, none, none, none, none)
