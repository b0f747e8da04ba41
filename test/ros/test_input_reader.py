"""How a node reads its messages: units, sizes, frames and masks."""

from array import array

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.geometry.transform import pose_matrix
from dexnet_core.planning.grasp import PlanStatus, StageTimes
from dexnet_core.planning.planners.empty_plans import nothing_to_grasp
from dexnet_core.planning.planners.segmented_scene import segment_scene
from dexnet_msgs.srv import PlanGrasps
from dexnet_ros import input_reader
from dexnet_ros.image_conversions import image_to_msg, mask_to_msg
from geometry_msgs.msg import Point, Vector3
from rclpy.parameter import Parameter
from sensor_msgs.msg import PointField


def ready(make_rig, lookup=None, **parameters):
    """A rig with camera info and these parameters."""
    rig = make_rig([Parameter(name, value=value) for name, value in parameters.items()], lookup)
    rig.deliver(rig.infos, rig.info(), 'camera_info')
    return rig


def stamped(image, frame):
    image.header.frame_id = frame
    return image


def xyz(point):
    return [point.x, point.y, point.z]


def warnings(capfd, text):
    return [line for line in capfd.readouterr().err.splitlines() if text in line]


def test_the_units_of_depth_hold_for_streams_and_requests(make_rig):
    rig = ready(make_rig, depth_scale=0.00025)
    quarter = np.full((6, 8), 2000, np.uint16)
    assert rig.answer_to(image_to_msg(quarter, '16UC1', rig.header())).status == PlanStatus.OK
    msg = image_to_msg(quarter, '16UC1', rig.header())
    assert rig.call(PlanGrasps.Request(depth=msg, camera_info=rig.info())).success
    for call in rig.planner.calls:
        np.testing.assert_allclose(call.observation.depth, 0.5)


@pytest.mark.parametrize('scale', [0.0, 0.001])
def test_clouds_of_integers_need_their_unit(make_rig, scale):
    rig = ready(make_rig, depth_scale=scale)
    cloud = rig.cloud(np.ones((5, 3)))
    units = np.array([[100, -50, 500]] * 5, np.int16)
    cloud.fields = [
        PointField(name=name, offset=2 * k, datatype=PointField.INT16, count=1)
        for k, name in enumerate('XYZ')
    ]
    cloud.point_step, cloud.row_step, cloud.data = 6, 30, array('B', units.tobytes())
    answer = rig.answer_to(cloud)
    if scale:
        got = rig.planner.calls[-1].observation.points
        np.testing.assert_allclose(got, [[[0.1, -0.05, 0.5]] * 5], rtol=1e-6)
    else:
        assert answer.status == PlanStatus.BAD_INPUT
        assert 'cloud field X is 1 of datatype 3' in answer.message
        assert 'set depth_scale to the metres per unit' in answer.message


def test_an_image_of_half_the_size_is_planned_on_and_said_once(make_rig, capfd):
    rig = ready(make_rig)
    for _ in range(2):
        assert rig.answer_to(rig.image((3, 4))).status == PlanStatus.OK
    assert rig.planner.calls[-1].observation.camera.fx == 250
    assert len(warnings(capfd, 'camera is for 8x6, the image is 4x3')) == 1


def test_other_frames_of_camera_info_and_a_distortion_are_said_once(make_rig, capfd):
    rig = make_rig()
    info = stamped(rig.info(), 'camera_color_optical_frame')
    info.d = [0.1, 0.0, 0.0, 0.0, 0.0]
    rig.deliver(rig.infos, info, 'camera_info')
    for _ in range(2):
        assert rig.answer_to(rig.image()).status == PlanStatus.OK
    said = capfd.readouterr().err
    assert said.count("its camera info 'camera_color_optical_frame'") == 1
    assert 'distortion' not in said  # the topic is called image_rect
    rig.node._latest.topic = '/depth/image_raw'
    for _ in range(2):
        rig.answer_to(rig.image())
    assert len(warnings(capfd, '/depth/image_raw is not rectified')) == 1


