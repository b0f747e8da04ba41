"""Service report_grasp: writes picks with their reported results to a folder."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from dexnet_core.io.picks.pick_log import Answer, PickLog, UnknownPickError
from dexnet_core.io.picks.tried_pick import Made, offered_by, Pick
from dexnet_core.planning.grasp import GraspPlan
from dexnet_core.planning.planners.planner import HasGripper
from dexnet_core.planning.planners.planner_registry import name_of, PlannerKind
from dexnet_msgs.srv import ReportGrasp
from dexnet_ros.conversions import grasp_from_msg
from dexnet_ros.parameters import declare_fixed
from dexnet_ros.plan_job import Job
from dexnet_ros.repeated_log import RepeatedLog
import numpy as np
from rclpy.node import Node
from rclpy.time import Time
from std_msgs.msg import Header

_LIMIT, _MOST = 5000, 1_000_000
_OFF = 'nothing is recorded: start the node with the parameter record set to a folder'


class PickRecord:
    """Keeps plans in memory, and writes a pick when its result is reported.

    Parameters, read only:
        record: folder of the picks; empty = no recording.
        record_limit: largest number of picks in the folder.

    If a file cannot be written, for example on a full disk, the recording ends with one warning.
    Planning continues.
    """

    def __init__(self, node: Node, kind: PlannerKind, log: RepeatedLog) -> None:
        """Declare the parameters.

        Args:
            node: Node to declare the parameters on.
            kind: Kind of the planner.
            log: Logger of warnings.

        Raises:
            NotADirectoryError: The folder is a file.
        """
        folder = declare_fixed(
            node, 'record', '', 'Folder of the reported picks; empty = no recording.'
        )
        limit = declare_fixed(
            node, 'record_limit', _LIMIT, 'Largest number of picks in the folder.', most=_MOST
        )
        self._log = log
        self._name = name_of(kind)
        self._picks = PickLog(Path(folder).expanduser(), limit) if folder else None
        self._reason = _OFF

    def note(self, job: Job, seen: GraspPlan, placed: GraspPlan) -> None:
        """Keep a plan in memory, if it has grasps.

        Args:
            job: Job of the plan.
            seen: Plan in the frame of the observation.
            placed: The same plan in the target frame.
        """
        planner, observation = job.planner, job.given.observation
        if self._picks is None or not seen.grasps:
            return
        if not observation.is_image or not isinstance(planner, HasGripper):
            self._log.once('picks on clouds, and of planners without a gripper, are not recorded')
            return
        header, settings = job.target.header, asdict(planner.settings)
        made = Made(self._name, seen.model, settings, header.frame_id, _ns(header))
        pick = Pick(observation, planner.gripper, offered_by(seen), made=made)
        poses = np.array([grasp.T_camera_grasp for grasp in placed.grasps])
        self._picks.keep(pick, Answer(_ns(header), header.frame_id, poses))

    def report(self, request: ReportGrasp.Request) -> str:
        """Write a pick with its result; return the error, or an empty text on success."""
        if self._picks is None:
            return self._reason
        header = request.grasp.header
        try:
            pose = grasp_from_msg(request.grasp).T_camera_grasp
            grasp = Answer(_ns(header), header.frame_id, pose[None])
            self._picks.report(grasp, request.held, request.note)
        except (UnknownPickError, ValueError) as error:
            return str(error)
        except OSError as error:
            self._picks, self._reason = None, f'recording has ended: {error}'
            self._log.once(f'{self._reason}; planning goes on')
            return self._reason
        return ''


class ReportService:
    """Service report_grasp."""

    def __init__(self, node: Node, record: PickRecord) -> None:
        """Create the service.

        Args:
            node: Node of the service.
            record: Record that writes the picks.
        """
        self._node = node
        self._record = record
        self._service = node.create_service(ReportGrasp, 'report_grasp', self._on_request)

    def destroy(self) -> None:
        """Destroy the service."""
        self._node.destroy_service(self._service)

    def _on_request(
        self, request: ReportGrasp.Request, response: ReportGrasp.Response
    ) -> ReportGrasp.Response:
        response.reason = self._record.report(request)
        response.success = not response.reason
        return response


def _ns(header: Header) -> int:
    """Return the stamp of a header in nanoseconds."""
    return int(Time.from_msg(header.stamp).nanoseconds)
