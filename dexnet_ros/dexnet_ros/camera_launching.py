"""The launch file of a camera and a planner: the driver's own, and the planner told its topics."""

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
"""Where launch_ros keeps what PushRosNamespace says; the table has the driver's topics without."""


def camera_description() -> LaunchDescription:
    """Return the arguments, the driver of a camera, and a planner that takes what it publishes.

    Any argument of the planner's launch file may be given, and goes before what the table of
    cameras says. All others go on to the driver's launch file.
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
            description='Whether to start the driver of the camera; false = it runs already.',
            choices=['true', 'false'],
        ),
    ]
    own = [argument.name for argument in arguments]
    return LaunchDescription([*arguments, OpaqueFunction(function=_actions, args=[own])])


def _actions(context: LaunchContext, own: list[str]) -> list[GroupAction]:
    """Return the driver and the planner, neither of which sees what the other declares.

    The driver comes first: where its launch file fails, launch ends and would leave a planner.
    """
    said = dict(context.launch_configurations)
    camera = CAMERAS[said['camera']]
    known = camera.planner(said['source'])
    planner = GroupAction(
        planner_description(said['planner']).entities,
        launch_configurations={name: known[name] for name in known.keys() - said.keys()},
    )
    if said['start_camera'] == 'false' or not camera.launch:
        return [planner]
    hidden = {*own, *(name for name, _, _ in OF_PLANNER), _NAMESPACE}
    rest = {
        name: value
        for name, value in said.items()
        if name not in hidden and isinstance(value, str)  # SetParameter and SetRemap keep lists
    }
    driver = _driver(camera, {**camera.chosen(said['source']).driver, **rest})
    return [GroupAction([*map(UnsetLaunchConfiguration, sorted(hidden)), driver]), planner]


def _driver(camera: Camera, arguments: Mapping[str, str]) -> IncludeLaunchDescription:
    """Return the launch file of the driver with its arguments.

    Raises:
        ValueError: It is not installed.
    """
    try:
        share = Path(get_package_share_directory(camera.package))
    except PackageNotFoundError as error:
        raise ValueError(
            f'there is no package {camera.package}: '
            f'{camera.installation(os.environ.get("ROS_DISTRO", ""))}, or give '
            'start_camera:=false where it runs elsewhere'
        ) from error
    source = PythonLaunchDescriptionSource(str(share / camera.launch))
    return IncludeLaunchDescription(source, launch_arguments=arguments.items())
