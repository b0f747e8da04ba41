"""The example for MoveIt asks a real node, and makes the stages of a pick.

MoveIt is not here: its classes are stand-ins that know the names which version 0.1.5 of the Python
bindings of MoveIt Task Constructor has, and no others.
"""

import importlib.util
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.geometry.transform import pose_matrix, rotation_of
from dexnet_core.planning.planners.settings import JawSettings
from dexnet_msgs.action import PlanGraspsAction
import rclpy
from rclpy.parameter import Parameter
from test_moveit_grasps import a_grasp, answer, TILTED

EVERY_STAGE = ('timeout', 'marker_ns', 'forwarded_properties')
HAS = {
    'CurrentState': (),
    'ModifyPlanningScene': ('allowCollisions',),
    'MoveTo': ('group', 'ik_frame', 'path_constraints', 'setGoal'),
    'MoveRelative': (
        *('group', 'ik_frame', 'min_distance', 'max_distance', 'path_constraints'),
        'setDirection',
    ),
    'Connect': ('merge_mode', 'max_distance', 'path_constraints'),
    'GeneratePose': ('pose', 'setMonitoredStage'),
    'ComputeIK': (
        *('eef', 'group', 'default_pose', 'max_ik_solutions', 'ignore_collisions'),
        *('min_solution_distance', 'constraints', 'ik_frame', 'target_pose'),
    ),
}
INTERFACE = object()


class Stage:
    """Has its name, what it was made with, and what it was told; refuses names that are new."""

    def __init__(self, name, given=None):
        vars(self).update(name=name, given=given, told={}, sources=[])
        kind = type(self).__name__
        for method in (known for known in HAS[kind] if known.startswith(('set', 'allow'))):
            vars(self)[method] = lambda *words, method=method: self.told.update({method: words})
        vars(self)['properties'] = SimpleNamespace(
            configureInitFrom=lambda source, names: self.sources.append((source, names))
        )

    def __setattr__(self, name, value):
        assert name in (*HAS[type(self).__name__], *EVERY_STAGE), f'{type(self).__name__}.{name}'
        vars(self)[name] = value


class Task:
    """Stages in their order."""

    def __init__(self):
        self.stages = []

    def loadRobotModel(self, node):  # noqa: N802
        self.node = node

    def add(self, *stages):
        self.stages += stages

    def __getitem__(self, name):
        return next(stage for stage in self.stages if stage.name == name)


