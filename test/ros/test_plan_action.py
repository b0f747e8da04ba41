"""The action plan_grasps_action over real DDS, with a planner that does not think."""

import time

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from action_msgs.msg import GoalStatus
from dexnet_core.planning.grasp import PlanStatus
from dexnet_msgs.action import PlanGraspsAction
from dexnet_msgs.srv import PlanGrasps
from dexnet_ros.image_conversions import image_to_msg, mask_to_msg
from lifecycle_msgs.msg import Transition
from rclpy.action import ActionClient
from sensor_msgs.msg import RegionOfInterest

LABELS = np.array([[0] * 8, [1, 1, 0, 4, 4, 0, 9, 9]] * 3, np.int32)
"""Three objects in an image of 6x8."""


class Robot:
    """Sends goals to a rig's node."""

    def __init__(self, rig):
        self.rig = rig
        self._client = ActionClient(rig.user, PlanGraspsAction, 'plan_grasps_action')
        self.told = []

    def send(self, goal):
        """The handle of a goal, accepted or not."""
        self.rig.wait(self._client.server_is_ready, 'action server')
        future = self._client.send_goal_async(goal, lambda msg: self.told.append(msg.feedback))
        self.rig.wait(future.done, 'answer to the goal')
        return future.result()

    def result(self, handle):
        """The (status, result) of an accepted goal."""
        assert handle.accepted
        future = handle.get_result_async()
        self.rig.wait(future.done, 'result')
        return future.result().status, future.result().result

    def labels_planned(self):
        """The labels that each plan was made for."""
        seen = [call.observation.labels for call in self.rig.planner.calls]
        return [
            sorted(set(labels.ravel().tolist()) - {0}) for labels in seen if labels is not None
        ]

    def hear_feedback(self):
        """Send goals until one is told of: feedback sent before both sides know it is lost."""
        while not any(msg.stage == 'done' for msg in self.told):
            self.result(self.send(goal_with(self.rig)))
            self._listen(0.5)
        self._listen(0.5)
        self.told.clear()
        self.rig.planner.calls.clear()

    def _listen(self, seconds):
        end = time.monotonic() + seconds
        self.rig.wait(lambda: time.monotonic() > end, 'time')

    def close(self):
        self._client.destroy()


@pytest.fixture
def robot(make_rig):
    robot = Robot(make_rig())
    yield robot
    robot.close()


def goal_with(rig, seen=None, **wishes):
    """A goal with an image, and a label mask if there are labels."""
    goal = PlanGraspsAction.Goal(depth=rig.image(), camera_info=rig.info(), **wishes)
    if seen is not None:
        goal.mask = image_to_msg(seen.astype(np.uint16), '16UC1', rig.header())
    return goal


def object_goal(rig, **wishes):
    return goal_with(rig, LABELS, per_object=True, **wishes)


def begun(robot, seen=LABELS):
    """The handle of a goal for several objects whose first plan has begun and does not end."""
    robot.rig.planner.gate.clear()
    handle = robot.send(goal_with(robot.rig, seen, per_object=True))
    robot.rig.wait(lambda: robot.rig.planner.calls, 'first plan')
    return handle


def test_the_goal_has_every_choice_of_the_service():
    goal = PlanGraspsAction.Goal.get_fields_and_field_types()
    request = PlanGrasps.Request.get_fields_and_field_types()
    assert goal == request | {'per_object': 'boolean'}


def test_the_comments_of_the_choices_are_those_of_the_service(repo):
    action = (repo / 'dexnet_msgs/action/PlanGraspsAction.action').read_text()
    service = (repo / 'dexnet_msgs/srv/PlanGrasps.srv').read_text()
    choices = service.split('\n---\n')[0].split('\n\n', 1)[1]
    assert choices in action


def test_a_scene_is_planned_as_the_service_does(robot):
    goal = goal_with(robot.rig, num_grasps=1)
    status, result = robot.result(robot.send(goal))
    assert status == GoalStatus.STATUS_SUCCEEDED
    assert (result.success, result.reason) == (True, '')
    assert result.grasps.header == goal.depth.header
    assert [grasp.score for grasp in result.grasps.grasps] == [0.75]
    assert result.grasps.planning_ms > 0


def test_each_object_is_planned_on_its_own_and_told_of(robot):
    robot.hear_feedback()
    handle = robot.send(object_goal(robot.rig))
    # A client of rclpy hears no feedback of a goal any more once it has the result.
    robot.rig.wait(lambda: len(robot.told) == 4, 'feedback')
    status, result = robot.result(handle)
    assert (status, result.success) == (GoalStatus.STATUS_SUCCEEDED, True)
    assert robot.labels_planned() == [[1], [4], [9]]
    assert [grasp.score for grasp in result.grasps.grasps] == [0.75] * 3 + [0.5] * 3
    assert {stage.name: stage.ms for stage in result.grasps.stages} == {'segment': 3, 'network': 6}
    assert [(item.reason, item.count) for item in result.grasps.refused] == [('no room', 21)]
    told = [(msg.stage, msg.objects_done, msg.objects, msg.grasps) for msg in robot.told]
    stages = ['planning object 1', 'planning object 4', 'planning object 9', 'done']
    assert told == [(stage, k, 3, 2 * k) for k, stage in enumerate(stages)]


def test_num_grasps_is_for_each_object(robot):
    _, result = robot.result(robot.send(object_goal(robot.rig, num_grasps=1)))
    assert [grasp.score for grasp in result.grasps.grasps] == [0.75] * 3


def test_labels_choose_objects_together_or_one_by_one(robot):
    robot.result(robot.send(goal_with(robot.rig, LABELS, labels=[9, 1, 9])))
    robot.result(robot.send(object_goal(robot.rig, labels=[9, 1, 9])))
    assert robot.labels_planned() == [[1, 9], [1], [9]]


