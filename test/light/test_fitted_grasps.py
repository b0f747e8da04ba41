"""Jaws that are fitted to the surfaces of a box on a table, seen by exact cameras."""

from box_scene import CAMERA, camera_at, seen_from, SMALL, up_in
from dexnet_core.geometry.transform import transform_points
from dexnet_core.planning.contracts.evaluator_contracts import JawEvaluatorContract
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.observation import of_image
from dexnet_core.planning.planners.approach import directions_around, main_approach
from dexnet_core.planning.planners.fitted_grasps import fitted_grasps
from dexnet_core.planning.planners.jaw_evaluation import LEAST_PROPOSAL, SURE
from dexnet_core.planning.planners.observed_scene import see
from dexnet_core.planning.planners.settings import GraspNetSettings
import numpy as np
import pytest

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
    scene = see(of_image(depth, CAMERA, up=up_in(T_world_camera)), settings)
    return scene, main_approach(scene, settings), T_world_camera


def fitted(tilt, probability=0.5, gripper=JAW, settings=SETTINGS):
    scene, approach, T_world_camera = scene_from(tilt, settings)
    directions = directions_around(scene, approach, settings)
    grasps = fitted_grasps(scene, directions, gripper, Constant(probability))
    return grasps.moved(T_world_camera)


def in_fingers(grasp_width):
    """Points of the space that both fingers take, 1 mm inside their faces, in the grasp frame."""
    x = grasp_width / 2 + np.linspace(0.001, JAW.finger_thickness - 0.001, 4)
    y = np.linspace(-1, 1, 7) * (JAW.finger_width / 2 - 0.001)
    z = np.linspace(-JAW.finger_length, -0.001, 15)
    return np.stack(np.meshgrid([*x, *-x], y, z), axis=-1).reshape(-1, 3)


def test_fingers_stand_beside_the_box_and_over_the_table():
    grasps = fitted(0.0, SURE)
    assert len(grasps) > 20
    low, high = np.array(SMALL) * [-0.5, -0.5, 0], np.array(SMALL) * [0.5, 0.5, 1]
    for T, width in zip(grasps.poses(), grasps.widths, strict=True):
        places = transform_points(T, in_fingers(width))
        assert not ((places > low) & (places < high)).all(axis=1).any()
        assert places[:, 2].min() > 0
        assert (np.abs(T[:2, 3]) < 0.02).all()
        assert 0.025 <= width <= JAW.max_opening


@pytest.mark.parametrize(('probability', 'expected'), [(SURE, 1), (SURE - 0.01, 5)])
def test_further_directions_are_used_if_no_score_is_high(probability, expected):
    approaches = fitted(0.9, probability).rotations[:, :, 0]
    different = np.unique(approaches.round(3), axis=0)
    assert len(different) == expected
    cosines = sorted(different @ [0, 0, -1])
    assert cosines[-1] == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(cosines[:-1], np.cos(np.radians(35)), atol=2e-3)


def test_the_proposal_in_the_context_is_the_least_and_down_is_gravity():
    scene, approach, _ = scene_from(0.6)
    evaluator = Constant(SURE)
    fitted_grasps(scene, [approach.direction], JAW, evaluator)
    proposed, down = np.concatenate(evaluator.contexts).T
    np.testing.assert_allclose(proposed, LEAST_PROPOSAL, rtol=1e-6)
    np.testing.assert_allclose(down, 1, atol=1e-5)


def test_a_jaw_that_opens_too_little_has_no_grasp():
    narrow = JawGripper(max_opening=0.02, finger_thickness=0.005)
    assert not len(fitted(0.3, gripper=narrow))


def test_the_first_direction_around_is_tilted_towards_that_of_the_camera():
    scene, approach, _ = scene_from(0.9)
    main, first, *others = directions_around(scene, approach, SETTINGS)
    np.testing.assert_array_equal(main, approach.direction)
    assert len(others) == 3
    assert first[2] > max(direction[2] for direction in [main, *others])


def test_without_tilt_there_is_only_the_main_direction():
    scene, approach, _ = scene_from(0.9)
    assert len(list(directions_around(scene, approach, GraspNetSettings(max_tilt=0.0)))) == 1
