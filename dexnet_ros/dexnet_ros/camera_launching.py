"""Launch description of a camera driver and a planner node with the topics of the driver."""

from __future__ import annotations

from collections.abc import Mapping
import os
from pathlib import Path

from ament_index_python.packages import get_package_share_directory, PackageNotFoundError
from dexnet_ros.cameras import Camera, CAMERAS, SOURCES
from dexnet_ros.launching import ARGUMENTS as OF_PLANNER
from dexnet_ros.launching import planner_description
from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    GroupAction,
    IncludeLaunchDescription,
    OpaqueFunction,
    UnsetLaunchConfiguration,
)
from launch.launch_context import LaunchContext
from launch.launch_description_sources import PythonLaunchDescriptionSource

PLANNERS = ('suction', 'parallel_jaw', 'graspnet')
_NAMESPACE = 'ros_namespace'
"""Launch configuration of PushRosNamespace; the camera table has topics without a namespace."""


def camera_description() -> LaunchDescription:
    """Return the arguments, the driver of a camera, and a planner that subscribes to its topics.

    Arguments of the planner's launch file are accepted too, and override the table of cameras.
    All other arguments are passed to the driver's launch file.
    """
    arguments = [
        DeclareLaunchArgument(
            'camera', description='Camera by its name in docs/cameras.md.', choices=list(CAMERAS)
        ),
        DeclareLaunchArgument(
            'source',
            default_value='depth',
            description='Input of the planner: the depth image, the depth image aligned to the '
            'colour image, or the cloud.',
            choices=list(SOURCES),
        ),
        DeclareLaunchArgument(
            'planner',
            default_value='suction',
            description='Planner to start.',
            choices=list(PLANNERS),
        ),
        DeclareLaunchArgument(
            'start_camera',
            default_value='true',
            description='Whether to start the camera driver; false = it is already running.',
            choices=['true', 'false'],
        ),
    ]
    own = [argument.name for argument in arguments]
    return LaunchDescription([*arguments, OpaqueFunction(function=_actions, args=[own])])


def _actions(context: LaunchContext, own: list[str]) -> list[GroupAction]:
    """Return the driver and the planner, each with its own launch configurations only.

    The driver is first: if its launch file fails, launch ends before it starts the planner.
    """
    given = dict(context.launch_configurations)
    camera = CAMERAS[given['camera']]
    known = camera.planner(given['source'])
    planner = GroupAction(
        planner_description(given['planner']).entities,
        launch_configurations={name: known[name] for name in known.keys() - given.keys()},
    )
    if given['start_camera'] == 'false' or not camera.launch:
        return [planner]
    hidden = {*own, *(name for name, _, _ in OF_PLANNER), _NAMESPACE}
    rest = {
        name: value
        for name, value in given.items()
        if name not in hidden and isinstance(value, str)  # SetParameter and SetRemap store lists
    }
    driver = _driver(camera, {**camera.chosen(given['source']).driver, **rest})
    return [GroupAction([*map(UnsetLaunchConfiguration, sorted(hidden)), driver]), planner]


def _driver(camera: Camera, arguments: Mapping[str, str]) -> IncludeLaunchDescription:
    """Return the action that includes the launch file of the driver.

    Raises:
        ValueError: The package of the driver is not installed.
    """
    try:
        share = Path(get_package_share_directory(camera.package))
    except PackageNotFoundError as error:
        raise ValueError(
            f'there is no package {camera.package}: '
            f'{camera.installation(os.environ.get("ROS_DISTRO", ""))}, or set '
            'start_camera:=false if it runs elsewhere'
        ) from error
    source = PythonLaunchDescriptionSource(str(share / camera.launch))
    return IncludeLaunchDescription(source, launch_arguments=arguments.items())
