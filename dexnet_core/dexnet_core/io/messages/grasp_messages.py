"""Conversion of plans to GraspArray messages; the caller provides the message classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from dexnet_core.geometry.transform import quaternion_of
from dexnet_core.io.messages.protocols import HeaderMessage
from dexnet_core.planning.grasp import Grasp, GraspPlan, GripperKind
from dexnet_core.planning.grippers.jaw import JAW_LENGTHS, JawGripper
import numpy as np

GRIPPER_TYPES = {GripperKind.PARALLEL_JAW: 1, GripperKind.SUCTION: 2}
"""Constants of Grasp.msg."""

_Make = Callable[..., Any]


class PlanTypes(NamedTuple):
    """Message classes, or functions with keyword arguments that create the messages."""

    array: _Make
    grasp: _Make
    jaw: _Make
    stage: _Make
    refusal: _Make
    pose: _Make
    point: _Make
    vector: _Make
    quaternion: _Make


def plan_message(plan: GraspPlan, header: HeaderMessage, types: PlanTypes) -> Any:  # noqa: ANN401
    """Return the GraspArray of a plan; every grasp has the same header."""
    return types.array(
        header=header,
        grasps=grasp_messages(plan.grasps, header, types),
        status=int(plan.status),
        message=plan.message,
        model=plan.model,
        planning_ms=float(plan.times.total_ms),
        stages=[types.stage(name=name, ms=float(ms)) for name, ms in plan.times.items()],
        refused=[types.refusal(reason=why, count=n) for why, n in plan.refused.items() if n],
        approach=plan.approach,
        jaw=jaw_message(plan.jaw, types),
    )


def grasp_messages(grasps: Sequence[Grasp], header: HeaderMessage, types: PlanTypes) -> list[Any]:
    """Return the Grasp messages of grasps in the frame of the header."""
    if not grasps:
        return []
    turns = quaternion_of(np.array([grasp.T_camera_grasp[:3, :3] for grasp in grasps]))
    return [
        _grasp(grasp, types.quaternion(x=x, y=y, z=z, w=w), header, types)
        for grasp, (x, y, z, w) in zip(grasps, turns.tolist(), strict=True)
    ]


def _grasp(
    grasp: Grasp,
    orientation: Any,  # noqa: ANN401
    header: HeaderMessage,
    types: PlanTypes,
) -> Any:  # noqa: ANN401
    return types.grasp(
        header=header,
        gripper_type=GRIPPER_TYPES[grasp.gripper],
        pose=types.pose(
            position=_xyz(types.point, grasp.position.tolist()), orientation=orientation
        ),
        score=float(grasp.score),
        width=float(grasp.width),
        depth=float(grasp.depth),
        cup_radius=float(grasp.cup_radius),
        object_id=int(grasp.object_id),
        pixel=np.asarray(grasp.pixel, np.float32),
        contact_points=[_xyz(types.point, point) for point in grasp.contacts.tolist()],
        contact_normals=[_xyz(types.vector, normal) for normal in grasp.normals.tolist()],
    )


def jaw_message(jaw: JawGripper | None, types: PlanTypes) -> Any:  # noqa: ANN401
    """Return the Jaw message of a jaw; all fields are zero or empty if `jaw` is None."""
    names = [*JAW_LENGTHS, 'name']
    nothing = {name: '' if name == 'name' else 0.0 for name in names}
    return types.jaw(**(nothing if jaw is None else {name: getattr(jaw, name) for name in names}))


def _xyz(kind: _Make, values: Sequence[float]) -> Any:  # noqa: ANN401
    x, y, z = values
    return kind(x=x, y=y, z=z)
