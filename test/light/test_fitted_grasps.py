"""Jaws that are fitted to the surfaces of a box on a table, seen by exact cameras."""

from dataclasses import replace

from box_scene import CAMERA, camera_at, seen_from, SMALL, up_in
from dexnet_core.geometry.transform import invert, transform_points
from dexnet_core.planning.contracts.evaluator_contracts import JawEvaluatorContract
from dexnet_core.planning.graspnet.grasp_set import concatenated, GraspSet, no_grasps
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.observation import of_image
from dexnet_core.planning.planners.approach import main_approach
from dexnet_core.planning.planners.fitted_grasps import JawFitter
from dexnet_core.planning.planners.jaw_evaluation import ENOUGH_SCORE, LEAST_PROPOSAL
from dexnet_core.planning.planners.segmented_scene import segment_scene
from dexnet_core.planning.planners.settings import GraspNetSettings
import numpy as np
from scipy.spatial.transform import Rotation

JAW = JawGripper()
SETTINGS = GraspNetSettings()


class Constant:
    """An evaluator with one probability for all jaws."""

    contract = JawEvaluatorContract('stand-in', '1', 'parallel_jaw', context=('score', 'down_z'))

    def __init__(self, probability):
        self._probability = probability
        self.contexts = []

    def run(self, patches, context):
        self.contexts.append(context)
        return np.full(len(patches), self._probability, np.float32)


def scene_from(tilt, settings=SETTINGS):
    """The scene, its main approach and the camera's pose in the world."""
    T_world_camera = camera_at(tilt)
    depth = seen_from(T_world_camera, SMALL)
    scene = segment_scene(of_image(depth, CAMERA, up=up_in(T_world_camera)), settings)
    return scene, main_approach(scene, settings), T_world_camera


def fitted(tilt, gripper=JAW):
    """Jaws along gravity, in the world."""
    scene, approach, T_world_camera = scene_from(tilt)
    fitter = JawFitter(scene, gripper, Constant(ENOUGH_SCORE))
    return fitter.along(approach.direction, no_grasps()).moved(T_world_camera)


def proposed_on_top(*tilts):
    """Grasps on top of the box that close along the world's y, tilted about it, in the world."""
    x = np.array([[-np.sin(tilt), 0, -np.cos(tilt)] for tilt in tilts])
    y = np.tile([0.0, 1.0, 0.0], (len(tilts), 1))
    n = len(tilts)
    rotations = np.stack([x, y, np.cross(x, y)], axis=-1)
    top = np.tile([0.0, 0.0, SMALL[2]], (n, 1))
    return GraspSet(np.arange(n, 0.0, -1), np.full(n, 0.06), np.full(n, 0.02), rotations, top)


def fitted_at(proposed):
    """Jaws along the approaches of proposals, in the world."""
    scene, _, T_world_camera = scene_from(0.6)
    fitter = JawFitter(scene, JAW, Constant(0.5))
    jaws = [no_grasps(), *fitter.along_proposed(proposed.moved(invert(T_world_camera)))]
    return concatenated(jaws).moved(T_world_camera)


def in_fingers(grasp_width):
    """Points of the space that both fingers take, 1 mm inside their faces, in the grasp frame."""
    x = grasp_width / 2 + np.linspace(0.001, JAW.finger_thickness - 0.001, 4)
    y = np.linspace(-1, 1, 7) * (JAW.finger_width / 2 - 0.001)
    z = np.linspace(-JAW.finger_length, -0.001, 15)
    return np.stack(np.meshgrid([*x, *-x], y, z), axis=-1).reshape(-1, 3)


def test_fingers_stand_beside_the_box_and_over_the_table():
    grasps = fitted(0.0)
    assert len(grasps) > 20
    low, high = np.array(SMALL) * [-0.5, -0.5, 0], np.array(SMALL) * [0.5, 0.5, 1]
    for T, width in zip(grasps.poses(), grasps.widths, strict=True):
        places = transform_points(T, in_fingers(width))
        assert not ((places > low) & (places < high)).all(axis=1).any()
        assert places[:, 2].min() > 0
        assert (np.abs(T[:2, 3]) < 0.02).all()
        assert 0.025 <= width <= JAW.max_opening


def test_jaws_are_fitted_along_the_approach_of_each_proposal():
    tilts = (0.1, 0.5, -0.5)
    approaches = fitted_at(proposed_on_top(*tilts)).rotations[:, :, 0]
    different = np.unique(approaches.round(3), axis=0)
    np.testing.assert_allclose(np.sort(np.arcsin(-different[:, 0])), sorted(tilts), atol=2e-3)


def test_proposals_that_are_nearly_parallel_share_the_mean_of_their_approaches():
    approaches = fitted_at(proposed_on_top(0.4, 0.6, 0.5)).rotations[:, :, 0]
    np.testing.assert_allclose(np.arcsin(-approaches[:, 0]), 0.5, atol=2e-3)


def test_a_jaw_is_fitted_at_the_proposal_as_it_closes():
    proposed = proposed_on_top(0.2)
    turned = proposed.rotations @ Rotation.from_euler('x', 0.1).as_matrix()
    grasps = fitted_at(replace(proposed, rotations=turned))
    cosines = np.abs(grasps.rotations[:, :, 1] @ turned[0, :, 1])
    assert cosines.max() > 1 - 1e-6


def test_four_proposed_directions_are_used_at_most():
    approaches = fitted_at(proposed_on_top(0.0, 0.3, 0.6, -0.3, -0.6)).rotations[:, :, 0]
    assert len(np.unique(approaches.round(3), axis=0)) == 4


def test_without_proposals_there_is_nothing():
    assert not len(fitted_at(no_grasps()))


def test_the_proposal_in_the_context_is_the_least_and_down_is_gravity():
    scene, approach, _ = scene_from(0.6)
    evaluator = Constant(ENOUGH_SCORE)
    JawFitter(scene, JAW, evaluator).along(approach.direction, no_grasps())
    proposed, down = np.concatenate(evaluator.contexts).T
    np.testing.assert_allclose(proposed, LEAST_PROPOSAL, rtol=1e-6)
    np.testing.assert_allclose(down, 1, atol=1e-5)


def test_a_jaw_that_opens_too_little_has_no_grasp():
    narrow = JawGripper(max_opening=0.02, finger_thickness=0.005)
    assert not len(fitted(0.3, gripper=narrow))
