"""Lifecycle node of all planners: subscribes to depth images or clouds, publishes grasps."""

from __future__ import annotations

import time
import traceback
from typing import Any, NamedTuple, Protocol

from dexnet_core.planning.planners.planner_registry import PlannerKind
from dexnet_msgs.srv import PlanGrasps
from dexnet_ros.depth_topic import DepthTopic
from dexnet_ros.diagnostics import Diagnostics, Subject
from dexnet_ros.frames import FrameLookup, TransformLookup
from dexnet_ros.input_watch import InputWatch
from dexnet_ros.latest_input import LatestInput
from dexnet_ros.manager_bond import declare_bond, ManagerBond
from dexnet_ros.mask_service import MaskService
from dexnet_ros.parameters import declare_fixed, declare_settings, refuse_unknown
from dexnet_ros.pick_record import PickRecord, ReportService
from dexnet_ros.plan_action import PlanAction
from dexnet_ros.plan_job import declare_context, is_given, Job, job_of, Request
from dexnet_ros.plan_service import answer
from dexnet_ros.plan_stream import PlanStream
from dexnet_ros.planner_model import PlannerModel
from dexnet_ros.planner_outputs import declare_grasp_frame, ms_since, PlannerOutputs
from dexnet_ros.repeated_log import RepeatedLog
from dexnet_ros.sensor_subscription import SensorSubscription
from dexnet_ros.stream_turn import StreamTurn
from rclpy.lifecycle import LifecycleNode, LifecycleState
from rclpy.lifecycle import TransitionCallbackReturn as Transition
from rclpy.qos import QoSProfile
from rclpy.service import Service
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2

_REQUESTS = QoSProfile(depth=200)
"""QoS of the service. With the default depth of ten, an eleventh waiting request is lost."""


class Helper(Protocol):
    """An object with publishers, subscriptions, services or timers of an active node."""

    def destroy(self) -> None:
        """Destroy its publishers, subscriptions, services and timers."""


class _Active(NamedTuple):
    """Objects that exist while the node is active."""

    turn: StreamTurn
    watch: InputWatch
    service: Service
    others: list[Helper]


