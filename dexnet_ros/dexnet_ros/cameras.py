"""Table of cameras: topics of their drivers, and the matching launch arguments of a planner.

The facts are from the source code of the drivers, in the versions named. Topics and frames are
those of the driver's launch file with its default names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

RELIABLE_1 = 'reliable, 1'
RELIABLE_10 = 'reliable, 10'
SYSTEM_DEFAULT = 'system default'
MILLIMETRES = '16UC1, mm'
METRES = '32FC1, m'
_NO_ARGUMENTS: Mapping[str, str] = {}


class Source(NamedTuple):
    """A topic with depth images or clouds that a planner can subscribe to.

    Attributes:
        topic: Topic of the depth image or cloud.
        frame: Frame of its header.
        camera_info: Topic of the camera info of a depth image; empty for a cloud.
        encoding: Encoding and unit of a depth image; empty for a cloud, which is in metres.
        axes: Axis convention of the frame: optical or x_forward.
        qos: Reliability and history depth of its publisher.
        driver: Arguments of the driver's launch file that are needed to publish the topic.
        rectify: Whether the depth image still has the distortion of its camera info.
    """

    topic: str
    frame: str
    camera_info: str = ''
    encoding: str = ''
    axes: str = 'optical'
    qos: str = RELIABLE_10
    driver: Mapping[str, str] = _NO_ARGUMENTS
    rectify: bool = False

    def planner(self) -> dict[str, str]:
        """Return the launch arguments of a planner for this topic."""
        if not self.camera_info:
            return {'points_topic': self.topic, 'cloud_frame': self.axes}
        return {
            'depth_topic': self.topic,
            'camera_info_topic': self.camera_info,
            'image_frame': self.axes,
            'rectify': str(self.rectify).lower(),
        }


class Camera(NamedTuple):
    """A camera and its driver.

    Attributes:
        title: Name of the camera in the documentation.
        driver: Package of the driver and its version.
        source: Repository of the driver, and the branch or tag that was read.
        launch: Path of the driver's launch file in its package; empty if it has none.
        depth: Depth image of the depth camera.
        cloud: Point cloud.
        aligned: Depth image aligned to the colour image; None if there is none.
        imu: Topic of sensor_msgs/Imu; empty if there is none.
        needs: Other arguments or steps that the driver needs.
        clock: Whether the planner uses simulated time from /clock.
        debian: ROS distributions that have a Debian package of the driver.
    """

    title: str
    driver: str
    source: str
    launch: str
    depth: Source
    cloud: Source
    aligned: Source | None = None
    imu: str = ''
    needs: str = ''
    clock: bool = False
    debian: tuple[str, ...] = ()

    @property
    def package(self) -> str:
        """Name of the driver's package."""
        return self.driver.split()[0]

    @property
    def sources(self) -> dict[str, Source]:
        """Its depth topics, by the names of SOURCES."""
        there = zip(SOURCES, (self.depth, self.aligned, self.cloud), strict=True)
        return {name: source for name, source in there if source is not None}

    def installation(self, distribution: str) -> str:
        """Return how to install the driver on a ROS distribution."""
        if distribution in self.debian:
            return f'apt install ros-{distribution}-{self.package.replace("_", "-")}'
        return f'build it from {self.source}'

    def chosen(self, name: str) -> Source:
        """Return one of its depth topics.

        Args:
            name: One of SOURCES.

        Raises:
            ValueError: The camera does not have this source.
        """
        if name not in self.sources:
            have = ' or '.join(self.sources)
            raise ValueError(f'source is {name!r}, expected {have} for this camera')
        return self.sources[name]

    def planner(self, source: str) -> dict[str, str]:
        """Return the launch arguments of a planner for this camera.

        Args:
            source: One of SOURCES.

        Raises:
            ValueError: The camera does not have this source.
        """
        imu = {'imu_topic': self.imu} if self.imu else {}
        clock = {'use_sim_time': 'true'} if self.clock else {}
        return self.chosen(source).planner() | imu | clock


SOURCES = ('depth', 'aligned', 'cloud')
"""Possible inputs of a planner."""


def _orbbec(title: str, launch: str, needs: str) -> Camera:
    """Return an Orbbec camera; all have the same topics."""
    image = Source(
        '/camera/depth/image_raw',
        'camera_depth_optical_frame',
        '/camera/depth/camera_info',
        MILLIMETRES,
        driver={'depth_registration': 'false'},
        rectify=True,
    )
    return Camera(
        title,
        'orbbec_camera 2.6.3',
        'orbbec/OrbbecSDK_ROS2, branch v2-main',
        launch,
        image,
        Source(
            '/camera/depth/points',
            'camera_depth_optical_frame',
            driver={'enable_point_cloud': 'true', 'depth_registration': 'false'},
        ),
        image._replace(frame='camera_color_optical_frame', driver={'depth_registration': 'true'}),
        '/camera/gyro_accel/sample',
        needs,
        debian=('humble', 'jazzy'),
    )


