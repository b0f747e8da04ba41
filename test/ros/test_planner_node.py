"""The planner node over real DDS, with a planner that does not think."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.planning.grasp import PlanStatus
from dexnet_core.planning.planners.planner_registry import PlannerKind, SUCTION
from dexnet_core.planning.planners.settings import SuctionSettings
from dexnet_msgs.msg import GraspHeatmap
from dexnet_ros import planner_outputs
from dexnet_ros.conversions import heatmap_from_msg
from dexnet_ros.image_conversions import depth_to_msg, mask_to_msg
from dexnet_ros.planner_node import PlannerNode
from lifecycle_msgs.msg import Transition
import rclpy
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile
from rvl_encoder import compressed_depth
from sensor_msgs.msg import CompressedImage, Image
from std_srvs.srv import Trigger
from visualization_msgs.msg import Marker, MarkerArray


def test_an_image_is_answered_in_its_own_frame_and_at_its_own_time(rig):
    image = rig.image()
    grasps = rig.answer_to(image)
    assert (grasps.status, grasps.message, grasps.model) == (PlanStatus.OK, '', 'fake 1')
    assert grasps.header == image.header
    assert [grasp.header for grasp in grasps.grasps] == [image.header] * 2
    assert [grasp.score for grasp in grasps.grasps] == [0.75, 0.5]
    assert grasps.planning_ms > 0
    assert [(stage.name, stage.ms) for stage in grasps.stages] == [('segment', 1), ('network', 2)]
    assert [(item.reason, item.count) for item in grasps.refused] == [('no room', 7)]
    assert grasps.approach == 'optical axis'


def test_every_planner_takes_clouds_in_an_optical_frame_or_one_whose_z_is_upwards(rig):
    points = np.random.default_rng(0).uniform(0.4, 0.6, (6, 8, 3)).astype(np.float32)
    for frame in ('camera_optical_frame', 'base_link'):
        cloud = rig.cloud(points, frame)
        grasps = rig.answer_to(cloud)
        assert (grasps.status, grasps.header) == (PlanStatus.OK, cloud.header)
        observation = rig.planner.calls[-1].observation
        np.testing.assert_array_equal(observation.points, points)
        if frame == 'base_link':
            assert (observation.up.tolist(), grasps.approach) == ([0, 0, 1], 'given')
        else:
            assert (observation.axis.tolist(), observation.up) == ([0, 0, 1], None)


@pytest.mark.parametrize('coding', ['png', 'rvl'])
def test_compressed_depth_is_taken_where_it_is_asked_for(make_rig, coding):
    rig = make_rig([Parameter('image_transport', value='compressedDepth')])
    rig.deliver(rig.infos, rig.info(), 'camera_info')
    rig.images = rig.user.create_publisher(
        CompressedImage, 'depth/image_rect/compressedDepth', QoSProfile(depth=1)
    )
    pixels = np.random.default_rng(0).integers(400, 600, (6, 8)).astype(np.uint16)
    msg = CompressedImage(header=rig.header(), format=f'16UC1; compressedDepth {coding}')
    msg.data.frombytes(compressed_depth(pixels, coding))
    assert rig.answer_to(msg).status == PlanStatus.OK
    np.testing.assert_allclose(rig.planner.calls[-1].observation.depth, pixels / 1000, rtol=1e-6)
    broken = CompressedImage(header=rig.header(), format=msg.format, data=msg.data[:20])
    answer = rig.answer_to(broken)
    assert answer.status == PlanStatus.BAD_INPUT
    assert 'cut off' in answer.message


def test_a_cloud_in_a_frame_whose_name_says_nothing_is_named(make_rig):
    points = np.ones((5, 3), np.float32)
    rig = make_rig()
    grasps = rig.answer_to(rig.cloud(points, 'tool'))
    assert grasps.status == PlanStatus.BAD_INPUT
    assert "the frame 'tool' of the cloud" in grasps.message


@pytest.mark.parametrize(('kind', 'up'), [('optical', None), ('z_up', [0, 0, 1])])
def test_a_parameter_says_what_frame_clouds_are_in(make_rig, kind, up):
    rig = make_rig([Parameter('cloud_frame', value=kind)])
    assert rig.answer_to(rig.cloud(np.ones((5, 3)), 'tool')).status == PlanStatus.OK
    got = rig.planner.calls[-1].observation.up
    assert got is None if up is None else got.tolist() == up


def test_heatmap_and_markers_have_the_header_of_the_image(rig):
    heatmaps, markers = [], []
    rig.user.create_subscription(GraspHeatmap, 'heatmap', heatmaps.append, 1)
    rig.user.create_subscription(MarkerArray, 'markers', markers.append, 1)
    image = rig.image()
    rig.repeat(
        lambda: rig.images.publish(image), lambda: heatmaps and markers, 'heat map and markers'
    )
    assert heatmaps[0].header == heatmaps[0].image.header == image.header
    np.testing.assert_array_equal(heatmap_from_msg(heatmaps[0]), np.full((6, 8), 0.5))
    kinds = [marker.type for marker in markers[0].markers[1:]]
    assert markers[0].markers[0].action == Marker.DELETEALL
    assert kinds == [Marker.CYLINDER, Marker.ARROW] * 2
    assert {marker.header.frame_id for marker in markers[0].markers} == {'camera_optical_frame'}


def test_no_message_is_made_that_nobody_listens_to(rig, monkeypatch):
    def forbidden(*_):
        raise AssertionError('nobody listens')

    for make in ('heatmap_to_msg', 'markers_from_grasps', 'poses_from_grasps', 'draw_observation'):
        monkeypatch.setattr(planner_outputs, make, forbidden)
    for _ in range(2):
        assert rig.answer_to(rig.image()).status == PlanStatus.OK


def test_nothing_is_planned_while_nobody_listens(rig):
    rig.stop_listening()
    publisher = rig.node._outputs._publishers['grasps']
    rig.wait(lambda: publisher.get_subscription_count() == 0, 'end of the subscription')
    rig.deliver(rig.images, rig.image(), 'image')
    rig.deliver(rig.images, rig.image(), 'image')
    assert rig.planner.calls == []


def broken(image, **changes):
    for name, value in changes.items():
        setattr(image, name, value)
    return image


@pytest.mark.parametrize(
    ('changes', 'said'),
    [
        ({'encoding': 'rgb8'}, "encoding 'rgb8', expected 32FC1 or 16UC1 or mono16"),
        ({'width': 0}, 'depth image is 0x6'),
        ({'height': 7}, '192 bytes, expected step * height = 224'),
        ({'step': 3}, 'step 3, expected at least 32'),
        ({'height': 4}, 'camera is for 8x6, the image is 8x4'),
    ],
)
def test_bad_images_are_named_and_good_ones_planned_again(rig, changes, said):
    grasps = rig.answer_to(broken(rig.image(), **changes))
    assert grasps.status == PlanStatus.BAD_INPUT
    assert said in grasps.message
    assert grasps.grasps == []
    assert rig.answer_to(rig.image()).status == PlanStatus.OK


def test_an_uncalibrated_camera_is_named(rig):
    info = rig.info()
    info.k, info.p = np.zeros(9), np.zeros(12)
    rig.deliver(rig.infos, info, 'camera_info')
    assert 'fx is 0.0' in rig.answer_to(rig.image()).message


def test_what_was_not_measured_is_zero_for_the_planner(rig):
    depth = np.full((6, 8), 0.5, np.float32)
    depth[0, :4] = [np.nan, np.inf, -np.inf, -1]
    rig.answer_to(depth_to_msg(depth, '32FC1', rig.header()))
    np.testing.assert_array_equal(
        rig.planner.calls[0].observation.depth[0], [0, 0, 0, 0, 0.5, 0.5, 0.5, 0.5]
    )


def test_a_camera_may_come_back_with_another_resolution(rig):
    assert rig.answer_to(rig.image()).status == PlanStatus.OK
    assert rig.answer_to(rig.image((12, 12))).status == PlanStatus.BAD_INPUT
    rig.deliver(rig.infos, rig.info((12, 12)), 'camera_info')
    assert rig.answer_to(rig.image((12, 12))).status == PlanStatus.OK
    assert rig.planner.calls[-1].observation.camera.shape == (12, 12)


def test_the_mask_says_where(rig):
    mask = np.zeros((6, 8), bool)
    mask[2:4, 3:5] = True
    rig.deliver(rig.masks, mask_to_msg(mask, rig.header()), 'mask')
    assert rig.answer_to(rig.image()).status == PlanStatus.OK
    np.testing.assert_array_equal(rig.planner.calls[0].observation.mask, mask)


def test_a_mask_of_another_size_is_named(rig):
    rig.deliver(rig.masks, mask_to_msg(np.ones((3, 4), bool), rig.header()), 'mask')
    grasps = rig.answer_to(rig.image())
    assert (grasps.status, grasps.message) == (
        PlanStatus.BAD_INPUT,
        'mask is 4x3, expected 8x6 as the input. It is dropped after 10 s, or at once by '
        'clear_mask',
    )
    rig.masks.publish(Image())
    rig.wait(lambda: rig.node._latest.mask is None, 'end of the mask')
    assert rig.answer_to(rig.image()).status == PlanStatus.OK


def test_a_service_clears_the_mask(rig):
    client = rig.user.create_client(Trigger, 'clear_mask')
    rig.deliver(rig.masks, mask_to_msg(np.eye(6, 8, dtype=bool), rig.header()), 'mask')
    said = [rig.ask(client, Trigger.Request()) for _ in range(2)]
    assert [answer.success for answer in said] == [True, True]
    assert [answer.message for answer in said] == ['the mask is dropped', 'there was no mask']
    rig.answer_to(rig.image())
    assert rig.planner.calls[0].observation.mask is None


def test_a_fault_of_the_planner_does_not_end_the_node(rig):
    rig.planner.shared['fault'] = RuntimeError('out of luck')
    grasps = rig.answer_to(rig.image())
    assert grasps.status == PlanStatus.BAD_INPUT
    assert 'out of luck' in grasps.message
    rig.planner.shared['fault'] = None
    assert rig.answer_to(rig.image()).status == PlanStatus.OK


def test_of_images_faster_than_the_planner_the_newest_is_planned(rig):
    rig.planner.gate.clear()
    first = rig.image(metres=0.5)
    rig.repeat(lambda: rig.images.publish(first), lambda: rig.planner.calls, 'first plan')
    for k in range(1, 21):
        newest = rig.image(metres=0.5 + k / 100)
        rig.images.publish(newest)
    rig.planner.gate.set()
    rig.answer_to(newest)
    planned = sorted({round(float(call.observation.depth[0, 0]), 2) for call in rig.planner.calls})
    assert len(planned) <= 3
    assert planned[-1] == 0.7


def test_settings_change_while_running(rig):
    assert len(rig.answer_to(rig.image()).grasps) == 2
    results = rig.node.set_parameters([Parameter('max_grasps', value=1)])
    assert results[0].successful
    assert len(rig.answer_to(rig.image()).grasps) == 1


def test_an_empty_answer_says_why(rig):
    rig.node.set_parameters([Parameter('min_score', value=0.9)])
    grasps = rig.answer_to(rig.image())
    assert (grasps.status, grasps.message) == (PlanStatus.NO_CANDIDATE, 'none')


def test_a_deactivated_node_does_not_listen(rig):
    assert rig.answer_to(rig.image()).status == PlanStatus.OK
    assert rig.change_state(Transition.TRANSITION_DEACTIVATE)
    rig.wait(lambda: rig.images.get_subscription_count() == 0, 'end of the subscription')
    rig.wait(lambda: not rig.client.service_is_ready(), 'end of the service')
    assert rig.change_state(Transition.TRANSITION_ACTIVATE)
    rig.deliver(rig.infos, rig.info(), 'camera_info')
    assert rig.answer_to(rig.image()).status == PlanStatus.OK


def test_a_mask_that_is_kept_by_its_sender_counts_again(rig):
    rig.user.destroy_publisher(rig.masks)
    kept = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    rig.masks = rig.user.create_publisher(Image, 'mask', kept)
    rig.masks.publish(mask_to_msg(np.eye(6, 8, dtype=bool), rig.header()))
    for _ in range(2):
        rig.wait(lambda: rig.node._latest.mask is not None, 'mask')
        assert rig.change_state(Transition.TRANSITION_DEACTIVATE)
        assert rig.node._latest.mask is None
        assert rig.change_state(Transition.TRANSITION_ACTIVATE)


def test_a_lifecycle_manager_may_start_and_end_it(make_rig):
    rig = make_rig([Parameter('autostart', value=False)])
    assert rig.images.get_subscription_count() == 0
    assert rig.change_state(Transition.TRANSITION_CONFIGURE)
    assert rig.change_state(Transition.TRANSITION_ACTIVATE)
    rig.deliver(rig.infos, rig.info(), 'camera_info')
    assert rig.answer_to(rig.image()).status == PlanStatus.OK
    assert rig.change_state(Transition.TRANSITION_DEACTIVATE)
    assert rig.change_state(Transition.TRANSITION_CLEANUP)
    assert rig.change_state(Transition.TRANSITION_UNCONFIGURED_SHUTDOWN)


def test_a_destroyed_node_leaves_the_network_before_it_is_garbage(isolated_ros):
    # Within a context the graph is known without messages, so there is nothing to wait for.
    user = rclpy.create_node('user')
    node = PlannerNode('leaving', SUCTION)
    try:
        assert 'leaving' in user.get_node_names()
        node.destroy_node()
        assert 'leaving' not in user.get_node_names()
    finally:
        user.destroy_node()


def test_a_model_that_cannot_be_loaded_is_said_in_one_line(isolated_ros, capfd):
    def load(model, settings, threads, gripper):
        raise FileNotFoundError(f'no model file {model}')

    kind = PlannerKind(load, SuctionSettings)
    node = PlannerNode('planner', kind, parameter_overrides=[Parameter('model', value='x')])
    try:
        assert not node.start()
    finally:
        node.destroy_node()
    assert 'cannot load the planner: no model file x' in capfd.readouterr().err