class PlannerNode(LifecycleNode):
    """Plans grasps on the newest depth image or cloud, and publishes them in its frame.

    Subscribes while active, with a history depth of one, see SensorSubscription:
        depth/image_rect (sensor_msgs/Image): metres in floating point or millimetres in integers;
            or compressed, see `DepthTopic`.
        depth/camera_info (sensor_msgs/CameraInfo): its intrinsics; the newest message is used.
        points (sensor_msgs/PointCloud2): instead of both.
        mask (sensor_msgs/Image): optional mask or label image, see `selection_from_msg`. The
            newest is used until the next one, whatever its stamp; an empty one (height 0) clears
            it.
    Publishes, each with the stamp of the input and in its frame; grasps, poses and markers in the
    target_frame if it is set:
        grasps (dexnet_msgs/GraspArray): best first; status and message if there is none.
        heatmap (dexnet_msgs/GraspHeatmap): predicted quality per pixel, if the planner has one.
        heatmap_image (sensor_msgs/Image): the image of heatmap, 32FC1.
        /tf (tf2_msgs/TFMessage): the best grasp as the frame grasp_frame, if it is set.
        poses (geometry_msgs/PoseArray): poses of the grasps, in the same order.
        markers (visualization_msgs/MarkerArray): shapes for RViz.
        annotated (sensor_msgs/Image): bgr8 picture, 1280 pixels wide, of the input, the heat map
            and the grippers, with a legend; not for clouds in a robot's frame.
        bond (bond/Status): heartbeat for a lifecycle manager, if the parameter bond is true.
        /diagnostics (diagnostic_msgs/DiagnosticArray): see `Diagnostics`.
    Services and actions while active:
        plan_grasps (dexnet_msgs/PlanGrasps): one plan, on the image of the request or the latest.
            Up to 200 requests are queued, and served in order.
        plan_grasps_action (action dexnet_msgs/PlanGraspsAction): one plan, or one for each object
            of a label mask, with feedback; see PlanAction. Goals are rejected while inactive.
        clear_mask (std_srvs/Trigger): drops the mask, like an empty Image.
        report_grasp (dexnet_msgs/ReportGrasp): the result of a pick; see PickRecord.
    Parameters:
        model, threads, gripper, gripper_NAME: see `PlannerModel`.
        autostart: read only.
        grasp_frame: see `declare_grasp_frame`. bond: see `ManagerBond`. record: see `PickRecord`.
        Others: see `declare_context` and `DepthTopic`.
        Every field of the planner's settings: may be changed at any time.

    Plans run in the thread of the executor, without other threads, locks or queues. During a plan,
    the middleware's queue of one keeps only the newest image, so the next plan always uses the
    newest. Requests go before images, see StreamTurn: with plans of 100 ms and images at 30 Hz, a
    response took at most 2.2 plans, its own included; with four clients that call without a pause
    5.3, and one image was planned after ten requests.
    The node subscribes to /tf at activation if gravity_frame or target_frame is set. Otherwise it
    subscribes at the first lookup: a request with a target_frame, or an IMU in another frame than
    the image.
    Without subscribers to any of the result topics, nothing is planned, but images are checked. A
    message is only created if its topic has a subscriber.
    """

    # Since Kilted, a context also destroys a node whose constructor has failed.
    _lookup: FrameLookup | None = None
    _action: PlanAction | None = None
    _active: _Active | None = None

    def __init__(
        self,
        name: str,
        kind: PlannerKind,
        lookup: FrameLookup | None = None,
        **options: Any,  # noqa: ANN401
    ) -> None:
        """Declare the parameters; the planner is loaded on configuration.

        Args:
            name: Name of the node.
            kind: Kind of the planner, with its settings.
            lookup: Returns the transform between two frames; None = tf2.
            options: Options of the rclpy node.

        Raises:
            ValueError: A parameter is unknown, or values are inconsistent.
            ParameterException: A parameter has the wrong type or is out of range.
        """
        super().__init__(name, **options)
        self._kind = kind
        self._lookup = lookup or TransformLookup(self)
        self._log = RepeatedLog(self.get_logger())
        self._model = PlannerModel(self, kind)
        self._autostart = declare_fixed(
            self,
            'autostart',
            True,
            'Whether the node configures and activates itself at the start.',
        )
        self._has_bond = declare_bond(self)
        self._record = PickRecord(self, kind, self._log)
        known = declare_context(self, self._lookup, self._log)
        self._known = known._replace(note=self._record.note)
        self._grasp_frame = declare_grasp_frame(self, self._known.target_frame)
        self._depth = DepthTopic(self)
        declare_settings(self, kind.settings)
        refuse_unknown(self)
        self._latest = LatestInput()
        self._outputs: PlannerOutputs | None = None

    def start(self) -> bool:
        """Configure and activate the node if autostart is true; return whether it succeeded."""
        if not self._autostart:
            return True
        wanted = Transition.SUCCESS
        return bool(self.trigger_configure() == wanted and self.trigger_activate() == wanted)

    def on_configure(self, state: LifecycleState) -> Transition:
        """Load the planner; create the publishers and the action server."""
        try:
            self._model.load()
        except (ValueError, OSError) as error:
            self.get_logger().fatal(f'cannot load the planner: {error}')
            return Transition.FAILURE
        except Exception:  # rclpy would change the state without logging the error
            self.get_logger().fatal(traceback.format_exc())
            return Transition.ERROR
        self._outputs = PlannerOutputs(self, self._kind.has_heatmap, self._grasp_frame)
        self._action = PlanAction(self, self._job)
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> Transition:
        """Create the subscriptions, which would also deliver messages to an inactive node."""
        outcome = super().on_activate(state)
        if self._known.needs_transforms and isinstance(self._lookup, TransformLookup):
            self._lookup.start()
        inputs = [
            SensorSubscription(self, CameraInfo, 'depth/camera_info', self._on_camera_info),
            SensorSubscription(self, Image, 'mask', self._on_mask, True),
            SensorSubscription(self, self._depth.kind, self._depth.name, self._on_image),
            SensorSubscription(self, PointCloud2, 'points', self._on_image),
        ]
        outputs, action = self._configured()
        self._active = self._begin(inputs, outputs)
        action.activate()
        where = ' and '.join(listener.topic_name for listener in inputs[-2:])
        self.get_logger().info(f'ready: planning with {self._model.threads} threads on {where}')
        return outcome

    def _configured(self) -> tuple[PlannerOutputs, PlanAction]:
        if self._outputs is None or self._action is None:
            raise RuntimeError('the node is not configured')
        return self._outputs, self._action

    def _begin(self, inputs: list[SensorSubscription], outputs: PlannerOutputs) -> _Active:
        """Create the services and helpers; inputs are camera info, mask, images and clouds."""
        info, _, *images = inputs
        self._latest.topic = images[0].topic_name
        watch = InputWatch(self, images, info, self._latest)
        diagnostics = Diagnostics(self, Subject(self._model.planner, watch, images))
        read = self._known.reader.read_latest
        stream = PlanStream(self._latest, outputs, self._job, read, diagnostics.note, self._log)
        service = self.create_service(
            PlanGrasps, 'plan_grasps', self._on_request, qos_profile=_REQUESTS
        )
        turn = StreamTurn(self, stream.plan_newest)
        others: list[Helper] = [*inputs, diagnostics, MaskService(self, self._latest)]
        others.append(ReportService(self, self._record))
        if self._has_bond:
            others.append(ManagerBond(self))
        return _Active(turn, watch, service, others)

    def on_deactivate(self, state: LifecycleState) -> Transition:
        """Destroy subscriptions and services, and drop the latest messages."""
        self._stop_listening()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> Transition:
        """Release the planner and destroy the publishers."""
        self._release()
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> Transition:
        """Deactivate and clean up, from any state."""
        self._stop_listening()
        self._release()
        return super().on_shutdown(state)

    def destroy_node(self) -> None:
        """Destroy the node and its transform listener; it leaves the ROS graph at once.

        An active node is deactivated first, which also ends the bond with its manager.

        In rclpy, a destroyed lifecycle node stays in the ROS graph until it is garbage-collected,
        because its state machine has a reference to it. Its services are then destroyed while
        other nodes run. As long as the request and response halves of a service are counted
        differently, clients do not find another service of the same name ready.
        """
        if self.context.ok():
            self._stop_listening()
        if isinstance(self._lookup, TransformLookup):
            self._lookup.close()
        if self._action is not None:
            self._action.destroy()
        super().destroy_node()
        self._state_machine = None

    def _stop_listening(self) -> None:
        if self._active is not None:
            if self._action is not None:
                self._action.deactivate()
            self.destroy_service(self._active.service)
            helpers: list[Helper] = [self._active.turn, self._active.watch]
            for helper in helpers + self._active.others:
                helper.destroy()
        self._active = None
        self._latest = LatestInput()

    def _release(self) -> None:
        if self._outputs is not None:
            self._outputs.destroy()
        if self._action is not None:
            self._action.destroy()
        self._outputs = self._action = None
        self._model.release()

    def _on_camera_info(self, msg: CameraInfo) -> None:
        self._latest.camera_info = msg

    def _on_mask(self, msg: Image) -> None:
        self._latest.take_mask(msg)

    def _on_image(self, msg: Image | CompressedImage | PointCloud2) -> None:
        self._latest.take_image(msg)
        if self._active is not None and not self._latest.missing():
            self._active.turn.ask()

    def _on_request(
        self, request: PlanGrasps.Request, _: PlanGrasps.Response
    ) -> PlanGrasps.Response:
        start = time.perf_counter()
        response = answer(request, self._latest, self._model.planner(), self._known)
        response.grasps.planning_ms = ms_since(start)
        if self._active is not None:
            self._active.turn.note_request()
            if is_given(request.depth) or is_given(request.points):
                self._active.watch.images_come_by_request()
        if not response.success:
            self._log.warning(f'plan_grasps: {response.reason}')
        return response

    def _job(self, request: Request) -> Job:
        return job_of(request, self._latest, self._model.planner(), self._known)