_ZED_DEPTH = Source(
    '/zed/zed_node/depth/depth_registered',
    'zed_left_camera_frame_optical',
    '/zed/zed_node/depth/camera_info',
    METRES,
)
"""Depth image in the pixels of the left image, which is also the colour image."""

CAMERAS: Mapping[str, Camera] = {
    'realsense': Camera(
        'Intel RealSense D400',
        'realsense2_camera 4.56.1',
        'IntelRealSense/realsense-ros, tag 4.56.1',
        'launch/rs_launch.py',
        Source(
            '/camera/camera/depth/image_rect_raw',
            'camera_depth_optical_frame',
            '/camera/camera/depth/camera_info',
            MILLIMETRES,
            qos=SYSTEM_DEFAULT,
        ),
        Source(
            '/camera/camera/depth/color/points',
            'camera_depth_optical_frame',
            driver={'pointcloud.enable': 'true'},
        ),
        Source(
            '/camera/camera/aligned_depth_to_color/image_raw',
            'camera_color_optical_frame',
            '/camera/camera/aligned_depth_to_color/camera_info',
            MILLIMETRES,
            qos=SYSTEM_DEFAULT,
            driver={'align_depth.enable': 'true'},
        ),
        '/camera/camera/imu',
        'for the IMU `enable_accel:=true enable_gyro:=true unite_imu_method:=2`',
        debian=('humble', 'jazzy', 'kilted'),
    ),
    'orbbec': _orbbec(
        'Orbbec Gemini 330 series',
        'launch/gemini_330_series.launch.py',
        'for the IMU `enable_accel:=true enable_gyro:=true enable_sync_output_accel_gyro:=true`',
    ),
    'femto': _orbbec(
        'Orbbec Femto Bolt',
        'launch/femto_bolt.launch.py',
        'for the IMU `enable_accel:=true enable_gyro:=true`; a Femto Mega has '
        '`femto_mega.launch.py` and the same topics',
    ),
    'zed': Camera(
        'Stereolabs ZED',
        'zed_wrapper 5.4.1',
        'stereolabs/zed-ros2-wrapper, branch master',
        'launch/zed_camera.launch.py',
        _ZED_DEPTH,
        Source(
            '/zed/zed_node/point_cloud/cloud_registered', 'zed_left_camera_frame', axes='x_forward'
        ),
        _ZED_DEPTH,
        '/zed/zed_node/imu/data',
        'the model, such as `camera_model:=zed2i`',
    ),
    'azure_kinect': Camera(
        'Azure Kinect',
        'azure_kinect_ros_driver 0.9.0',
        'microsoft/Azure_Kinect_ROS_Driver, branch humble',
        'launch/driver.launch.py',
        Source(
            '/depth/image_raw',
            'depth_camera_link',
            '/depth/camera_info',
            MILLIMETRES,
            qos=RELIABLE_1,
            rectify=True,
        ),
        Source(
            '/points2',
            'depth_camera_link',
            qos=RELIABLE_1,
            driver={'rgb_point_cloud': 'false'},
        ),
        Source(
            '/depth_to_rgb/image_raw',
            'rgb_camera_link',
            '/depth_to_rgb/camera_info',
            MILLIMETRES,
            qos=RELIABLE_1,
            rectify=True,
        ),
        '/imu',
        'for more than 5 images a second `fps:=15 depth_mode:=NFOV_UNBINNED`',
    ),
    'phoxi': Camera(
        'Photoneo PhoXi, MotionCam-3D',
        'aist_phoxi_camera 1.0.0',
        'Automation-Research-Team/aist_phoxi_camera, branch ros2-devel',
        'launch/launch.py',
        Source(
            '/phoxi/depth_map',
            'phoxi_sensor',
            '/phoxi/camera_info',
            METRES,
            qos=RELIABLE_1,
            rectify=True,
        ),
        Source('/phoxi/pointcloud', 'phoxi_sensor', qos=RELIABLE_1),
        needs='PhoXi Control, `id:=SERIAL`, and a `config_file` with `trigger_mode: 0`, or a call '
        'of `/phoxi/trigger_frame` for each picture',
    ),
    'gazebo': Camera(
        'Gazebo, a sensor `rgbd_camera`',
        'ros_gz_bridge 2.1.1',
        'gazebosim/ros_gz, branch ros2',
        '',
        Source(
            '/rgbd_camera/depth_image',
            'MODEL/LINK/SENSOR',
            '/rgbd_camera/camera_info',
            METRES,
            axes='x_forward',
        ),
        Source('/rgbd_camera/points', 'MODEL/LINK/SENSOR', axes='x_forward'),
        needs='a bridge of the topics and of `/clock`',
        clock=True,
        debian=('humble', 'jazzy', 'kilted'),
    ),
}
