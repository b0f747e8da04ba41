"""Markers of grasps for RViz."""

from __future__ import annotations

from copy import copy

from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_msgs.msg import Grasp, GraspArray
from dexnet_ros.conversions import jaw_from_msg
from geometry_msgs.msg import Point, Vector3
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

_ARROW_LENGTH = 0.06
_ARROW_SIZE = Vector3(x=0.004, y=0.010, z=0.015)
_CUP_HEIGHT = 0.004
_BLANK = Marker()
"""Copied for each marker, because a new Marker creates a dozen messages that are not needed."""


def markers_from_grasps(grasps: GraspArray) -> MarkerArray:
    """Return markers for each grasp, coloured from red (score 0) via yellow to green (1 or more).

    Suction: a cup and an approach arrow. Parallel jaw: two open fingers and the palm. The first
    marker deletes the markers of the previous message.
    """
    jaw = jaw_from_msg(grasps.jaw) or JawGripper()
    markers = [Marker(header=grasps.header, action=Marker.DELETEALL)]
    for number, grasp in enumerate(grasps.grasps):
        if grasp.gripper_type == Grasp.SUCTION:
            markers += [_cup(grasp, number), _arrow(grasp, number)]
        elif grasp.gripper_type == Grasp.PARALLEL_JAW:
            markers += [_fingers(grasp, number, jaw), _palm(grasp, number, jaw)]
    return MarkerArray(markers=markers)


def _cup(grasp: Grasp, number: int) -> Marker:
    """Return a disc at the contact; the axis of the cylinder is z, the approach."""
    marker = _marker(grasp, 'cup', number, Marker.CYLINDER)
    diameter = 2.0 * grasp.cup_radius
    marker.scale = Vector3(x=diameter, y=diameter, z=_CUP_HEIGHT)
    return marker


def _arrow(grasp: Grasp, number: int) -> Marker:
    """Return an arrow that ends at the contact; its points are in the grasp frame."""
    marker = _marker(grasp, 'approach', number, Marker.ARROW)
    marker.points = [Point(z=-_ARROW_LENGTH), Point()]
    marker.scale = _ARROW_SIZE
    return marker


def _fingers(grasp: Grasp, number: int, jaw: JawGripper) -> Marker:
    """Return two boxes whose tips are at z = 0 of the grasp frame."""
    marker = _marker(grasp, 'fingers', number, Marker.CUBE_LIST)
    aside, behind = (grasp.width + jaw.finger_thickness) / 2, -jaw.finger_length / 2
    marker.points = [Point(x=side * aside, z=behind) for side in (-1.0, 1.0)]
    marker.scale = Vector3(x=jaw.finger_thickness, y=jaw.finger_width, z=jaw.finger_length)
    return marker


def _palm(grasp: Grasp, number: int, jaw: JawGripper) -> Marker:
    """Return the palm behind the fingers."""
    marker = _marker(grasp, 'palm', number, Marker.CUBE_LIST)
    marker.points = [Point(z=-jaw.finger_length - jaw.palm_length / 2)]
    marker.scale = Vector3(x=jaw.palm_width, y=jaw.palm_thickness, z=jaw.palm_length)
    return marker


def _marker(grasp: Grasp, namespace: str, number: int, kind: int) -> Marker:
    marker = copy(_BLANK)
    marker.header, marker.pose = grasp.header, grasp.pose
    marker.ns, marker.id, marker.type = namespace, number, kind
    green = min(max(grasp.score, 0.0), 1.0)
    marker.color = ColorRGBA(r=min(2 - 2 * green, 1.0), g=min(2 * green, 1.0), b=0.1, a=0.8)
    return marker