def test_a_lens_is_undone_if_it_is_asked_for(make_rig):
    rig = make_rig([Parameter('rectify', value=True)])
    info = rig.info((60, 80))
    info.k = [*(100.0, 0.0, 39.5), *(0.0, 100.0, 29.5), *(0.0, 0.0, 1.0)]
    info.p = [*(100.0, 0.0, 39.5, 0.0), *(0.0, 100.0, 29.5, 0.0), *(0.0, 0.0, 1.0, 0.0)]
    info.d = [-0.4, 0.0, 0.0, 0.0, 0.0]
    rig.deliver(rig.infos, info, 'camera_info')
    pixels = np.full((60, 80), 500, np.uint16)
    pixels[:, 70] = 900  # what the lens sees here is farther from the middle
    rig.deliver(rig.masks, mask_to_msg(pixels > 800, rig.header()), 'mask')
    rig.answer_to(image_to_msg(pixels, '16UC1', rig.header()))
    observation = rig.planner.calls[-1].observation
    np.testing.assert_array_equal(observation.mask, observation.depth > 0.8)
    far = np.flatnonzero(observation.depth[29] > 0.8)
    x = (70 - 39.5) / 100
    outwards = np.roots([-0.4, 0, 1, -x])
    (expected,) = [r.real for r in outwards if abs(r.imag) < 1e-9 and 0 < r.real < 0.6]
    assert abs(far.mean() - (expected * 100 + 39.5)) <= 1


def test_grasps_of_gazebo_are_turned_into_its_link(make_rig):
    rig = ready(make_rig, image_frame='x_forward')
    answer = rig.answer_to(stamped(rig.image(), 'camera_link'))
    assert (answer.status, answer.header.frame_id) == (PlanStatus.OK, 'camera_link')
    grasp = answer.grasps[0]  # planned at (0, 0.75, 0.5) m, along z
    np.testing.assert_allclose(xyz(grasp.pose.position), [0.5, 0, -0.75], atol=1e-9)
    np.testing.assert_allclose(xyz(grasp.contact_normals[0]), [-1, 0, 0], atol=1e-9)


def test_frames_that_do_not_tell_are_refused(make_rig, capfd):
    rig = ready(make_rig)
    answer = rig.answer_to(stamped(rig.image(), 'camera_link'))
    assert answer.status == PlanStatus.BAD_INPUT
    assert 'set image_frame to optical' in answer.message
    for _ in range(2):
        assert rig.answer_to(stamped(rig.image(), 'zivid')).status == PlanStatus.OK
    assert len(warnings(capfd, "'zivid' of the depth image is assumed to be optical")) == 1


def test_what_a_request_says_is_in_the_frame_of_its_header(make_rig):
    def lookup(target, source, stamp):
        assert (target, source) == ('base_link', 'camera_link')
        return pose_matrix([1.0, 2.0, 3.0], np.eye(3))

    rig = ready(make_rig, lookup, image_frame='x_forward')
    response = rig.call(
        PlanGrasps.Request(
            depth=stamped(rig.image(), 'camera_link'),
            camera_info=rig.info(),
            up=Vector3(z=1.0),
            avoid=[Point(x=0.5, y=0.1, z=0.2)],
            target_frame='base_link',
        )
    )
    assert response.success, response.reason
    observation = rig.planner.calls[-1].observation
    np.testing.assert_allclose(observation.up, [0, -1, 0], atol=1e-9)
    np.testing.assert_allclose(observation.avoid, [[-0.1, -0.2, 0.5]])
    best = response.grasps.grasps[0].pose.position
    np.testing.assert_allclose(xyz(best), [1.5, 2, 2.25], atol=1e-9)


