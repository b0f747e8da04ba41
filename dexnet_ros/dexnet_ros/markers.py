"""Grasps as shapes for RViz."""

from __future__ import annotations

from dexnet_msgs.msg import Grasp, GraspArray
from geometry_msgs.msg import Point, Vector3
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

_ARROW_LENGTH = 0.06
_ARROW_SIZE = Vector3(x=0.004, y=0.010, z=0.015)
_CUP_HEIGHT = 0.004


def markers_from_grasps(grasps: GraspArray) -> MarkerArray:
    """Return a cup and an approach arrow per suction grasp, from red (score 0) to green (1).

    The first marker deletes those of the answer before.
    """
    markers = [Marker(header=grasps.header, action=Marker.DELETEALL)]
    for number, grasp in enumerate(grasps.grasps):
        if grasp.gripper_type == Grasp.SUCTION:
            markers += [_cup(grasp, number), _arrow(grasp, number)]
    return MarkerArray(markers=markers)


def _cup(grasp: Grasp, number: int) -> Marker:
    """Return a disc at the contact; a cylinder's axis is its z, the approach."""
    marker = _marker(grasp, 'cup', number, Marker.CYLINDER)
    diameter = 2.0 * grasp.cup_radius
    marker.scale = Vector3(x=diameter, y=diameter, z=_CUP_HEIGHT)
    return marker


def _arrow(grasp: Grasp, number: int) -> Marker:
    """Return an arrow that ends at the contact; its points are in the grasp's own frame."""
    marker = _marker(grasp, 'approach', number, Marker.ARROW)
    marker.points = [Point(z=-_ARROW_LENGTH), Point()]
    marker.scale = _ARROW_SIZE
    return marker


def _marker(grasp: Grasp, namespace: str, number: int, kind: int) -> Marker:
    marker = Marker(header=grasp.header, ns=namespace, id=number, type=kind, pose=grasp.pose)
    marker.color = ColorRGBA(r=1.0 - grasp.score, g=grasp.score, b=0.1, a=0.8)
    return marker
