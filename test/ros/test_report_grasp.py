"""The service report_grasp over real DDS: picks are written once it is told how they ended."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.geometry.transform import pose_matrix
from dexnet_core.io.picks.pick_log import pick_files, read_log
from dexnet_core.planning.planners.settings import JawSettings
from dexnet_msgs.action import PlanGraspsAction
from dexnet_msgs.srv import PlanGrasps, ReportGrasp
from rclpy.action import ActionClient
from rclpy.parameter import Parameter


@pytest.fixture
def folder(tmp_path):
    return tmp_path / 'picks'


@pytest.fixture
def recording(make_rig, folder):
    """Return a function that makes a node that records, which has camera info."""

    def make(limit=10, **options):
        values = {'record': str(folder), 'record_limit': limit}
        parameters = [Parameter(name, value=value) for name, value in values.items()]
        return with_camera(make_rig(parameters, **options))

    return make


def with_camera(rig):
    rig.deliver(rig.infos, rig.info(), 'camera_info')
    rig.reports = rig.user.create_client(ReportGrasp, 'report_grasp')
    return rig


def report(rig, grasp, held, note=''):
    request = ReportGrasp.Request(grasp=grasp, held=held, note=note)
    return rig.ask(rig.reports, request)


def picks(folder):
    return [pick for _, pick in read_log(folder)]


def test_a_pick_of_the_stream_is_written_once_it_is_reported(recording, folder):
    rig = recording()
    image = rig.image(metres=0.5)
    grasps = rig.answer_to(image)
    assert not folder.exists()
    response = report(rig, grasps.grasps[1], held=True, note='blue')
    assert (response.success, response.reason) == (True, '')
    (pick,) = picks(folder)
    assert (pick.tried, pick.held, pick.note) == (1, True, 'blue')
    assert pick.seen.depth == pytest.approx(np.full((6, 8), 0.5))
    assert pick.seen.camera.fx == 500.0
    assert pick.offered.scores == pytest.approx([0.75, 0.5])
    assert pick.gripper == rig.planner.gripper
    assert pick.made.frame == 'camera_optical_frame'
    assert pick.made.stamp_ns == image.header.stamp.sec * 10**9
    assert pick.made.settings['approach'] == 'down'


def test_a_pick_of_a_request_in_another_frame_is_written_in_that_of_the_image(recording, folder):
    T_base_camera = pose_matrix([1.0, 2.0, 3.0], np.diag([1.0, -1.0, -1.0]))
    rig = recording(lookup=lambda *_: T_base_camera, settings=JawSettings)
    request = PlanGrasps.Request(depth=rig.image(), camera_info=rig.info(), target_frame='base')
    grasp = rig.call(request).grasps.grasps[0]
    assert grasp.header.frame_id == 'base'
    assert report(rig, grasp, held=False).success
    (pick,) = picks(folder)
    assert pick.offered.poses[0][:3, 3] == pytest.approx([0, 0.75, 0.5])
    assert pick.offered.widths[0] == 0.0625
    assert (pick.tried, pick.held, pick.made.frame) == (0, False, 'base')


def test_a_pick_of_a_goal_is_written(recording, folder):
    rig = recording()
    client = ActionClient(rig.user, PlanGraspsAction, 'plan_grasps_action')
    rig.wait(client.server_is_ready, 'server')
    goal = PlanGraspsAction.Goal(depth=rig.image(), camera_info=rig.info())
    sent = client.send_goal_async(goal)
    rig.wait(sent.done, 'goal')
    ended = sent.result().get_result_async()
    rig.wait(ended.done, 'result')
    assert report(rig, ended.result().result.grasps.grasps[1], held=True).success
    assert [pick.tried for pick in picks(folder)] == [1]
    client.destroy()


def test_what_is_not_known_is_refused_with_a_reason(recording, folder):
    rig = recording()
    grasp = rig.answer_to(rig.image()).grasps[0]
    grasp.header.stamp.sec += 77
    response = report(rig, grasp, held=True)
    assert not response.success
    assert 'is known, expected one of the last' in response.reason
    grasp.pose.orientation.w = grasp.pose.orientation.x = 0.0
    assert not report(rig, grasp, held=True).success
    assert not folder.exists()


def test_a_node_that_does_not_record_says_so(make_rig):
    rig = with_camera(make_rig())
    response = report(rig, rig.answer_to(rig.image()).grasps[0], held=True)
    assert not response.success
    assert 'the parameter record' in response.reason


def test_a_full_folder_ends_the_recording_and_not_the_planning(recording, folder):
    rig = recording(limit=1)
    first, second = (rig.answer_to(rig.image()).grasps[0] for _ in range(2))
    assert report(rig, first, held=True).success
    refused = report(rig, second, held=True)
    assert not refused.success
    assert 'recording has ended' in refused.reason
    assert '1 picks' in refused.reason
    assert report(rig, first, held=False).reason == refused.reason
    assert rig.answer_to(rig.image()).grasps
    assert len(pick_files(folder)) == 1


def test_a_full_disk_ends_the_recording_and_not_the_planning(recording, monkeypatch, folder):
    def full(*_, **__):
        raise OSError(28, 'No space left on device')

    rig = recording()
    monkeypatch.setattr('dexnet_core.io.picks.pick_log.write_pick', full)
    response = report(rig, rig.answer_to(rig.image()).grasps[0], held=True)
    assert 'No space left on device' in response.reason
    assert rig.answer_to(rig.image()).grasps


def test_a_cloud_is_planned_on_and_not_recorded(recording, folder):
    rig = recording()
    grasps = rig.answer_to(rig.cloud(np.full((6, 8, 3), 0.5, np.float32)))
    assert grasps.grasps
    assert not report(rig, grasps.grasps[0], held=True).success
    assert not folder.exists()


def test_a_file_in_the_place_of_the_folder_is_an_error_at_the_start(make_rig, folder):
    folder.write_text('')
    with pytest.raises(NotADirectoryError):
        make_rig([Parameter('record', value=str(folder))])
