"""The stream in another frame than the camera's, over real DDS, with a planner that is a fake."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.geometry.transform import pose_matrix
from dexnet_core.planning.grasp import PlanStatus
from dexnet_msgs.action import PlanGraspsAction
from dexnet_msgs.msg import GraspArray, GraspHeatmap
from dexnet_msgs.srv import PlanGrasps
from dexnet_ros.conversions import grasp_from_msg
from dexnet_ros.show_grasps import ShowGrasps
from rclpy.action import ActionClient
from rclpy.parameter import Parameter
from visualization_msgs.msg import MarkerArray

T_BASE_CAMERA = pose_matrix([1.0, 2.0, 3.0], np.diag([1.0, -1.0, -1.0]))
BEST_IN_BASE = [1.0, 1.25, 2.5]
"""The fake's best grasp is at 0, 0.75, 0.5 in the camera's frame."""


class Lookup:
    """Knows one transform, and remembers what it was asked."""

    def __init__(self):
        self.asked = []
        self.is_known = True

    def __call__(self, target, source, stamp):
        self.asked.append((target, source, stamp))
        if not self.is_known:
            raise ValueError(f'no transform from {source!r} to {target!r}')
        return T_BASE_CAMERA


@pytest.fixture
def lookup():
    return Lookup()


@pytest.fixture
def rig(make_rig, lookup):
    rig = make_rig([Parameter('target_frame', value='base_link')], lookup=lookup)
    rig.deliver(rig.infos, rig.info(), 'camera_info')
    return rig


def test_the_stream_is_in_the_target_frame_at_the_stamp_of_the_image(rig, lookup):
    heatmaps, markers = [], []
    rig.user.create_subscription(GraspHeatmap, 'heatmap', heatmaps.append, 1)
    rig.user.create_subscription(MarkerArray, 'markers', markers.append, 1)
    image = rig.image()
    rig.repeat(
        lambda: rig.images.publish(image),
        lambda: heatmaps and markers and rig.grasps,
        'grasps, heat map and markers',
    )
    grasps = rig.grasps[-1]
    assert lookup.asked[-1] == ('base_link', 'camera_optical_frame', image.header.stamp)
    assert (grasps.header.frame_id, grasps.header.stamp) == ('base_link', image.header.stamp)
    np.testing.assert_allclose(grasp_from_msg(grasps.grasps[0]).position, BEST_IN_BASE)
    assert heatmaps[-1].header == heatmaps[-1].image.header == image.header
    shape = markers[-1].markers[1]
    assert shape.header == grasps.header
    assert shape.pose == grasps.grasps[0].pose


def test_an_unknown_frame_is_answered_in_the_frame_of_the_image(rig, lookup):
    lookup.is_known = False
    image = rig.image()
    grasps = rig.answer_to(image)
    assert grasps.status == PlanStatus.BAD_INPUT
    assert grasps.message == "no transform from 'camera_optical_frame' to 'base_link'"
    assert grasps.header == image.header
    assert rig.planner.calls == []
    lookup.is_known = True
    assert rig.answer_to(rig.image()).header.frame_id == 'base_link'


def test_requests_are_in_the_target_frame_unless_they_name_another(rig):
    for wanted, got in (('', 'base_link'), ('camera_optical_frame', 'camera_optical_frame')):
        request = PlanGrasps.Request(
            depth=rig.image(), camera_info=rig.info(), target_frame=wanted
        )
        assert rig.call(request).grasps.header.frame_id == got


def test_goals_are_in_the_target_frame(rig):
    client = ActionClient(rig.user, PlanGraspsAction, 'plan_grasps_action')
    rig.wait(client.server_is_ready, 'action server')
    goal = PlanGraspsAction.Goal(depth=rig.image(), camera_info=rig.info())
    sent = client.send_goal_async(goal)
    rig.wait(sent.done, 'answer to the goal')
    result = sent.result().get_result_async()
    rig.wait(result.done, 'result')
    grasps = result.result().result.grasps
    assert grasps.header.frame_id == 'base_link'
    np.testing.assert_allclose(grasp_from_msg(grasps.grasps[0]).position, BEST_IN_BASE)
    client.destroy()


def test_the_picture_of_grasps_in_an_unknown_frame_is_not_drawn(rig):
    shown = ShowGrasps(1)
    image, info = rig.image(), rig.info()
    info.header = image.header
    grasps = GraspArray(header=rig.answer_to(image).header)
    heatmap = GraspHeatmap(header=image.header)
    for msg in (image, info, grasps, heatmap):
        key = (image.header.stamp.sec, image.header.stamp.nanosec)
        shown._by_stamp[type(msg)][key] = msg
    assert shown.picture() is None
    assert 'no picture: ' in shown.status
    shown.destroy_node()
