"""The service plan_grasps over real DDS, with a planner that does not think."""

import time

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.geometry.transform import pose_matrix
from dexnet_core.planning.grasp import PlanStatus
from dexnet_msgs.srv import PlanGrasps
from dexnet_ros import stream_turn
from dexnet_ros.image_conversions import image_to_msg, mask_to_msg
from geometry_msgs.msg import Point, Vector3
from rclpy.parameter import Parameter
from sensor_msgs.msg import RegionOfInterest


def request_with_image(rig, shape=(6, 8), **wishes):
    return PlanGrasps.Request(depth=rig.image(shape), camera_info=rig.info(shape), **wishes)


def test_it_plans_on_the_image_of_the_request(make_rig):
    rig = make_rig()
    request = request_with_image(rig, (12, 16))
    response = rig.call(request)
    assert (response.success, response.reason) == (True, '')
    assert response.grasps.header == request.depth.header
    assert rig.planner.calls[0].observation.camera.shape == (12, 16)


def test_it_plans_on_the_latest_image(rig):
    image = rig.image(metres=0.625)
    rig.deliver(rig.images, image, 'image')
    response = rig.call(PlanGrasps.Request())
    assert response.success
    assert response.grasps.header == image.header
    assert rig.planner.calls[-1].observation.depth.max() == 0.625


def test_without_any_image_it_says_what_is_missing(make_rig):
    rig = make_rig()
    response = rig.call(PlanGrasps.Request())
    assert not response.success
    assert response.reason == 'the request has no image, and no image was received yet'
    assert response.grasps.status == PlanStatus.BAD_INPUT


def test_it_answers_while_images_come(rig):
    image = rig.image()
    rig.planner.gate.clear()
    rig.repeat(lambda: rig.images.publish(image), lambda: rig.planner.calls, 'plan')
    future = rig.client.call_async(request_with_image(rig))
    rig.images.publish(rig.image())
    rig.planner.gate.set()
    rig.wait(future.done, 'response')
    assert future.result().success


def begun_plan(rig):
    """Begin a plan of the stream that does not end before the gate is opened."""
    rig.planner.gate.clear()
    rig.repeat(lambda: rig.images.publish(rig.image()), lambda: rig.planner.calls, 'plan')


def planned_on(rig):
    """`r` for every plan of a request and `s` for every plan of the stream, in their order."""
    rows = [call.observation.shape[0] for call in rig.planner.calls]
    return ''.join('r' if height == 12 else 's' for height in rows)


def ask(rig, count):
    """Send requests, and wait until the node must have heard of them."""
    request = request_with_image(rig, (12, 16))
    futures = [rig.client.call_async(request) for _ in range(count)]
    rig.images.publish(rig.image())
    time.sleep(0.3)
    rig.planner.gate.set()
    rig.wait(lambda: all(future.done() for future in futures), 'responses')
    rig.answer_to(rig.image())


def test_requests_that_wait_go_before_the_next_image(rig):
    begun_plan(rig)
    ask(rig, 4)
    assert planned_on(rig).startswith('srrrrs')


def test_many_requests_at_once_are_all_answered(rig):
    begun_plan(rig)
    ask(rig, 14)
    assert planned_on(rig).count('r') == 14


def test_requests_without_a_pause_do_not_stop_the_stream(rig, monkeypatch):
    monkeypatch.setattr(stream_turn, '_MOST_AHEAD', 3)
    begun_plan(rig)
    ask(rig, 5)
    assert planned_on(rig).startswith('srrrsrr')


def test_region_and_mask_say_where(make_rig):
    rig = make_rig()
    mask = np.zeros((6, 8), bool)
    mask[2:5, 2:5] = True
    region = RegionOfInterest(x_offset=3, y_offset=1, width=4, height=3)
    rig.call(request_with_image(rig, mask=mask_to_msg(mask, rig.header()), region=region))
    expected = np.zeros((6, 8), bool)
    expected[2:4, 3:5] = True
    np.testing.assert_array_equal(rig.planner.calls[0].observation.allowed, expected)


def test_labels_choose_objects_of_the_mask(make_rig):
    rig = make_rig()
    labels = np.array([[0] * 8, [1, 1, 0, 4, 4, 0, 9, 9]] * 3, np.uint16)
    mask = image_to_msg(labels, '16UC1', rig.header())
    assert rig.call(request_with_image(rig, mask=mask, labels=[9, 1])).success
    (call,) = rig.planner.calls
    assert set(call.observation.labels.ravel().tolist()) == {0, 1, 9}


def test_number_and_score_are_of_this_request_only(make_rig):
    rig = make_rig()
    few = request_with_image(rig, num_grasps=1)
    good = request_with_image(rig)
    good.min_score = 0.6
    none = request_with_image(rig)
    none.min_score = 0.9
    answers = [rig.call(request) for request in (few, good, none, request_with_image(rig))]
    assert [len(answer.grasps.grasps) for answer in answers] == [1, 1, 0, 2]
    assert (answers[2].success, answers[2].reason) == (False, 'none')
    assert answers[2].grasps.status == PlanStatus.NO_CANDIDATE


