"""Suction trials: a planner finds contacts on simulated measurements; physics executes them.

The trials use the same contact proposals as the planner on the robot (Satish et al., On-Policy
Dataset Synthesis, RA-L 2019), and random contacts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from dexnet_core.datasets.trials.suction_trials import SuctionTrials, write_suction_trials
from dexnet_core.datasets.trials.trial_config import some, TrialConfig
from dexnet_core.datasets.views.segmented_views import segmented_view, SegmentedView
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.perception.cup_patch import CupContacts
from dexnet_core.planning.planners.loading import load_suction_finder
from dexnet_core.planning.planners.suction_finder import SuctionFinder
from dexnet_core.planning.values.checks import require_ranges
from dexnet_core.simulation.picking.cup_hand import CupHand
from dexnet_core.simulation.picking.outcome import Reason
from dexnet_core.simulation.picking.random_grippers import CupRange, random_cup
from dexnet_core.simulation.picking.world import PhysicsSettings, World
from dexnet_core.simulation.scenes.bodies import random_masses
from dexnet_core.simulation.scenes.rendered_view import RenderedView
from dexnet_core.simulation.scenes.scene import Scene
from dexnet_core.simulation.suction.contact_quality import quality_of_contacts
from dexnet_core.simulation.suction.cup_model import sample_perturbations, SpringCup
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SuctionTrialConfig(TrialConfig):
    """Configuration of suction trials.

    Attributes:
        grippers: Distribution of cups.
        mass: Minimum and maximum factor on the mass of the objects.
    """

    grippers: CupRange = field(default_factory=CupRange)
    mass: tuple[float, float] = (0.5, 2.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_ranges(self, 'mass')


@dataclass(frozen=True)
class SuctionTrialLabeller:
    """Finds contacts on views and executes the grasps."""

    config: SuctionTrialConfig

    def write(self, root: Path, path: Path, scene: Scene, view: RenderedView) -> None:
        """Write the trials of a view; the file has no trials if there is no contact."""
        rng = self.config.rng_of(path.relative_to(root))
        cup = random_cup(self.config.grippers, rng)
        seen = segmented_view(self.config, scene, view, rng)
        contacts = self._contacts(seen, cup, rng)
        T_world_grasps = seen.T_world_view @ contacts.poses
        outcomes = self._tried(scene, T_world_grasps, cup, rng)
        samples = sample_perturbations(self.config.perturbations, self.config.seed)
        model = SpringCup(radius=cup.radius)
        quality = quality_of_contacts(scene, T_world_grasps, model, samples)
        write_suction_trials(
            path, SuctionTrials(seen.segmented, contacts, seen.down, cup, outcomes, quality)
        )

    def _contacts(
        self, seen: SegmentedView, cup: SuctionCup, rng: np.random.Generator
    ) -> CupContacts:
        if not seen.segmented.objects.any():
            return CupContacts(np.zeros((0, 4, 4)), np.zeros(0))
        finder = _finder(self.config.model).with_gripper(cup)
        places = finder.consider(seen.segmented, seen.down)
        if len(places.scores) > self.config.per_view:
            places = places.take(some(places.scores, self.config.per_view, rng))
        return places.contacts

    def _tried(
        self,
        scene: Scene,
        T_world_grasps: NDArray[np.float64],
        cup: SuctionCup,
        rng: np.random.Generator,
    ) -> NDArray[np.uint8]:
        """Return the outcomes (n,) of contacts; the scene is reset before each one."""
        config, hand = self.config, CupHand(cup)
        mass = random_masses(scene, config.mass, rng, hand.payload)
        friction = float(rng.uniform(*config.friction))
        world = World(scene, hand.add_to, PhysicsSettings(friction, mass))
        world.settle()
        outcomes = np.zeros(len(T_world_grasps), np.uint8)
        for k, T in enumerate(T_world_grasps):
            world.reset()
            outcomes[k] = list(Reason).index(
                hand.pick(world, config.with_pose_error(T, rng)).reason
            )
        return outcomes


@lru_cache(maxsize=1)
def _finder(model: Path | None) -> SuctionFinder:
    return load_suction_finder(model, threads=1)
