"""Jaws that a planner placed on what a camera measured, and what became of them.

    ROOT/dataset.json                     what the set was made with
    ROOT/views/SPLIT/scene_000012_1.npz   view 1 of scene 12

A file holds the height map that the fingers were placed on, `heights_tenth_mm` (h, w) uint16
with 65535 where nothing is known and 0 for walls, its `corner` (2,) and `step` (), and of each
placed jaw `middles` (n, 3), `angles` (n,), `openings` (n,), the `scores` (n,) that it was
proposed with and its `quality` (n,), the robust epsilon on the exact meshes; metres and radians,
in the optical frame.

The candidates are those that the planner would choose among on the robot, so that its judge
learns to tell apart what it will be asked (Satish et al., On-Policy Dataset Synthesis, RA-L 2019).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
import zlib

from dexnet_core.configuration import read_config
from dexnet_core.contracts.closings import ClosingContract
from dexnet_core.datasets.jaw_labeller import JawGenerationConfig
from dexnet_core.files.atomic import read_arrays, write_arrays
from dexnet_core.jaw.uncertainty import sample_jaw_perturbations
from dexnet_core.jaw.worth import worth_of_jaws
from dexnet_core.objects.grasp_object import GraspObject
from dexnet_core.perception.closing_patch import JawPlaces
from dexnet_core.perception.height_map import FAR, HeightMap
from dexnet_core.perception.segment import observe, Observed
from dexnet_core.runtime.jaw_placing import (
    Closings,
    heights_around,
    jaw_grasp,
    place_fingers,
    Placed,
)
from dexnet_core.runtime.jaw_planner import JawPlanner, LEAST_PROPOSAL
from dexnet_core.runtime.loading import load_jaw_planner
from dexnet_core.runtime.settings import JawSettings
from dexnet_core.scenes.noise import measure, NoiseSettings
from dexnet_core.scenes.scene import Scene
from dexnet_core.scenes.view import RenderedView
import numpy as np
from numpy.typing import NDArray

_TENTH_MM = 1e-4
_UNKNOWN = 65535
_NOWHERE = HeightMap(np.full((1, 1), FAR, np.float32), (0.0, 0.0), 0.002)


class LabelledClosings(NamedTuple):
    """n placed jaws of a view and what they are worth.

    Attributes:
        heights: What the camera measured, seen along the jaws' way.
        jaws: Where they were placed on it.
        scores: (n,) in [0, 1] of the network that proposed them.
        quality: (n,) robust epsilon as a share of an ideal grasp's; 0 where the jaw collides.
    """

    heights: HeightMap
    jaws: JawPlaces
    scores: NDArray[np.float64]
    quality: NDArray[np.float64]


@dataclass(frozen=True)
class ClosingGenerationConfig(JawGenerationConfig):
    """What placed jaws to label.

    Attributes:
        model: ONNX file or folder of the network that proposes them; the shipped one without.
        train_scenes: Scenes of training objects.
        val_scenes: Scenes of validation objects.
        perturbations: Samples that the robust quality is averaged over; a power of two.
        per_view: Jaws of a view at most: a third of them those that the planner likes best, the
            others at random among those that it considers.
        clearance: Least and greatest that fingers are placed with; metres.
        noise: Upper ends of the sensor noise. The published gamma factor is left out as in the
            evaluation: it moves the whole scene by centimetres along the optical axis.
        strength: Least and greatest share of that noise, drawn for each view.
    """

    model: Path | None = None
    train_scenes: int = 2000
    val_scenes: int = 150
    perturbations: int = 32
    per_view: int = 96
    clearance: tuple[float, float] = (0.001, 0.006)
    noise: NoiseSettings = field(default_factory=lambda: NoiseSettings(gamma_shape=1e5))
    strength: tuple[float, float] = (0.0, 0.4)


@dataclass(frozen=True)
class ClosingLabeller:
    """Lets a planner place jaws on noisy views, and closes them on the exact meshes.

    Raises:
        FileNotFoundError: There is no such model.
        ValueError: It is no network of views for a jaw, or for another jaw.
    """

    config: ClosingGenerationConfig

    def __post_init__(self) -> None:
        planner, cells = _planner(self.config.model), self.config.cells
        if planner.cells != cells:
            raise ValueError(f'{planner.model} is for {planner.cells}, expected {cells}')

    def prepare(self, root: Path, thing: GraspObject) -> None:
        """Nothing is known of an object before it lies in a scene."""

    def write(self, root: Path, path: Path, scene: Scene, view: RenderedView) -> None:
        """Write what a planner placed on a noisy view; a file without jaws where it found none."""
        config = self.config
        place = zlib.crc32(str(path.relative_to(root)).encode())
        rng = np.random.default_rng((config.seed, place))
        strength = float(rng.uniform(*config.strength))
        depth = measure(view.depth, view.camera.fx, config.noise, rng, strength)
        support = _planner(config.model).settings.support_height
        observed = observe(depth, view.camera, None, support)
        write_closings(path, self._labelled(scene, view, observed, rng))

    def _labelled(
        self, scene: Scene, view: RenderedView, observed: Observed, rng: np.random.Generator
    ) -> LabelledClosings:
        config, gripper = self.config, self.config.cells.gripper
        closings = _proposed(_planner(config.model), observed)
        if not len(closings.scores):
            return LabelledClosings(_NOWHERE, _no_jaws(), np.zeros(0), np.zeros(0))
        turns = rng.integers(-1, 2, len(closings.scores)) * config.cells.half_step
        closings = closings.turned(turns)
        heights = heights_around(observed, closings.points, gripper)
        clearance = float(rng.uniform(*config.clearance))
        placed = place_fingers(heights, closings, gripper, clearance)
        placed = _some(placed, config.per_view, rng)
        poses = [
            view.T_world_camera @ jaw_grasp(view.camera, placed, k, gripper).T_camera_grasp
            for k in range(len(placed.scores))
        ]
        samples = sample_jaw_perturbations(config.perturbations, config.seed, config.uncertainty)
        worth = worth_of_jaws(
            scene, np.reshape(poses, (-1, 4, 4)), placed.openings, gripper, samples
        )
        return LabelledClosings(heights, placed.jaws, placed.scores, worth)


@lru_cache(maxsize=1)
def _planner(model: Path | None) -> JawPlanner:
    return load_jaw_planner(model, JawSettings(min_score=LEAST_PROPOSAL), threads=1)


def _proposed(planner: JawPlanner, observed: Observed) -> Closings:
    if observed.objects.any():
        return planner.propose(observed)
    return Closings(np.zeros((0, 2)), np.zeros((0, 3)), np.zeros(0), np.zeros(0), np.zeros(0))


def _no_jaws() -> JawPlaces:
    return JawPlaces(np.zeros((0, 3)), np.zeros(0), np.zeros(0))


def _some(placed: Placed, most: int, rng: np.random.Generator) -> Placed:
    """Return at most that many of the placed jaws, which come best first."""
    number, best = len(placed.scores), most // 3
    if number <= most:
        return placed
    others = best + rng.choice(number - best, most - best, replace=False)
    chosen = np.append(np.arange(best), np.sort(others))
    return placed.take(chosen)


def contract_of_closings(root: Path, usual: ClosingContract) -> ClosingContract:
    """Return the contract of a network that learns from a set of placed jaws.

    Args:
        root: Folder of `dexnet generate closings`.
        usual: Contract for the jaw that weights ship for.

    Raises:
        FileNotFoundError: There is no data set.
        ValueError: It is of another kind.
    """
    config = read_config(ClosingGenerationConfig, root / 'dataset.json')
    return replace(usual, jaw=config.cells.gripper)


def write_closings(path: Path, labelled: LabelledClosings) -> None:
    """Store placed jaws and what they are worth."""
    heights, jaws, scores, quality = labelled
    levels = np.round(np.minimum(heights.depth / _TENTH_MM, _UNKNOWN)).astype(np.uint16)
    write_arrays(
        path,
        heights_tenth_mm=levels,
        corner=np.array(heights.corner),
        step=np.array(heights.step),
        scores=scores,
        quality=quality,
        **jaws._asdict(),
    )


def read_closings(path: Path) -> LabelledClosings:
    """Read stored jaws.

    Raises:
        ValueError: The file is damaged or of another kind; the message names it.
    """
    names = ('heights_tenth_mm', 'corner', 'step', *JawPlaces._fields, 'scores', 'quality')
    levels, corner, step, *jaws, scores, quality = read_arrays(path, *names)
    depth = np.where(levels == _UNKNOWN, FAR, levels.astype(np.float32) * np.float32(_TENTH_MM))
    heights = HeightMap(depth, tuple(map(float, corner)), float(step))
    if len({len(values) for values in (*jaws, scores, quality)}) > 1:
        raise ValueError(f'{path} holds {len(jaws[0])} jaws and {len(quality)} qualities')
    return LabelledClosings(heights, JawPlaces(*jaws), scores, quality)
