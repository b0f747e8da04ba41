"""The node that all planners share: depth images or clouds in, grasps out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
import time
import traceback
from typing import Any

from dexnet_core.grasp import GraspPlan, PlanStatus
from dexnet_core.runtime.planner import Planner
from dexnet_core.runtime.registry import PlannerKind
from dexnet_core.runtime.request import refused
from dexnet_core.runtime.settings import PlannerSettings
from dexnet_msgs.msg import GraspArray, GraspHeatmap
from dexnet_msgs.srv import PlanGrasps
from dexnet_ros.conversions import heatmap_to_msg, plan_to_msg
from dexnet_ros.frames import CLOUD_FRAMES, CloudFrames, FrameLookup, TransformLookup
from dexnet_ros.latest_input import LatestInput, plan_input
from dexnet_ros.markers import markers_from_grasps
from dexnet_ros.parameters import (
    declare_fixed,
    declare_gripper,
    declare_settings,
    read_settings,
    refuse_unknown,
)
from dexnet_ros.plan_service import answer, plan_guarded, Surroundings
from dexnet_ros.repeated_log import RepeatedLog
from dexnet_ros.sensor_subscription import SensorSubscription
from dexnet_ros.up import UpLookup
from rclpy.lifecycle import LifecycleNode, LifecyclePublisher, LifecycleState
from rclpy.lifecycle import TransitionCallbackReturn as Transition
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

RESULT_QOS = QoSProfile(depth=1)


@dataclass(frozen=True)
class _Outputs:
    grasps: LifecyclePublisher
    markers: LifecyclePublisher
    heatmap: LifecyclePublisher | None

    def every(self) -> list[LifecyclePublisher]:
        """Those that there are."""
        return [publisher for publisher in vars(self).values() if publisher is not None]


class PlannerNode(LifecycleNode):
    """Answers the newest depth image or cloud with its best grasps, in its frame.

    Subscribes, while active, as a SensorSubscription does, with a depth of one:
        depth/image_rect (sensor_msgs/Image): 32FC1 metres, or 16UC1 or mono16 millimetres.
        depth/camera_info (sensor_msgs/CameraInfo): its intrinsics; the newest is used.
        points (sensor_msgs/PointCloud2): instead of both.
        mask (sensor_msgs/Image): optional, 8UC1 or mono8, non-zero where to plan; the newest is
            used until another comes, whatever its stamp.
    Publishes, each with the header of the image or cloud:
        grasps (dexnet_msgs/GraspArray): best first, or why there is none.
        heatmap (dexnet_msgs/GraspHeatmap): predicted quality per pixel, if the planner tells it.
        markers (visualization_msgs/MarkerArray): shapes for RViz.
    Serves, while active:
        plan_grasps (dexnet_msgs/PlanGrasps): one plan, on a given image or the latest.
    Parameters:
        model, threads, autostart, cloud_frame: read only.
        gripper, gripper_NAME: see `declare_gripper`; those of where up is: see `UpLookup`.
        Every field of the planner's settings: may be changed at any time.

    A plan is made inside the image's callback, in the executor's own thread. While it is made,
    the middleware's queue of one keeps replacing the waiting image, so that the next plan is
    always of the newest; there is no thread, no lock and no queue to grow old in. The executor
    serves what else is ready between two images, so the service waits for one plan at most.
    Nothing is planned while nobody listens to any of the three topics, and no message is made
    that nobody listens to; images are checked all the same.
    """

    def __init__(
        self,
        name: str,
        kind: PlannerKind,
        lookup: FrameLookup | None = None,
        **options: Any,  # noqa: ANN401
    ) -> None:
        """Declare the parameters; nothing is loaded before the node is configured.

        Args:
            name: Of the node.
            kind: The planner and its settings.
            lookup: Says where the image's frame is in another; tf2 unless given.
            options: Go to rclpy's node.

        Raises:
            ValueError: A parameter is unknown, or values do not go together.
            ParameterException: A parameter has the wrong type or is out of its range.
        """
        super().__init__(name, **options)
        self._kind = kind
        self._lookup = lookup or TransformLookup(self)
        self._log = RepeatedLog(self.get_logger())
        self._model = declare_fixed(
            self, 'model', '', 'Model file or folder; empty = the shipped one.'
        )
        self._threads = declare_fixed(self, 'threads', 2, 'Threads of the network.', 64)
        self._autostart = declare_fixed(
            self, 'autostart', True, 'Whether the node configures and activates itself.'
        )
        self._gripper = declare_gripper(self, kind.gripper) if kind.gripper else None
        self._known = self._surroundings()
        declare_settings(self, kind.settings)
        refuse_unknown(self)
        self._latest = LatestInput()
        self._planner: Planner | None = None
        self._outputs: _Outputs | None = None
        self._inputs: list[SensorSubscription] = []
        self._service = None

    def _surroundings(self) -> Surroundings:
        """Declare the parameters of frames, and return what answers questions about them."""
        kind = declare_fixed(
            self, 'cloud_frame', 'auto', 'Of clouds: optical, z_up, or auto = from its name.'
        )
        if kind not in CLOUD_FRAMES:
            raise ValueError(f'cloud_frame is {kind!r}, expected {" or ".join(CLOUD_FRAMES)}')
        return Surroundings(self._lookup, UpLookup(self, self._lookup), CloudFrames(kind))

    def start(self) -> bool:
        """Configure and activate, unless told not to; return whether all went well."""
        if not self._autostart:
            return True
        wanted = Transition.SUCCESS
        return self.trigger_configure() == wanted and self.trigger_activate() == wanted

    def on_configure(self, state: LifecycleState) -> Transition:
        """Load the planner and make the publishers."""
        model = Path(self._model).expanduser() if self._model else None
        try:
            self._planner = self._kind.load(model, self._settings(), self._threads, self._gripper)
        except (ValueError, OSError) as error:
            self.get_logger().fatal(f'cannot load the planner: {error}')
            return Transition.FAILURE
        except Exception:  # rclpy would turn it into a state without a word
            self.get_logger().fatal(traceback.format_exc())
            return Transition.ERROR
        self._outputs = _Outputs(
            self.create_lifecycle_publisher(GraspArray, 'grasps', RESULT_QOS),
            self.create_lifecycle_publisher(MarkerArray, 'markers', RESULT_QOS),
            self.create_lifecycle_publisher(GraspHeatmap, 'heatmap', RESULT_QOS)
            if self._kind.has_heatmap
            else None,
        )
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> Transition:
        """Begin to listen; subscriptions of an inactive node would go on delivering."""
        outcome = super().on_activate(state)
        if isinstance(self._lookup, TransformLookup):
            self._lookup.start()
        topics = [
            (CameraInfo, 'depth/camera_info', self._on_camera_info),
            (Image, 'mask', self._on_mask, True),
            (Image, 'depth/image_rect', self._on_image),
            (PointCloud2, 'points', self._on_image),
        ]
        self._inputs = [SensorSubscription(self, *topic) for topic in topics]
        self._service = self.create_service(PlanGrasps, 'plan_grasps', self._on_request)
        where = ' and '.join(listener.topic_name for listener in self._inputs[2:])
        self.get_logger().info(f'ready: planning with {self._threads} threads on {where}')
        return outcome

    def on_deactivate(self, state: LifecycleState) -> Transition:
        """Stop listening and forget what was heard."""
        self._stop_listening()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> Transition:
        """Let go of the network and the publishers."""
        self._release()
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> Transition:
        """Stop and let go of everything, whatever the state was."""
        self._stop_listening()
        self._release()
        return super().on_shutdown(state)

    def destroy_node(self) -> None:
        """Destroy the node and its listener to transforms; it leaves the network at once.

        What rclpy calls a destroyed lifecycle node stays in the network until it is collected as
        garbage, because its state machine holds on to it. Its services are then torn down while
        others run, and for as long as their halves are counted apart, no client of a service of
        the same name finds it ready.
        """
        if isinstance(self._lookup, TransformLookup):
            self._lookup.close()
        super().destroy_node()
        self._state_machine = None

    def _stop_listening(self) -> None:
        for subscription in self._inputs:
            subscription.destroy()
        if self._service is not None:
            self.destroy_service(self._service)
        self._inputs, self._service = [], None
        self._latest = LatestInput()

    def _release(self) -> None:
        if self._outputs is not None:
            for publisher in self._outputs.every():
                self.destroy_lifecycle_publisher(publisher)
        self._outputs = self._planner = None

    def _on_camera_info(self, msg: CameraInfo) -> None:
        self._latest.camera_info = msg

    def _on_mask(self, msg: Image) -> None:
        self._latest.mask = msg

    def _on_image(self, msg: Image | PointCloud2) -> None:
        start = time.perf_counter()
        self._latest.image = msg
        if self._latest.missing():
            topic = self._inputs[0].topic_name
            self._log.warning(f'images come, but no camera info on {topic} yet: not planning')
            return
        plan = self._plan(msg)
        if plan is not None:
            self._publish(plan, msg.header, start)

    def _plan(self, image: Image | PointCloud2) -> GraspPlan | None:
        """Return the plan of an image, or None if the image is good and nobody listens."""
        try:
            latest = self._latest
            given = plan_input(image, latest.camera_info, latest.mask, self._known.frames)
            if not self._is_heard():
                return None
            given = given.with_up(*self._known.up(image.header))
            plan = plan_guarded(self._current_planner(), given)
        except ValueError as error:
            plan = refused(str(error))
        if plan.status == PlanStatus.BAD_INPUT:
            self._log.warning(f'bad input: {plan.message}')
        elif plan.status != PlanStatus.OK:
            self._log.info(f'no grasp: {plan.message}', key=plan.status.name)
        return plan

    def _on_request(
        self, request: PlanGrasps.Request, _: PlanGrasps.Response
    ) -> PlanGrasps.Response:
        start = time.perf_counter()
        response = answer(request, self._latest, self._current_planner(), self._known)
        response.grasps.planning_ms = _ms_since(start)
        if not response.success:
            self._log.warning(f'plan_grasps: {response.reason}')
        return response

    def _settings(self) -> PlannerSettings:
        return read_settings(self, self._kind.settings)

    def _current_planner(self) -> Planner:
        """Return the planner with the settings that the parameters have now."""
        settings = self._settings()
        if settings != self._planner.settings:
            self._planner = self._planner.with_settings(settings)
        return self._planner

    def _is_heard(self) -> bool:
        return any(publisher.get_subscription_count() for publisher in self._outputs.every())

    def _publish(self, plan: GraspPlan, header: Header, start: float) -> None:
        """Send the grasps first, as a robot waits for them, and the rest if it is heard."""
        send = self._outputs
        grasps = plan_to_msg(plan, header)
        grasps.planning_ms = _ms_since(start)
        if send.grasps.get_subscription_count():
            send.grasps.publish(grasps)
        if send.heatmap and plan.heatmap.size and send.heatmap.get_subscription_count():
            send.heatmap.publish(heatmap_to_msg(plan, header))
        if send.markers.get_subscription_count():
            send.markers.publish(markers_from_grasps(grasps))


def _ms_since(start: float) -> float:
    return (time.perf_counter() - start) * 1000