def test_a_request_at_its_defaults_has_the_score_of_the_node_and_a_negative_one_takes_all(rig):
    rig.deliver(rig.images, rig.image(), 'image')
    rig.node.set_parameters([Parameter('min_score', value=0.6)])
    answers = [rig.call(PlanGrasps.Request(min_score=score)) for score in (0.0, -1.0)]
    assert [len(answer.grasps.grasps) for answer in answers] == [1, 2]


def test_approach_up_and_failed_places_are_of_this_request_only(make_rig):
    rig = make_rig()
    wishes = {'approach': 'any', 'up': Vector3(y=-9.81), 'avoid': [Point(x=0.1, y=0.2, z=0.5)]}
    answers = [rig.call(request_with_image(rig, **wishes)), rig.call(request_with_image(rig))]
    assert [answer.grasps.approach for answer in answers] == ['given', 'optical axis']
    asked, usual = rig.planner.calls
    assert (asked.settings.approach, usual.settings.approach) == ('any', 'down')
    np.testing.assert_allclose(asked.observation.up, [0, -1, 0])
    np.testing.assert_array_equal(asked.observation.avoid, [[0.1, 0.2, 0.5]])
    assert usual.observation.up is usual.observation.avoid is None


def test_a_cloud_of_a_robot_is_planned_on_in_its_frame(make_rig):
    rig = make_rig()
    points = np.ones((4, 3), np.float32)
    response = rig.call(PlanGrasps.Request(points=rig.cloud(points, 'base_link')))
    assert response.success
    assert response.grasps.header.frame_id == 'base_link'
    np.testing.assert_array_equal(rig.planner.calls[0].observation.up, [0, 0, 1])
    assert rig.planner.calls[0].observation.axis is None
    strange = rig.call(PlanGrasps.Request(points=rig.cloud(points, 'gripper')))
    assert not strange.success
    assert 'set cloud_frame to optical, x_forward' in strange.reason


@pytest.mark.parametrize(
    ('changes', 'said'),
    [
        ({'approach': 'sideways'}, "approach is 'sideways', expected camera or down or any"),
        ({'up': Vector3(x=np.nan)}, 'expected a direction of three numbers'),
        ({'num_grasps': 5000}, 'max_grasps is 5000, expected 1 to 100'),
        ({'min_score': 2.0}, 'min_score is 2.0'),
        ({'region': RegionOfInterest(x_offset=7, width=2, height=2)}, 'region is 2x2 at (7, 0)'),
        ({'camera_info': None}, 'camera image is 0x0'),
        ({'labels': [3]}, 'labels are requested, but there is no label mask'),
    ],
)
def test_impossible_requests_are_named(make_rig, changes, said):
    rig = make_rig()
    request = request_with_image(rig)
    for name, value in changes.items():
        setattr(request, name, value or type(getattr(request, name))())
    response = rig.call(request)
    assert not response.success
    assert said in response.reason
    assert rig.call(request_with_image(rig)).success


def test_grasps_can_be_had_in_another_frame(make_rig):
    asked = []

    def lookup(target, source, stamp):
        asked.append((target, source, stamp))
        return pose_matrix([1.0, 2.0, 3.0], np.diag([1.0, -1.0, -1.0]))

    rig = make_rig(lookup=lookup)
    request = request_with_image(rig, target_frame='base_link')
    response = rig.call(request)
    stamp = request.depth.header.stamp
    assert response.success
    assert asked == [('base_link', 'camera_optical_frame', stamp)]
    header = response.grasps.header
    assert (header.frame_id, header.stamp) == ('base_link', stamp)
    best = response.grasps.grasps[0]
    assert best.header == header
    np.testing.assert_allclose(
        [best.pose.position.x, best.pose.position.y, best.pose.position.z], [1.0, 1.25, 2.5]
    )
    assert best.contact_points[0] == best.pose.position
    assert best.contact_normals[0].z == pytest.approx(1.0)


def test_the_frame_of_the_image_needs_no_lookup(make_rig):
    rig = make_rig(lookup=None)
    response = rig.call(request_with_image(rig, target_frame='camera_optical_frame'))
    assert response.success


def test_an_unknown_frame_is_named(make_rig):
    def lookup(target, source, stamp):
        raise ValueError(f'no transform from {source!r} to {target!r}')

    rig = make_rig(lookup=lookup)
    response = rig.call(request_with_image(rig, target_frame='moon'))
    assert not response.success
    assert response.reason == "no transform from 'camera_optical_frame' to 'moon'"
    assert rig.planner.calls == []


def test_without_a_way_to_the_frame_it_says_so_and_goes_on(make_rig):
    rig = make_rig()
    response = rig.call(request_with_image(rig, target_frame='moon'))
    assert not response.success
    assert 'tf2_ros' in response.reason or 'no transform' in response.reason
    assert rig.call(request_with_image(rig)).success