def test_the_region_chooses_objects(robot):
    region = RegionOfInterest(x_offset=0, y_offset=0, width=5, height=6)
    robot.result(robot.send(object_goal(robot.rig, region=region)))
    assert robot.labels_planned() == [[1], [4]]


def test_the_latest_image_and_mask_are_planned_on(rig):
    rig.deliver(rig.masks, image_to_msg(LABELS.astype(np.uint16), '16UC1', rig.header()), 'mask')
    rig.deliver(rig.images, rig.image(), 'image')
    robot = Robot(rig)
    _, result = robot.result(robot.send(PlanGraspsAction.Goal(per_object=True)))
    assert result.success
    assert robot.labels_planned()[-3:] == [[1], [4], [9]]
    robot.close()


@pytest.mark.parametrize(
    ('labels', 'wishes', 'said'),
    [
        (None, {'per_object': True}, 'labels are requested, but there is no label mask'),
        (None, {'labels': [1]}, 'labels are requested, but there is no label mask'),
        (LABELS, {'labels': [4, 7]}, 'label 7 is not in the mask, which has 1, 4, 9'),
        (LABELS, {'num_grasps': 5000}, 'max_grasps is 5000'),
    ],
)
def test_what_cannot_be_planned_is_aborted_with_the_reason(robot, labels, wishes, said):
    status, result = robot.result(robot.send(goal_with(robot.rig, labels, **wishes)))
    assert (status, result.success) == (GoalStatus.STATUS_ABORTED, False)
    assert said in result.reason
    assert result.grasps.status == PlanStatus.BAD_INPUT
    assert robot.result(robot.send(goal_with(robot.rig)))[1].success


def test_a_mask_of_one_object_has_no_objects(robot):
    goal = goal_with(robot.rig, per_object=True)
    goal.mask = mask_to_msg(LABELS > 0, robot.rig.header())
    status, result = robot.result(robot.send(goal))
    assert status == GoalStatus.STATUS_ABORTED
    assert 'no label mask' in result.reason


def test_an_empty_answer_is_no_failure(robot):
    goal = object_goal(robot.rig)
    goal.min_score = 0.9
    status, result = robot.result(robot.send(goal))
    assert status == GoalStatus.STATUS_SUCCEEDED
    assert (result.success, result.reason) == (False, 'none')
    assert result.grasps.status == PlanStatus.NO_CANDIDATE


def test_a_cancelled_goal_ends_after_the_object_that_is_planned(robot):
    handle = begun(robot)
    cancelled = handle.cancel_goal_async()
    robot.rig.planner.gate.set()
    robot.rig.wait(cancelled.done, 'answer to the cancellation')
    status, result = robot.result(handle)
    assert (status, result.success) == (GoalStatus.STATUS_CANCELED, False)
    assert result.reason == 'cancelled'
    assert len(result.grasps.grasps) == 2 * len(robot.labels_planned())
    assert robot.labels_planned() in ([[1]], [[1], [4]])


def test_a_newer_goal_preempts_the_running_one(robot):
    older = begun(robot)
    future = robot._client.send_goal_async(goal_with(robot.rig, LABELS, labels=[9]))
    robot.rig.planner.gate.set()
    robot.rig.wait(future.done, 'answer to the newer goal')
    status, result = robot.result(older)
    assert (status, result.reason) == (GoalStatus.STATUS_ABORTED, 'preempted by a newer goal')
    assert not result.success
    assert result.grasps.grasps
    status, result = robot.result(future.result())
    assert (status, result.success) == (GoalStatus.STATUS_SUCCEEDED, True)


def kind_of(observation):
    """Whether a plan is of a goal, of a request or of the stream, of one letter."""
    if observation.labels is not None:
        return 'g'
    return 'r' if observation.shape == (12, 16) else 's'


def test_images_and_requests_are_answered_between_objects(rig):
    robot = Robot(rig)
    handle = begun(robot, np.arange(48).reshape(6, 8))
    image = rig.image((12, 16))
    response = rig.client.call_async(
        PlanGrasps.Request(depth=image, camera_info=rig.info((12, 16)))
    )
    rig.images.publish(rig.image())
    rig.planner.gate.set()
    robot.result(handle)
    rig.wait(response.done, 'response')
    planned = ''.join(kind_of(call.observation) for call in rig.planner.calls)
    assert planned.count('g') == 47
    assert planned.index('r') < 5
    assert planned.index('s') < 20
    robot.close()


def test_a_fault_at_one_object_leaves_the_others(robot, monkeypatch):
    plan = type(robot.rig.planner).plan

    def faulty(self, observation):
        if 4 in observation.labels:
            raise RuntimeError('out of luck')
        return plan(self, observation)

    monkeypatch.setattr(type(robot.rig.planner), 'plan', faulty)
    status, result = robot.result(robot.send(object_goal(robot.rig)))
    assert (status, result.success) == (GoalStatus.STATUS_SUCCEEDED, True)
    assert len(result.grasps.grasps) == 4


def test_an_inactive_node_refuses_goals_and_ends_the_running_one(robot):
    rig = robot.rig
    handle = begun(robot)
    rig.planner.gate.set()
    assert rig.change_state(Transition.TRANSITION_DEACTIVATE)
    status, result = robot.result(handle)
    if status == GoalStatus.STATUS_ABORTED:  # else it was done before the transition came
        assert result.reason == 'the node was deactivated'
    assert not robot.send(goal_with(rig)).accepted
    assert rig.change_state(Transition.TRANSITION_ACTIVATE)
    assert robot.result(robot.send(goal_with(rig)))[1].success
