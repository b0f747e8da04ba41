"""The launch files: what a person may say, and what becomes of it."""

from contextlib import suppress
import importlib.util
import os
import signal
import subprocess
import sys
import threading

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('launch_ros', reason='launch_ros is not here: it does not come as a wheel')

from dexnet_ros import launching
from launch.actions import DeclareLaunchArgument
from launch.launch_context import LaunchContext

LAUNCH = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource

arguments = [text.split(':=') for text in sys.argv[2:]]
source = PythonLaunchDescriptionSource(sys.argv[1])
include = IncludeLaunchDescription(source, launch_arguments=arguments)
service = LaunchService()
service.include_launch_description(LaunchDescription([include]))
sys.exit(service.run())
"""
PATIENCE = 30.0

EXPECTED = {
    'namespace',
    'depth_topic',
    'camera_info_topic',
    'points_topic',
    'mask_topic',
    'imu_topic',
    'depth_scale',
    'image_frame',
    'image_transport',
    'rectify',
    'grasp_frame',
    'threads',
    'use_sim_time',
    'respawn',
    'respawn_delay',
    'rviz',
    'rviz_frame',
    'cloud_frame',
    'target_frame',
    'gripper',
    'params_file',
    'model',
    'autostart',
    'log_level',
}


NO_MODEL = {
    'suction': 'model file /nowhere.onnx does not exist',
    'parallel_jaw': 'model file /nowhere.onnx does not exist',
    'graspnet': 'there is no folder /nowhere.onnx of GraspNet graphs',
}


@pytest.fixture(params=NO_MODEL)
def gripper(request):
    """What a launch file is for."""
    return request.param


@pytest.fixture
def describe(repo, gripper):
    """Return a function that makes the description of a launch file."""
    path = repo / 'launch' / f'{gripper}.launch.py'
    spec = importlib.util.spec_from_file_location('launch_file', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.generate_launch_description


@pytest.fixture
def launched(repo, ros_domain):
    """Return a function that launches and waits for a text to come out, so many times."""
    processes = []

    def launch(*arguments, until, times=1, gripper='suction'):
        file = str(repo / 'launch' / f'{gripper}.launch.py')
        process = subprocess.Popen(
            [sys.executable, '-c', LAUNCH, file, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        processes.append(process)
        watchdog = threading.Timer(PATIENCE, process.kill)
        watchdog.start()
        said = []
        for line in process.stdout:
            said.append(line)
            if sum(until in line for line in said) == times:
                break
        watchdog.cancel()
        return ''.join(said)

    yield launch
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=PATIENCE)


def test_each_argument_is_described(describe):
    arguments = [e for e in describe().entities if isinstance(e, DeclareLaunchArgument)]
    assert {argument.name for argument in arguments} == EXPECTED
    assert all(argument.description for argument in arguments)


def test_names_reach_the_node(launched):
    said = launched('namespace:=picker', 'depth_topic:=/cam/depth', until='ready')
    assert '[picker.suction_node]: ready' in said
    assert 'on /cam/depth' in said


def test_a_model_goes_before_the_params_file(launched, gripper):
    reason = NO_MODEL[gripper]
    said = launched('model:=/nowhere.onnx', until=reason, gripper=gripper)
    assert f'[{gripper}_node]: cannot load the planner: {reason}' in said


@pytest.mark.parametrize(
    ('argument', 'reason'),
    [
        ('depth_scale:=-1', 'depth_scale is -1.0, expected 0 or more'),
        ('image_frame:=up', "image_frame is 'up', expected auto or optical or x_forward"),
        ('image_transport:=zstd', "image_transport is 'zstd', expected raw or compressedDepth"),
        ('threads:=0', 'threads'),
        ('respawn:=maybe', "respawn is 'maybe', expected true or false"),
        ('rviz:=maybe', "rviz is 'maybe', expected true or false"),
        ('cloud_frame:=up', "cloud_frame is 'up', expected auto or optical or x_forward or z_up"),
    ],
)
def test_what_the_camera_sends_reaches_the_node(launched, argument, reason):
    assert reason in launched(argument, until=reason)


def test_what_is_not_given_does_not_hide_the_params_file(launched, tmp_path):
    file = tmp_path / 'mine.yaml'
    file.write_text('/**: {ros__parameters: {model: /mine.onnx, autostart: false}}')
    reason = 'model file /mine.onnx does not exist'
    assert reason in launched(f'params_file:={file}', 'autostart:=true', until=reason)


def test_a_node_that_ends_by_itself_is_started_again(launched):
    again = ('respawn:=true', 'respawn_delay:=0.1')
    said = launched('model:=/nowhere.onnx', *again, until='process started with pid', times=2)
    assert said.count('process has died') == 1


@pytest.mark.parametrize(
    ('given', 'arguments', 'topics'),
    [
        ({}, [], {'/markers': 'markers', '/depth/image_rect': 'depth/image_rect'}),
        (
            {'target_frame': 'base', 'depth_topic': '/cam/depth'},
            ['-f', 'base'],
            {'/markers': 'markers', '/depth/image_rect': '/cam/depth'},
        ),
        ({'target_frame': 'base', 'rviz_frame': 'map'}, ['-f', 'map'], {}),
    ],
)
def test_rviz_shows_the_topics_of_the_node(monkeypatch, given, arguments, topics):
    monkeypatch.setattr(launching, '_shipped', lambda name: f'/config/{name}')
    made = []
    monkeypatch.setattr(launching, 'Node', lambda **options: made.append(options))
    values = {name: default for name, default, _ in launching.ARGUMENTS}
    launching._rviz(values | given)
    (options,) = made
    assert options['arguments'] == ['-d', '/config/dexnet.rviz', *arguments]
    assert topics.items() <= dict(options['remappings']).items()
    assert options['parameters'] == []


def test_rviz_follows_the_clock_of_a_recording(monkeypatch):
    monkeypatch.setattr(launching, '_shipped', lambda name: f'/config/{name}')
    monkeypatch.setattr(launching, 'Node', lambda **options: options)
    values = {name: default for name, default, _ in launching.ARGUMENTS}
    shown = launching._rviz(values | {'use_sim_time': 'true'})
    assert shown['parameters'] == [{'use_sim_time': True}]


def test_a_missing_rviz_is_found_before_the_planner_runs(monkeypatch):
    monkeypatch.setattr(launching, '_shipped', lambda name: f'/config/{name}')
    monkeypatch.setattr(launching, 'Node', lambda **options: options['package'])
    context = LaunchContext()
    context.launch_configurations.update({name: value for name, value, _ in launching.ARGUMENTS})
    assert launching._nodes(context, 'suction') == ['dexnet_ros']
    context.launch_configurations['rviz'] = 'true'
    assert launching._nodes(context, 'suction') == ['rviz2', 'dexnet_ros']
