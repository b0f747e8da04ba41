"""A planner node over real DDS, with a planner that does not think."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from importlib import import_module
import logging
import threading
import time
from typing import NamedTuple

from dexnet_core.planning.observation import Observation
from dexnet_core.planning.planners.settings import PlannerSettings, SuctionSettings
import numpy as np
import pytest

with suppress(ImportError):  # loggers made after this import would not propagate
    import_module('launch.logging')
    logging.setLoggerClass(logging.Logger)

PATIENCE = 20.0  # seconds; an idle machine needs well under one


class Call(NamedTuple):
    """What one plan was made on and with."""

    observation: Observation
    settings: PlannerSettings


class FakePlanner:
    """Finds two grasps on any image or cloud, and remembers what it was given."""

    model = 'fake 1'

    def __init__(self, settings, shared=None):
        self.settings = settings
        self.shared = shared or {'calls': [], 'gate': threading.Event(), 'fault': None}
        if shared is None:
            self.gate.set()

    @property
    def gripper(self):
        """A cup, or the jaw of a jaw's settings."""
        from dexnet_core.planning.grippers.cup import SuctionCup
        from dexnet_core.planning.grippers.jaw import JawGripper
        from dexnet_core.planning.planners.settings import JawSettings

        return JawGripper() if isinstance(self.settings, JawSettings) else SuctionCup()

    @property
    def calls(self):
        """A Call for every plan."""
        return self.shared['calls']

    @property
    def gate(self):
        """A plan ends once this is set."""
        return self.shared['gate']

    def with_settings(self, settings):
        return FakePlanner(settings, self.shared)

    def plan(self, observation):
        from dexnet_core.planning.grasp import GraspPlan, PlanStatus, StageTimes

        if observation.is_image:
            observation = replace(observation, depth=observation.depth.copy())
        self.calls.append(Call(observation, self.settings))
        assert self.gate.wait(PATIENCE)
        if self.shared['fault']:
            raise self.shared['fault']
        grasps = [self._grasp(score) for score in (0.75, 0.5) if score >= self.settings.min_score]
        grasps = tuple(grasps[: self.settings.max_grasps])
        status = PlanStatus.OK if grasps else PlanStatus.NO_CANDIDATE
        heatmap = np.full(observation.shape if observation.is_image else (0, 0), 0.5, np.float32)
        return GraspPlan(
            grasps,
            status,
            *('' if grasps else 'none', heatmap, self.model),
            StageTimes(segment=1.0, network=2.0),
            {'low score': 2 - len(grasps), 'no room': 7, 'steep': 0},
            observation.up_from if observation.up is not None else 'optical axis',
        )

    def _grasp(self, score):
        """A grasp of the settings' gripper, at 0.5 m, straight down."""
        from dexnet_core.geometry.transform import pose_along
        from dexnet_core.planning.grasp import Grasp, GripperKind
        from dexnet_core.planning.planners.settings import JawSettings

        position = np.array([0.0, score, 0.5])
        pose = pose_along(position, np.array([0.0, 0.0, 1.0]))
        common = {'T_camera_grasp': pose, 'score': score, 'pixel': (3.0, 2.0)}
        if isinstance(self.settings, JawSettings):
            normals = np.array([[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
            contacts = position + 0.02 * normals
            return Grasp(
                GripperKind.PARALLEL_JAW,
                contacts=contacts,
                normals=normals,
                width=0.0625,
                **common,
            )
        normals = np.array([[0.0, 0.0, -1.0]])
        return Grasp(
            GripperKind.SUCTION,
            contacts=position[None],
            normals=normals,
            cup_radius=0.01,
            **common,
        )


class Rig:
    """A planner node that spins in a thread, and a camera and a robot that talk to it."""

    def __init__(self, stack, parameters=(), lookup=None, settings=SuctionSettings, kind=None):
        from dexnet_core.planning.grippers.jaw import JawGripper
        from dexnet_core.planning.planners.planner_registry import PlannerKind
        from dexnet_ros.planner_node import PlannerNode
        import rclpy
        from rclpy.executors import SingleThreadedExecutor

        self.planner = FakePlanner(settings())
        kind = kind or PlannerKind(self._load, settings, JawGripper)
        self.node = PlannerNode('planner', kind, lookup, parameter_overrides=list(parameters))
        stack.callback(self.node.destroy_node)
        self.user = rclpy.create_node('user')
        stack.callback(self.user.destroy_node)
        self._own, served = SingleThreadedExecutor(), SingleThreadedExecutor()
        self._own.add_node(self.user)
        served.add_node(self.node)
        self._make_topics()
        assert self.node.start()
        thread = threading.Thread(target=self._serve, args=(served,))
        thread.start()
        stack.callback(self._own.shutdown)
        stack.callback(thread.join)
        stack.callback(served.shutdown)
        stack.callback(self.planner.gate.set)
        self.stamp = 0

    def _load(self, model, settings, threads, gripper):
        self.loaded_with = gripper
        return self.planner.with_settings(settings)

    @staticmethod
    def _serve(executor):
        from rclpy.executors import ExternalShutdownException

        with suppress(ExternalShutdownException):
            executor.spin()

    def _make_topics(self):
        from dexnet_msgs.msg import GraspArray
        from dexnet_msgs.srv import PlanGrasps
        from lifecycle_msgs.srv import ChangeState
        from rclpy.qos import QoSProfile
        from sensor_msgs.msg import CameraInfo, Image, PointCloud2

        self.clouds = self.user.create_publisher(PointCloud2, 'points', 1)
        self.images = self.user.create_publisher(Image, 'depth/image_rect', 1)
        self.infos = self.user.create_publisher(CameraInfo, 'depth/camera_info', 1)
        self.masks = self.user.create_publisher(Image, 'mask', 1)
        # With the default depth of ten, a client that is busy loses the eleventh response.
        deep = QoSProfile(depth=50)
        self.client = self.user.create_client(PlanGrasps, 'plan_grasps', qos_profile=deep)
        self._manager = self.user.create_client(ChangeState, 'planner/change_state')
        self.grasps = []
        self._listener = self.user.create_subscription(
            GraspArray, 'grasps', self.grasps.append, 10
        )

    def stop_listening(self):
        """Unsubscribe from the grasps."""
        self.user.destroy_subscription(self._listener)

    def header(self):
        """A header with a stamp that no other has."""
        from std_msgs.msg import Header

        self.stamp += 1
        header = Header(frame_id='camera_optical_frame')
        header.stamp.sec = self.stamp
        return header

    def image(self, shape=(6, 8), metres=0.5, encoding='32FC1'):
        """A depth image that is equally far everywhere."""
        from dexnet_ros.image_conversions import depth_to_msg

        return depth_to_msg(np.full(shape, metres, np.float32), encoding, self.header())

    def info(self, shape=(6, 8)):
        """The camera info of such an image."""
        from dexnet_core.geometry.camera import CameraIntrinsics
        from dexnet_ros.camera_conversions import camera_to_msg

        height, width = shape
        camera = CameraIntrinsics(width, height, 500.0, 510.0, width / 2, height / 2)
        return camera_to_msg(camera, self.header())

    def wait(self, done, what):
        """Serve the robot's side until something is so; return it."""
        deadline = time.monotonic() + PATIENCE
        while not (answer := done()):
            assert time.monotonic() < deadline, f'{what}: not within {PATIENCE} s'
            self._own.spin_once(timeout_sec=0.02)
        return answer

    def repeat(self, send, done, what):
        """Send again and again until something is so: best effort may lose a message."""
        next_send = 0.0

        def attempt():
            nonlocal next_send
            if time.monotonic() >= next_send:
                send()
                next_send = time.monotonic() + 0.3
            return done()

        return self.wait(attempt, what)

    def deliver(self, publisher, msg, what):
        """Publish camera info or a mask until the node has it."""

        def has():
            got = getattr(self.node._latest, what)
            return got is not None and got.header.stamp == msg.header.stamp

        self.repeat(lambda: publisher.publish(msg), has, what)

    def cloud(self, points, frame='camera_optical_frame'):
        """A cloud of (n, 3) or (H, W, 3) metres."""
        from dexnet_ros.cloud_conversions import points_to_msg

        header = self.header()
        header.frame_id = frame
        return points_to_msg(points, header)

    def answer_to(self, image):
        """Publish an image or cloud until its grasps come; return them."""
        publisher = self.clouds if hasattr(image, 'fields') else self.images

        def found():
            return [g for g in self.grasps if g.header.stamp == image.header.stamp]

        return self.repeat(lambda: publisher.publish(image), found, 'grasps')[0]

    def call(self, request):
        """Return the response of plan_grasps."""
        return self.ask(self.client, request)

    def change_state(self, transition):
        """Ask for a transition as a lifecycle manager does; return whether it was made."""
        from lifecycle_msgs.msg import Transition
        from lifecycle_msgs.srv import ChangeState

        request = ChangeState.Request(transition=Transition(id=transition))
        return self.ask(self._manager, request).success

    def ask(self, client, request):
        """Return the response of a service."""
        self.wait(client.service_is_ready, client.srv_name)
        future = client.call_async(request)
        self.wait(future.done, 'response')
        return future.result()


@pytest.fixture
def make_rig(isolated_ros) -> Iterator:
    """Return a function that makes a Rig; arguments as Rig's."""
    with ExitStack() as stack:
        yield lambda *args, **options: Rig(stack, *args, **options)


@pytest.fixture
def rig(make_rig):
    """A planner node that has camera info and a listener to its grasps."""
    rig = make_rig()
    rig.deliver(rig.infos, rig.info(), 'camera_info')
    return rig
