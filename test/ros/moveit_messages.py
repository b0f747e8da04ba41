"""Stand-ins for messages of MoveIt and its friends, for machines that do not have them.

Each class has the fields of the definition in moveit_msgs 2.6.0, grasping_msgs 0.4.0 and
trajectory_msgs 5.3.6, and refuses other fields and types as rclpy's classes do.
"""

import importlib
import sys
from types import ModuleType

from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Pose, PoseStamped, Vector3Stamped
import pytest
from sensor_msgs.msg import PointCloud2
from std_msgs.msg import Header


def message(name, /, **kinds):
    """A class of messages with typed fields; a list of one type is an array of it."""

    def blank(kind):
        return [] if isinstance(kind, list) else kind()

    def fits(value, kind):
        if isinstance(kind, list):
            return isinstance(value, list) and all(isinstance(item, kind[0]) for item in value)
        return isinstance(value, kind)

    def fill(self, **given):
        assert given.keys() <= kinds.keys(), f'{name} has no {given.keys() - kinds.keys()}'
        for field, kind in kinds.items():
            setattr(self, field, given.get(field, blank(kind)))

    def put(self, field, value):
        assert fits(value, kinds[field]), f'{name}.{field} is {value!r}, not {kinds[field]}'
        object.__setattr__(self, field, value)

    return type(name, (), {'__slots__': tuple(kinds), '__init__': fill, '__setattr__': put})


JointTrajectoryPoint = message(
    'JointTrajectoryPoint',
    positions=[float],
    velocities=[float],
    accelerations=[float],
    effort=[float],
    time_from_start=Duration,
)
JointTrajectory = message(
    'JointTrajectory', header=Header, joint_names=[str], points=[JointTrajectoryPoint]
)
GripperTranslation = message(
    'GripperTranslation', direction=Vector3Stamped, desired_distance=float, min_distance=float
)
MoveItGrasp = message(
    'Grasp',
    id=str,
    pre_grasp_posture=JointTrajectory,
    grasp_posture=JointTrajectory,
    grasp_pose=PoseStamped,
    grasp_quality=float,
    pre_grasp_approach=GripperTranslation,
    post_grasp_retreat=GripperTranslation,
    post_place_retreat=GripperTranslation,
    max_contact_force=float,
    allowed_touch_objects=[str],
)
ObjectProperty = message('ObjectProperty', name=str, value=str)
Object = message(
    'Object',
    header=Header,
    name=str,
    support_surface=str,
    properties=[ObjectProperty],
    point_cluster=PointCloud2,
    primitive_poses=[Pose],
    mesh_poses=[Pose],
)
GraspableObject = message('GraspableObject', object=Object, grasps=[MoveItGrasp])
GraspPlanning = type(
    'GraspPlanning', (), {'Result': message('GraspPlanning_Result', grasps=[MoveItGrasp])}
)

PACKAGES = {
    'trajectory_msgs.msg': (JointTrajectory, JointTrajectoryPoint),
    'moveit_msgs.msg': (MoveItGrasp, GripperTranslation),
    'grasping_msgs.msg': (GraspableObject, Object),
    'grasping_msgs.action': (GraspPlanning,),
}
KINDS = ('stand-ins', 'installed')
OPTIONAL = ('dexnet_ros.moveit_grasps', 'dexnet_ros.graspable_objects')


def load(name, kind, monkeypatch):
    """Import an optional module anew, with the messages that are installed or the stand-ins."""
    for package, classes in PACKAGES.items():
        if kind == 'installed':
            pytest.importorskip(package, reason=f'{package.split(".")[0]} is not installed')
        else:
            module = ModuleType(package)
            vars(module).update({made.__name__: made for made in classes})
            monkeypatch.setitem(sys.modules, package.split('.')[0], ModuleType(package))
            monkeypatch.setitem(sys.modules, package, module)
    for optional in OPTIONAL:
        monkeypatch.setitem(sys.modules, optional, None)
        del sys.modules[optional]
    return importlib.import_module(name)