@pytest.mark.parametrize('source', ['gravity_frame', 'camera_pose'])
def test_up_is_turned_from_tf_and_optical_from_the_pose_of_the_camera(make_rig, source):
    given = {
        'gravity_frame': 'camera_link',
        'camera_pose': [0.0, 0.0, 0.0, *(-0.5, 0.5, -0.5, 0.5)],  # x forward, z up
    }
    rig = ready(make_rig, lambda *_: np.eye(4), image_frame='x_forward', **{source: given[source]})
    rig.answer_to(stamped(rig.image(), 'camera_link'))
    np.testing.assert_allclose(rig.planner.calls[-1].observation.up, [0, -1, 0], atol=1e-9)


def test_the_pose_of_a_camera_says_nothing_of_a_cloud_in_the_frame_of_a_robot(make_rig):
    rig = ready(make_rig, camera_pose=[0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    rig.answer_to(rig.cloud(np.ones((4, 3), np.float32), 'base_link'))
    assert rig.planner.calls[-1].observation.up.tolist() == [0, 0, 1]


def test_a_cloud_with_x_forward_is_planned_on_in_the_optical_frame(make_rig):
    rig = ready(make_rig, cloud_frame='x_forward')
    answer = rig.answer_to(rig.cloud(np.array([[0.5, -0.1, -0.2]], np.float32), 'camera_link'))
    observation = rig.planner.calls[-1].observation
    np.testing.assert_allclose(observation.points, [[[0.1, 0.2, 0.5]]])
    assert observation.axis.tolist() == [0, 0, 1]
    position = xyz(answer.grasps[0].pose.position)
    np.testing.assert_allclose(position, [0.5, 0, -0.75], atol=1e-9)


LABELS = np.zeros((6, 8), np.int32)
LABELS[2:4, 3:5], LABELS[0, 0] = 7, 9


@pytest.mark.parametrize('is_cloud', [False, True])
def test_a_label_image_says_which_object_is_where(make_rig, is_cloud):
    rig = ready(make_rig)
    rig.deliver(rig.masks, image_to_msg(LABELS, '32SC1', rig.header()), 'mask')
    rig.answer_to(rig.cloud(np.ones((6, 8, 3), np.float32)) if is_cloud else rig.image())
    observation = rig.planner.calls[-1].observation
    np.testing.assert_array_equal(observation.labels, LABELS)
    assert observation.mask is None


def test_a_bad_mask_stops_planning_for_a_while_only(make_rig, monkeypatch, capfd):
    rig = ready(make_rig)
    rig.deliver(rig.masks, mask_to_msg(np.ones((3, 4), bool), rig.header()), 'mask')
    assert rig.answer_to(rig.image()).status == PlanStatus.BAD_INPUT
    monkeypatch.setattr(input_reader, '_BAD_MASK_S', 0.01)
    assert rig.answer_to(rig.image()).status == PlanStatus.OK
    assert warnings(capfd, 'the mask is dropped after')
    assert rig.planner.calls[-1].observation.allowed is None


@pytest.mark.parametrize(('timeout', 'masked'), [(0.2, False), (0.0, True)])
def test_an_old_mask_counts_no_longer(make_rig, timeout, masked):
    rig = ready(make_rig, mask_timeout=timeout)
    rig.deliver(rig.masks, mask_to_msg(np.eye(6, 8, dtype=bool), rig.header()), 'mask')
    rig.answer_to(rig.image())
    rig.node._latest.mask_came -= 0.5
    rig.answer_to(rig.image())
    assert (rig.planner.calls[-1].observation.mask is not None) == masked


def test_a_mask_that_is_zero_everywhere_allows_nothing_and_the_planner_says_so(make_rig):
    rig = ready(make_rig)

    def plan(observation):
        scene = segment_scene(observation, rig.planner.settings)
        return nothing_to_grasp(scene, rig.planner.settings, 'fake 1', StageTimes())

    rig.node._model.planner().plan = plan
    rig.deliver(rig.masks, mask_to_msg(np.zeros((6, 8), bool), rig.header()), 'mask')
    answer = rig.answer_to(rig.image())
    assert answer.status == PlanStatus.NO_OBJECT
    assert answer.message.startswith('no object: nothing may be grasped: the mask is zero every')
