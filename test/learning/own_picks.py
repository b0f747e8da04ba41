"""Picks of planners on a simulated box, for tests of what is learnt from picks."""

from dataclasses import asdict, replace

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.io.picks.tried_pick import Made, offered_by, Pick
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.networks.model_file import shipped_jaw, shipped_suction
from dexnet_core.planning.observation import of_image
from dexnet_core.planning.planners.loading import (
    load_evaluator,
    load_jaw_finder,
    load_jaw_planner,
    load_suction_finder,
    load_suction_planner,
)
from dexnet_core.planning.planners.settings import JawSettings, SuctionSettings
from dexnet_core.simulation.scenes.rendered_view import look_along, render, tilted_down
import numpy as np
from tiny_picking import box, scene_of

CAMERA = CameraIntrinsics(640, 480, 600.0, 600.0, 319.5, 239.5)
SMALL, LARGE = (0.035, 0.025, 0.04), (0.06, 0.04, 0.05)


class Kind:
    """A planner, its finder and its evaluator."""

    def __init__(self, name):
        is_jaw = name == 'jaw'
        self.name, self.gripper = name, JawGripper() if is_jaw else SuctionCup()
        self.sides = SMALL if is_jaw else LARGE
        self.settings = JawSettings if is_jaw else SuctionSettings
        self.load = load_jaw_planner if is_jaw else load_suction_planner
        self.finder = load_jaw_finder() if is_jaw else load_suction_finder()
        self.path = (shipped_jaw() if is_jaw else shipped_suction()) / 'evaluator.onnx'
        self.evaluator = load_evaluator(self.path, 1)

    def picks(self, tilt, approach, around=0.3):
        """A pick of each grasp on a box that is seen from a tilt, and the grasps."""
        axis = tilted_down(tilt, around)
        T_world_camera = look_along(np.array([0, 0, 0.02]) - 0.6 * axis, axis, 0.2)
        depth = render(scene_of(box(self.sides)), CAMERA, T_world_camera).depth
        seen = of_image(depth, CAMERA, up=T_world_camera[2, :3])
        settings = self.settings(approach=approach)
        plan = self.load(settings=settings).plan(seen)
        made = Made(self.name, settings=asdict(settings) | {'of_a_newer_program': 1})
        pick = Pick(seen, self.gripper, offered_by(plan), made=made)
        picks = [replace(pick, tried=k, held=bool(k % 2)) for k in range(len(plan.grasps))]
        return picks, plan.grasps
