"""What is particular to the node of GraspNet over real DDS: clouds, and a network that thinks."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.geometry.transform import pose_matrix
from dexnet_core.planning.grasp import PlanStatus
from dexnet_core.planning.graspnet.approach_directions import grasp_rotations, grasp_views
from dexnet_core.planning.graspnet.constants import GraspNetConstants
from dexnet_core.planning.graspnet.decode import Heads
from dexnet_core.planning.graspnet.stages import ANGLES, GraspNetDesign
from dexnet_core.planning.networks.graspnet_network import GraspNetTimes
from dexnet_core.planning.planners.graspnet_planner import GraspNetPlanner
from dexnet_core.planning.planners.planner_registry import GRASPNET
from dexnet_msgs.msg import Grasp
from dexnet_msgs.srv import PlanGrasps
from dexnet_ros.conversions import grasp_from_msg
from dexnet_ros.image_conversions import mask_to_msg
from dexnet_ros.planner_node import PlannerNode
from lifecycle_msgs.msg import Transition
from rclpy.parameter import Parameter
from sensor_msgs.msg import PointField, RegionOfInterest
from visualization_msgs.msg import MarkerArray

VIEW = int(grasp_views()[:, 2].argmin())  # that looks forward, nearly
ROTATION = grasp_rotations(-grasp_views()[VIEW], 0.0)
ANYWHERE = {'max_filled': 1.0, 'min_between': 0.0}


class Middle:
    """A network that grasps the middle of any points forward, and remembers the points."""

    name = 'none 1'
    design = GraspNetDesign(points=1000)
    constants = GraspNetConstants()

    def __init__(self):
        self.calls = []

    def sense(self, points):
        self.calls.append(points[: len(np.unique(points, axis=0))])  # all come before any again
        middle = self.calls[-1].mean(axis=0, dtype=float)
        return SimpleNamespace(
            objectness=np.array([[0, 1]]),
            views=np.array([VIEW]),
            poses=lambda seeds: (middle[None], ROTATION[None]),
        )

    def evaluate_seeds(self, sensed, places, rotations):
        heads = np.zeros((4, len(places), len(self.design.depths), ANGLES))
        score, _, width, tolerance = heads
        score[:, 1, 0] = 1.25
        width[:] = 0.05 / self.constants.width_margin
        tolerance[:] = self.constants.maximum_tolerance
        return Heads(*heads), GraspNetTimes()


def plane(height=6, width=8, z=0.5):
    v, u = np.mgrid[:height, :width] * 0.01
    return np.stack([u, v, np.full_like(u, z)], axis=-1).astype(np.float32)


@pytest.fixture
def network():
    return Middle()


@pytest.fixture
def make_cloud_rig(make_rig, network):
    def load(model, settings, threads, gripper):
        return GraspNetPlanner(network, settings, gripper=gripper)

    anywhere = [Parameter(name, value=value) for name, value in ANYWHERE.items()]
    return lambda **options: make_rig(anywhere, kind=GRASPNET._replace(load=load), **options)


@pytest.fixture
def cloud_rig(make_cloud_rig):
    return make_cloud_rig()


def test_a_cloud_is_answered_in_its_own_frame_and_at_its_own_time(cloud_rig):
    markers = []
    cloud_rig.user.create_subscription(MarkerArray, 'markers', markers.append, 1)
    cloud = cloud_rig.cloud(plane())
    answer = cloud_rig.answer_to(cloud)
    assert (answer.status, answer.model) == (PlanStatus.OK, 'none 1')
    assert answer.header == answer.grasps[0].header == cloud.header
    grasp = grasp_from_msg(answer.grasps[0])
    assert answer.grasps[0].gripper_type == Grasp.PARALLEL_JAW
    np.testing.assert_allclose(grasp.approach, ROTATION[:, 0], atol=1e-6)  # their x is our z
    np.testing.assert_allclose(grasp.T_camera_grasp[:3, 0], ROTATION[:, 1], atol=1e-6)
    expected = [0.035, 0.025, 0.5] + 0.02 * ROTATION[:, 0]
    np.testing.assert_allclose(grasp.position, expected, atol=1e-6)
    assert (grasp.score, grasp.width) == pytest.approx((1.25, 0.05))
    assert grasp.depth == pytest.approx(0.02)
    assert np.isnan(grasp.pixel).all()
    cloud_rig.repeat(lambda: cloud_rig.clouds.publish(cloud), lambda: markers, 'markers')
    colour = markers[0].markers[1].color
    assert (colour.r, colour.g) == (0.0, 1.0)  # a score over 1 is no brighter


def test_there_is_no_topic_for_a_heatmap_that_never_comes(cloud_rig):
    topics = dict(cloud_rig.node.get_topic_names_and_types())
    assert '/grasps' in topics
    assert '/heatmap' not in topics


def test_depth_images_are_planned_on_as_well(cloud_rig, network):
    image = cloud_rig.image()
    cloud_rig.deliver(cloud_rig.infos, cloud_rig.info(), 'camera_info')
    answer = cloud_rig.answer_to(image)
    assert (answer.status, answer.header) == (PlanStatus.OK, image.header)
    assert np.isfinite(answer.grasps[0].pixel).all()
    np.testing.assert_allclose(network.calls[-1][:, 2], 0.5)


def test_the_workspace_and_the_mask_bound_a_cloud(cloud_rig, network):
    (result,) = cloud_rig.node.set_parameters([Parameter('max_x', value=0.045)])
    assert result.successful
    cloud_rig.answer_to(cloud_rig.cloud(plane()))
    assert network.calls[-1][:, 0].max() == pytest.approx(0.04)
    mask = np.zeros((6, 8), bool)
    mask[0, 0] = True
    cloud_rig.deliver(cloud_rig.masks, mask_to_msg(mask, cloud_rig.header()), 'mask')
    cloud_rig.answer_to(cloud_rig.cloud(plane()))
    assert len(network.calls[-1]) == 4
    unorganised = cloud_rig.answer_to(cloud_rig.cloud(plane().reshape(-1, 3)))
    assert unorganised.status == PlanStatus.BAD_INPUT
    assert unorganised.message == (
        'mask is 8x6, expected 48x1 as the input. It is dropped after 10 s, or at once by '
        'clear_mask'
    )


def no_x(cloud):
    cloud.fields = [field for field in cloud.fields if field.name != 'x']
    return cloud


def of_integers(cloud):
    cloud.fields[0].datatype = PointField.UINT16
    return cloud


def cut(cloud):
    cloud.width += 1
    return cloud


@pytest.mark.parametrize(
    ('spoil', 'points', 'status', 'said'),
    [
        (no_x, plane(), PlanStatus.BAD_INPUT, "fields ['y', 'z'], expected x, y and z"),
        (of_integers, plane(), PlanStatus.BAD_INPUT, 'datatype 4, expected 1 of FLOAT32'),
        (cut, plane(), PlanStatus.BAD_INPUT, 'row_step 96, expected at least 108'),
        (None, 1000 * plane(), PlanStatus.BAD_INPUT, 'is it in millimetres?'),
        (None, plane(z=-0.5), PlanStatus.BAD_INPUT, 'expected an optical frame'),
        (None, plane() * np.nan, PlanStatus.NO_DEPTH, 'nothing was measured'),
        (None, plane() + np.inf, PlanStatus.NO_DEPTH, 'nothing was measured'),
        (None, np.zeros((0, 3)), PlanStatus.NO_DEPTH, 'nothing was measured'),
        (None, plane(z=9.0), PlanStatus.NO_DEPTH, 'nothing was measured in the workspace'),
    ],
    ids=['x', 'integers', 'cut', 'millimetres', 'behind', 'nan', 'inf', 'empty', 'far'],
)
def test_bad_clouds_are_named_and_good_ones_planned_again(cloud_rig, spoil, points, status, said):
    cloud = cloud_rig.cloud(points)
    answer = cloud_rig.answer_to(spoil(cloud) if spoil else cloud)
    assert (answer.status, answer.grasps) == (status, [])
    assert said in answer.message
    assert answer.header == cloud.header
    assert cloud_rig.answer_to(cloud_rig.cloud(plane())).status == PlanStatus.OK


def test_the_service_plans_on_a_cloud_in_a_frame_that_is_asked_for(make_cloud_rig):
    moved = pose_matrix([1.0, 2.0, 3.0], np.diag([1.0, -1.0, -1.0]))
    rig = make_cloud_rig(lookup=lambda target, source, stamp: moved)
    cloud = rig.cloud(plane().reshape(-1, 3))
    response = rig.call(PlanGrasps.Request(points=cloud, target_frame='base_link'))
    assert (response.success, response.reason) == (True, '')
    header = response.grasps.header
    assert (header.frame_id, header.stamp) == ('base_link', cloud.header.stamp)
    position = response.grasps.grasps[0].pose.position
    x, y, z = [0.035, 0.025, 0.5] + 0.02 * ROTATION[:, 0]
    np.testing.assert_allclose(
        [position.x, position.y, position.z], [1 + x, 2 - y, 3 - z], atol=1e-6
    )


def test_the_service_plans_on_what_came_last(cloud_rig, network):
    cloud = cloud_rig.cloud(plane(z=0.625))
    cloud_rig.deliver(cloud_rig.clouds, cloud, 'image')
    response = cloud_rig.call(PlanGrasps.Request())
    assert response.success
    assert response.grasps.header == cloud.header
    assert network.calls[-1][0, 2] == 0.625


def test_impossible_requests_are_named(cloud_rig):
    cloud = cloud_rig.cloud(plane())
    region = RegionOfInterest(width=2, height=2)
    both = PlanGrasps.Request(points=cloud, depth=cloud_rig.image(), camera_info=cloud_rig.info())
    answers = [
        cloud_rig.call(request)
        for request in (
            PlanGrasps.Request(),
            PlanGrasps.Request(points=cloud, region=region),
            both,
            PlanGrasps.Request(points=no_x(cloud_rig.cloud(plane()))),
        )
    ]
    assert [answer.success for answer in answers] == [False] * 4
    assert [answer.reason.split(',')[0] for answer in answers] == [
        'the request has no image',
        'the request gives a region for a cloud',
        'the request has a depth image and a cloud',
        "cloud has fields ['y'",
    ]
    assert answers[1].grasps.header == cloud.header


def test_a_deactivated_node_does_not_hear_clouds(cloud_rig):
    assert cloud_rig.answer_to(cloud_rig.cloud(plane())).status == PlanStatus.OK
    assert cloud_rig.change_state(Transition.TRANSITION_DEACTIVATE)
    cloud_rig.wait(lambda: cloud_rig.clouds.get_subscription_count() == 0, 'end')
    assert cloud_rig.change_state(Transition.TRANSITION_ACTIVATE)
    assert cloud_rig.answer_to(cloud_rig.cloud(plane())).status == PlanStatus.OK


def test_a_folder_without_graphs_is_said_in_one_line(isolated_ros, capfd, tmp_path):
    for folder, reason in (('', 'has no graph level_1.onnx'), ('no', 'there is no folder')):
        model = Parameter('model', value=str(tmp_path / folder))
        node = PlannerNode('graspnet_node', GRASPNET, parameter_overrides=[model])
        try:
            assert not node.start()
        finally:
            node.destroy_node()
        said = capfd.readouterr().err
        assert 'cannot load the planner' in said
        assert reason in said
