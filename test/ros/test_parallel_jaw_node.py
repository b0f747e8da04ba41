"""What is particular to the node of parallel jaws, over real DDS, and its shapes in RViz."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.planning.grasp import GripperKind, PlanStatus
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.planners.planner_registry import PARALLEL_JAW
from dexnet_core.planning.planners.settings import JawSettings
from dexnet_msgs.msg import Grasp, GraspArray
from dexnet_msgs.srv import PlanGrasps
from dexnet_ros.conversions import grasp_from_msg
from dexnet_ros.markers import markers_from_grasps
from dexnet_ros.planner_node import PlannerNode
from rclpy.parameter import Parameter
from visualization_msgs.msg import Marker, MarkerArray


@pytest.fixture
def jaw_rig(make_rig):
    rig = make_rig(settings=JawSettings)
    rig.deliver(rig.infos, rig.info(), 'camera_info')
    return rig


def test_an_image_is_answered_with_jaws(jaw_rig):
    answer = jaw_rig.answer_to(jaw_rig.image())
    best = answer.grasps[0]
    assert best.gripper_type == Grasp.PARALLEL_JAW
    assert (best.width, best.cup_radius) == (0.0625, 0.0)
    assert [point.x for point in best.contact_points] == pytest.approx([-0.02, 0.02])
    grasp = grasp_from_msg(best)
    assert grasp.gripper is GripperKind.PARALLEL_JAW
    closing = grasp.T_camera_grasp[:3, 0]
    np.testing.assert_allclose(np.diff(grasp.contacts, axis=0)[0], 0.04 * closing, atol=1e-12)


def test_the_service_plans_jaws(make_rig):
    rig = make_rig(settings=JawSettings)
    request = PlanGrasps.Request(depth=rig.image(), camera_info=rig.info(), num_grasps=1)
    response = rig.call(request)
    assert response.success
    assert [grasp.gripper_type for grasp in response.grasps.grasps] == [Grasp.PARALLEL_JAW]


def test_clearance_and_approach_can_be_changed_while_it_runs(jaw_rig):
    changes = [Parameter('clearance', value=0.002), Parameter('approach', value='camera')]
    assert all(result.successful for result in jaw_rig.node.set_parameters(changes))
    assert jaw_rig.answer_to(jaw_rig.image()).status == PlanStatus.OK
    expected = JawSettings(clearance=0.002, approach='camera')
    assert jaw_rig.planner.calls[-1].settings == expected


def test_the_gripper_is_that_of_the_network_unless_it_is_described(make_rig, tmp_path):
    file = tmp_path / 'mine.yaml'
    file.write_text('type: parallel_jaw\nmax_opening: 0.06\nfinger_length: 0.05\n')
    described = {'gripper': str(file), 'gripper_max_opening': 0.07}
    some = [Parameter(name, value=value) for name, value in described.items()]
    expected = (
        ([], None),
        (some[:1], JawGripper(max_opening=0.06, finger_length=0.05)),
        (some, JawGripper(max_opening=0.07, finger_length=0.05)),
        (some[1:], JawGripper(max_opening=0.07)),
    )
    for parameters, gripper in expected:
        assert make_rig(parameters, settings=JawSettings).loaded_with == gripper


def test_markers_are_fingers_and_a_palm(jaw_rig):
    markers = []
    jaw_rig.user.create_subscription(MarkerArray, 'markers', markers.append, 1)
    image = jaw_rig.image()
    jaw_rig.repeat(lambda: jaw_rig.images.publish(image), lambda: markers, 'markers')
    first, *shapes = markers[0].markers
    assert first.action == Marker.DELETEALL
    assert [marker.ns for marker in shapes] == ['fingers', 'palm'] * 2
    assert {marker.type for marker in shapes} == {Marker.CUBE_LIST}
    assert {(marker.ns, marker.id) for marker in shapes} == {
        (name, number) for name in ('fingers', 'palm') for number in (0, 1)
    }


def test_the_shapes_are_those_of_the_jaw_opened():
    grasp = Grasp(gripper_type=Grasp.PARALLEL_JAW, width=0.05, score=0.25)
    fingers, palm = markers_from_grasps(GraspArray(grasps=[grasp])).markers[1:]
    jaw = JawGripper()
    left, right = fingers.points
    assert right.x - left.x - fingers.scale.x == pytest.approx(0.05)
    assert left.x == -right.x
    assert right.z + fingers.scale.z / 2 == pytest.approx(0.0)
    assert (fingers.scale.x, fingers.scale.z) == (jaw.finger_thickness, jaw.finger_length)
    (middle,) = palm.points
    assert middle.z + palm.scale.z / 2 == pytest.approx(-jaw.finger_length)
    assert palm.scale.x == jaw.palm_width
    assert (fingers.scale.y, palm.scale.y) == (jaw.finger_width, jaw.palm_thickness)
    assert (fingers.color.r, fingers.color.g) == (1.0, 0.5)


def test_a_model_of_another_gripper_is_refused(isolated_ros, capfd):
    from dexnet_core.planning.networks.model_file import shipped_suction

    model = Parameter('model', value=str(shipped_suction()))
    node = PlannerNode('parallel_jaw_node', PARALLEL_JAW, parameter_overrides=[model])
    try:
        assert not node.start()
    finally:
        node.destroy_node()
    assert 'is for gripper suction, expected parallel_jaw' in capfd.readouterr().err
