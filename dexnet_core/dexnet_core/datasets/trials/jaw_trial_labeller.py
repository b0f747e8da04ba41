"""Parallel-jaw trials: a planner places jaws on simulated measurements; physics executes them.

The trials use the same grasp proposals as the planner on the robot (Satish et al., On-Policy
Dataset Synthesis, RA-L 2019).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from dexnet_core.datasets.trials.jaw_trials import JawTrials, write_trials
from dexnet_core.datasets.trials.trial_config import some, TrialConfig
from dexnet_core.datasets.views.segmented_views import segmented_view, SegmentedView
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.perception.height_map import FAR, HeightMap, STEP
from dexnet_core.planning.perception.segment import SegmentedImage
from dexnet_core.planning.planners.fitted_grasps import random_proposals
from dexnet_core.planning.planners.jaw_finder import JawFinder
from dexnet_core.planning.planners.jaw_placement import (
    jaw_grasp,
    JawProposals,
    no_jaws,
    PlacedJaws,
)
from dexnet_core.planning.planners.loading import load_jaw_finder
from dexnet_core.planning.planners.settings import JawSettings
from dexnet_core.planning.values.checks import require_shares
from dexnet_core.simulation.jaw.jaw_uncertainty import sample_jaw_perturbations
from dexnet_core.simulation.jaw.robust_quality import robust_quality_of_jaws
from dexnet_core.simulation.picking.jaw_hand import JawHand, JawMotion
from dexnet_core.simulation.picking.outcome import Reason
from dexnet_core.simulation.picking.random_grippers import JawRange, random_jaw
from dexnet_core.simulation.picking.world import PhysicsSettings, World
from dexnet_core.simulation.scenes.bodies import random_masses
from dexnet_core.simulation.scenes.rendered_view import RenderedView
from dexnet_core.simulation.scenes.scene import Scene
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class JawTrialConfig(TrialConfig):
    """Configuration of parallel-jaw trials; each pair is (minimum, maximum).

    Attributes:
        clearance: Clearance of the placed fingers in metres.
        hidden: Assumed extent of objects into hidden regions in metres.
        mass: Factor on the mass of the objects.
        grip_force: Force of a finger in newtons.
        depth: Factor on the proposed depth.
        fitted: Share of views whose jaws are fitted at random points, as those of the planner
            `graspnet`, and not proposed by the network.
        grippers: Distribution of jaws.
    """

    clearance: tuple[float, float] = (0.0005, 0.006)
    hidden: tuple[float, float] = (0.0, 0.010)
    mass: tuple[float, float] = (0.7, 5.0)
    grip_force: tuple[float, float] = (15.0, 40.0)
    depth: tuple[float, float] = (0.6, 1.3)
    fitted: float = 0.0
    grippers: JawRange = field(default_factory=JawRange)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_shares(self, 'fitted')


@dataclass(frozen=True)
class JawTrialLabeller:
    """Places jaws on views and executes the grasps."""

    config: JawTrialConfig

    def write(self, root: Path, path: Path, scene: Scene, view: RenderedView) -> None:
        """Write the trials of a view; the file has no trials if no grasp can be placed."""
        rng = self.config.rng_of(path.relative_to(root))
        gripper = random_jaw(self.config.grippers, rng)
        seen = segmented_view(self.config, scene, view, rng)
        placed, heights = self._placed(seen, gripper, rng)
        poses = [
            seen.T_world_view @ jaw_grasp(seen.segmented.camera, placed, k, gripper).T_camera_grasp
            for k in range(len(placed.scores))
        ]
        T_world_grasps = np.reshape(poses, (-1, 4, 4))
        outcomes = self._tried(scene, T_world_grasps, placed.openings, gripper, rng)
        samples = sample_jaw_perturbations(self.config.perturbations, self.config.seed)
        quality = robust_quality_of_jaws(scene, T_world_grasps, placed.openings, gripper, samples)
        write_trials(path, JawTrials(heights, placed, seen.down, gripper, outcomes, quality))

    def _placed(
        self, seen: SegmentedView, gripper: JawGripper, rng: np.random.Generator
    ) -> tuple[PlacedJaws, HeightMap]:
        """Return the placed jaws and their height map."""
        config, segmented = self.config, seen.segmented
        finder = _finder(config.model).with_gripper(gripper)
        found = self._proposals(finder, segmented, rng) if segmented.objects.any() else None
        if found is None or not len(found.scores):
            return no_jaws(), HeightMap(np.full((1, 1), FAR, np.float32), (0.0, 0.0), STEP)
        count = len(found.scores)
        turned = found.turned(rng.integers(-1, 2, count) * finder.cells.half_step)
        offsets = turned.offsets * rng.uniform(*config.depth, count)
        heights = finder.heights(segmented, found)
        clearance = float(rng.uniform(*config.clearance)) * finder.scale
        careful = heights.with_hidden(float(rng.uniform(*config.hidden)) * finder.scale)
        placed = finder.place(careful, turned._replace(offsets=offsets), clearance)
        if len(placed.scores) > config.per_view:
            scores = finder.evaluate(heights, placed, seen.down)
            placed = placed.take(some(scores, config.per_view, rng))
        return placed, heights

    def _proposals(
        self, finder: JawFinder, segmented: SegmentedImage, rng: np.random.Generator
    ) -> JawProposals:
        """Return the proposals of the network, or in a share of the views random ones."""
        # No number is drawn by default, so that older data sets are made again to the same bits.
        if self.config.fitted and rng.random() < self.config.fitted:
            return random_proposals(segmented, finder.gripper, rng)
        return finder.propose(segmented, JawSettings())

    def _tried(
        self,
        scene: Scene,
        T_world_grasps: NDArray[np.float64],
        openings: NDArray[np.floating],
        gripper: JawGripper,
        rng: np.random.Generator,
    ) -> NDArray[np.uint8]:
        """Return the outcomes (n,) of grasps; the scene is reset before each one."""
        config = self.config
        motion = JawMotion(grip_force=float(rng.uniform(*config.grip_force)))
        hand = JawHand(gripper, motion, float(rng.uniform(*config.friction)))
        mass = random_masses(scene, config.mass, rng)
        world = World(
            scene, hand.add_to, PhysicsSettings(float(rng.uniform(*config.friction)), mass)
        )
        world.settle()
        outcomes = np.zeros(len(openings), np.uint8)
        for k, (T, opening) in enumerate(zip(T_world_grasps, openings, strict=True)):
            world.reset()
            outcome = hand.pick(world, config.with_pose_error(T, rng), float(opening))
            outcomes[k] = list(Reason).index(outcome.reason)
        return outcomes


@lru_cache(maxsize=1)
def _finder(model: Path | None) -> JawFinder:
    return load_jaw_finder(model, threads=1)
