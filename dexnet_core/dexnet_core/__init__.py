"""Grasp planning on depth images: plain Python, without ROS.

    from dexnet_core import CameraIntrinsics, load_suction_planner, of_image

A public name is imported from its module when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dexnet_core.geometry.camera import CameraIntrinsics as CameraIntrinsics
    from dexnet_core.planning.grasp import Grasp as Grasp
    from dexnet_core.planning.grasp import GraspPlan as GraspPlan
    from dexnet_core.planning.grasp import PlanStatus as PlanStatus
    from dexnet_core.planning.grippers.gripper_files import read_gripper as read_gripper
    from dexnet_core.planning.observation import of_cloud as of_cloud
    from dexnet_core.planning.observation import of_image as of_image
    from dexnet_core.planning.observation import of_optical_cloud as of_optical_cloud
    from dexnet_core.planning.planners.loading import (
        load_graspnet_planner as load_graspnet_planner,
    )
    from dexnet_core.planning.planners.loading import load_jaw_planner as load_jaw_planner
    from dexnet_core.planning.planners.loading import load_suction_planner as load_suction_planner

__version__ = '0.1.0'

_MODULE_OF = {
    'CameraIntrinsics': 'geometry.camera',
    'Grasp': 'planning.grasp',
    'GraspPlan': 'planning.grasp',
    'PlanStatus': 'planning.grasp',
    'load_graspnet_planner': 'planning.planners.loading',
    'load_jaw_planner': 'planning.planners.loading',
    'load_suction_planner': 'planning.planners.loading',
    'of_cloud': 'planning.observation',
    'of_image': 'planning.observation',
    'of_optical_cloud': 'planning.observation',
    'read_gripper': 'planning.grippers.gripper_files',
}


def __getattr__(name: str) -> object:
    """Return a public name from its module; AttributeError for any other name."""
    if name not in _MODULE_OF:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'{__name__}.{_MODULE_OF[name]}'), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted([*_MODULE_OF, '__version__'])
