"""The launch file of a camera and a planner: who is told what."""

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('launch_ros', reason='launch_ros is not here: it does not come as a wheel')

from dexnet_ros import launching
from dexnet_ros.cameras import CAMERAS, SOURCES
from test_launch import launched

__all__ = ['launched']
DRIVER = """
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, LogInfo, OpaqueFunction

def say(context):
    said = sorted(context.launch_configurations.items())
    return [LogInfo(msg='driver: ' + ' '.join(f'{name}={value}' for name, value in said))]

def generate_launch_description():
    arguments = {'align_depth.enable': 'false', 'namespace': 'of_driver', 'threads': '7'}
    declared = [DeclareLaunchArgument(name, default_value=v) for name, v in arguments.items()]
    required = DeclareLaunchArgument('model_name')
    return LaunchDescription([*declared, required, OpaqueFunction(function=say)])
"""


OUTER = """
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_ros.actions import PushRosNamespace, SetParameter

def generate_launch_description():
    source = PythonLaunchDescriptionSource('{file}')
    arguments = [('camera', 'realsense'), ('model_name', 'd435')]
    file = IncludeLaunchDescription(source, launch_arguments=arguments)
    return LaunchDescription([SetParameter('max_grasps', 3), PushRosNamespace('cell'), file])
"""


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """A driver of the name of RealSense's, which says what it is told."""
    package = CAMERAS['realsense'].package
    index = tmp_path / 'share' / 'ament_index' / 'resource_index' / 'packages'
    index.mkdir(parents=True)
    (index / package).touch()
    file = tmp_path / 'share' / package / CAMERAS['realsense'].launch
    file.parent.mkdir(parents=True)
    file.write_text(DRIVER)
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path), prepend=':')


@pytest.fixture
def camera(launched):
    """Launch a camera and a planner; return what is said until a text comes."""
    return lambda *arguments, until: launched(
        *arguments, until=until, gripper='camera_and_planner'
    )


def test_the_planner_knows_all_that_it_is_told():
    known = {name for name, _, _ in launching.ARGUMENTS}
    for listed in CAMERAS.values():
        for source in SOURCES:
            if source != 'aligned' or listed.aligned:
                assert listed.planner(source).keys() <= known


@pytest.mark.usefixtures('driver')
def test_driver_and_planner_are_told_of_each_other(camera):
    said = camera('camera:=realsense', 'source:=aligned', 'model_name:=d435', until='ready')
    told = 'driver: align_depth.enable=true model_name=d435 namespace=of_driver threads=7'
    assert told in said
    assert '[suction_node]: ready: planning with 2 threads on ' in said
    assert '/camera/camera/aligned_depth_to_color/image_raw' in said


@pytest.mark.usefixtures('driver')
def test_what_a_person_says_of_the_planner_goes_before_the_table(camera):
    arguments = ['planner:=parallel_jaw', 'namespace:=left', 'depth_topic:=/mine']
    said = camera('camera:=realsense', 'model_name:=d435', *arguments, until='ready')
    assert 'driver: align_depth.enable=false model_name=d435 namespace=of_driver threads=7' in said
    assert '[left.parallel_jaw_node]: ready' in said
    assert 'on /mine' in said


@pytest.mark.usefixtures('driver')
def test_no_planner_is_started_without_what_the_driver_requires(camera):
    said = camera('camera:=realsense', until="missing required argument 'model_name'")
    assert "missing required argument 'model_name'" in said
    assert 'process started' not in said


@pytest.mark.usefixtures('driver')
def test_in_another_launch_file_the_driver_keeps_the_topics_of_the_table(launched, repo, tmp_path):
    outer = tmp_path / 'outer.launch.py'
    outer.write_text(OUTER.format(file=repo / 'launch' / 'camera_and_planner.launch.py'))
    said = launched(until='ready', gripper=tmp_path / 'outer')
    assert '[cell.suction_node]: ready' in said
    assert "global_params=[('max_grasps', 3)]" in said
    assert 'ros_namespace' not in said


def test_a_camera_that_runs_already_needs_no_driver_here(camera):
    said = camera('camera:=femto', 'start_camera:=false', 'source:=cloud', until='ready')
    assert 'and /camera/depth/points' in said


@pytest.mark.parametrize(
    ('arguments', 'reason'),
    [
        (['camera:=webcam'], "Valid options are: ['realsense', "),
        (['camera:=phoxi', 'source:=aligned'], "'aligned', expected depth or cloud"),
        (['camera:=zed'], 'there is no package zed_wrapper: build it from stereolabs/zed-ros2'),
    ],
)
def test_what_cannot_be_started_is_named(camera, arguments, reason):
    assert reason in camera(*arguments, until=reason)