@pytest.fixture
def pick(repo, monkeypatch):
    """The example, with the stand-ins."""
    stages = SimpleNamespace(**{name: type(name, (Stage,), {}) for name in HAS})
    core = SimpleNamespace(
        Task=Task,
        CartesianPath=lambda: 'cartesian',
        JointInterpolationPlanner=lambda: 'joints',
        PipelinePlanner=lambda node: ('pipeline', node),
        Stage=SimpleNamespace(PropertyInitializerSource=SimpleNamespace(INTERFACE=INTERFACE)),
    )
    constructor = ModuleType('moveit.task_constructor')
    vars(constructor).update(core=core, stages=stages)
    monkeypatch.setitem(sys.modules, 'moveit', ModuleType('moveit'))
    monkeypatch.setitem(sys.modules, 'moveit.task_constructor', constructor)
    spec = importlib.util.spec_from_file_location(
        'moveit_pick', repo / 'examples' / 'moveit_pick.py'
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def grasp():
    return answer(a_grasp(np.array([0.4, 0.1, 0.02]), TILTED)).grasps[0]


def matrix(pose):
    place, turn = pose.position, pose.orientation
    R = rotation_of(np.array([turn.x, turn.y, turn.z, turn.w]))
    return pose_matrix([place.x, place.y, place.z], R)


def test_the_stages_are_those_of_a_pick(pick, grasp):
    task = pick.pick_task('node', grasp, pick.PANDA, 'mug')
    assert [(type(stage).__name__, stage.name) for stage in task.stages] == [
        ('CurrentState', 'current state'),
        ('ModifyPlanningScene', 'let the hand touch'),
        ('MoveTo', 'open hand'),
        ('Connect', 'move before the grasp'),
        ('MoveRelative', 'approach'),
        ('ComputeIK', 'reach the grasp'),
        ('MoveTo', 'close hand'),
        ('MoveRelative', 'lift'),
    ]
    assert task.node == 'node'
    assert task['move before the grasp'].given == [('panda_arm', ('pipeline', 'node'))]
    touched, links, allowed = task['let the hand touch'].told['allowCollisions']
    assert (touched, allowed) == (['mug'], True)
    assert set(links) == {'panda_hand', 'panda_leftfinger', 'panda_rightfinger'}


def test_the_fingertips_reach_the_grasp_along_its_z(pick, grasp):
    task = pick.pick_task('node', grasp, pick.PANDA, 'mug')
    reach, approach = task['reach the grasp'], task['approach']
    generator = reach.given
    assert generator.pose.header.frame_id == 'panda_link0'
    assert generator.told['setMonitoredStage'] == (task['open hand'],)
    assert reach.sources == [(INTERFACE, ['target_pose'])]
    T_hand_grasp = matrix(reach.ik_frame.pose)
    assert T_hand_grasp[:3, 3].tolist() == pytest.approx([0, 0, 0.1124])
    T_base_hand = matrix(generator.pose.pose) @ np.linalg.inv(T_hand_grasp)
    T_base_grasp = pose_matrix([0.4, 0.1, 0.02], TILTED)
    np.testing.assert_allclose(T_base_hand[:3, 1], T_base_grasp[:3, 0], atol=1e-12)
    (direction,) = approach.told['setDirection']
    assert direction.header.frame_id == approach.ik_frame.header.frame_id == 'panda_hand'
    ahead = [direction.vector.x, direction.vector.y, direction.vector.z]
    np.testing.assert_allclose(T_base_hand[:3, :3] @ ahead, T_base_grasp[:3, 2], atol=1e-12)
    assert 0 < approach.min_distance < approach.max_distance


def test_the_hand_opens_to_the_width_and_lifts_upwards(pick, grasp):
    task = pick.pick_task('node', grasp, pick.PANDA, 'mug')
    opened, closed = (task[name].told['setGoal'][0] for name in ('open hand', 'close hand'))
    assert opened == pytest.approx({'panda_finger_joint1': 0.03, 'panda_finger_joint2': 0.03})
    assert set(closed.values()) == {0.0}
    (up,) = task['lift'].told['setDirection']
    assert (up.header.frame_id, up.vector.z) == ('panda_link0', 1.0)


def test_a_robot_without_fingers_only_moves(pick, grasp):
    cup = pick.RobotHand('flange', np.eye(4))
    robot = pick.PANDA._replace(hand=cup)
    task = pick.pick_task('node', grasp, robot, 'mug')
    names = [stage.name for stage in task.stages]
    assert not {'open hand', 'close hand'} & set(names)
    start = task['reach the grasp'].given.told['setMonitoredStage']
    assert start == (task['let the hand touch'],)


@pytest.fixture
def client(isolated_ros):
    node = rclpy.create_node('client')
    yield node
    node.destroy_node()


def test_grasps_come_from_a_planner_node(make_rig, client, pick):
    rig = make_rig(settings=JawSettings)
    rig.deliver(rig.infos, rig.info(), 'camera_info')
    rig.deliver(rig.images, rig.image(), 'image')
    goal = PlanGraspsAction.Goal(num_grasps=5)
    grasps = pick.plan_grasps(client, 'plan_grasps_action', goal)
    assert [grasp.score for grasp in grasps] == [0.75, 0.5]
    task = pick.pick_task('node', grasps[0], pick.PANDA, 'mug')
    pose = task['reach the grasp'].given.pose
    assert (pose.header.frame_id, pose.pose) == ('camera_optical_frame', grasps[0].pose)


def test_without_a_grasp_the_reason_is_told(make_rig, client, pick):
    rig = make_rig([Parameter('min_score', value=0.9)])
    rig.deliver(rig.infos, rig.info(), 'camera_info')
    rig.deliver(rig.images, rig.image(), 'image')
    with pytest.raises(RuntimeError, match='none'):
        pick.plan_grasps(client, 'plan_grasps_action', PlanGraspsAction.Goal())


def test_without_moveit_the_remedy_is_said(pick, monkeypatch):
    monkeypatch.setitem(sys.modules, 'moveit', None)
    monkeypatch.setattr(sys, 'argv', ['moveit_pick.py'])
    assert 'sudo apt install ros-$ROS_DISTRO-moveit-task-constructor-core' in pick.main()
