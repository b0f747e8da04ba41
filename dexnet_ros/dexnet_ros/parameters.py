"""ROS parameters of the planner settings and the gripper, and checks of all parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import Field, fields, replace
import difflib
from functools import cache
from importlib.util import find_spec
from inspect import getdoc
from pathlib import Path
import re
import sys
from typing import Any, TypeVar

from dexnet_core.planning.grippers.gripper_files import Gripper, read_gripper
from dexnet_core.planning.planners.planner_registry import planner_kinds
from dexnet_core.planning.planners.settings import PlannerSettings, Setting
from dexnet_ros.params_files import given_by_files
from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

Fixed = TypeVar('Fixed', bool, int, float, str, list[float])
Settings = TypeVar('Settings', bound=PlannerSettings)
_MISSPELT = 0.75
"""Similarity (difflib ratio) above which a name is treated as misspelt."""


def declare_settings(node: Node, kind: type[Settings]) -> Settings:
    """Declare one parameter per setting, with its default, description and range.

    Later changes are checked in a callback.

    Args:
        node: Node to declare the parameters on.
        kind: Settings class of the node's planner.

    Returns:
        The settings with the initial values.

    Raises:
        ValueError: The initial values are inconsistent.
        ParameterException: A value has the wrong type or is out of range.
    """
    for item in fields(kind):
        node.declare_parameter(item.name, item.default, _descriptor(item))
    settings = read_settings(node, kind)
    node.add_on_set_parameters_callback(lambda changes: _check(node, kind, changes))
    return settings


def read_settings(node: Node, kind: type[Settings]) -> Settings:
    """Return the settings with the current values of the node's parameters."""
    names = [item.name for item in fields(kind)]
    return kind(**{name: node.get_parameter(name).value for name in names})


def declare_gripper(node: Node, kind: type[Gripper]) -> tuple[str, ...]:
    """Declare the parameters of a gripper; return their names.

    Parameters:
        gripper: YAML file of the gripper; empty = the gripper of the network.
        gripper_NAME: one parameter per number of the gripper; 0 = the value of the file.

    Args:
        node: Node to declare the parameters on.
        kind: Gripper class.
    """
    explained = explained_attributes(kind)
    described = {f'gripper_{item}': explained.get(item, '') for item in _numbers_of(kind)}
    text = 'YAML file of the gripper; empty = the gripper of the network.'
    node.declare_parameter('gripper', '', ParameterDescriptor(description=text))
    for name, what in described.items():
        text = f'{what} 0 = the value of the gripper file.'
        node.declare_parameter(name, 0.0, ParameterDescriptor(description=text))
    return ('gripper', *described)


def explained_attributes(kind: type) -> dict[str, str]:
    """Return the descriptions of the attributes in a dataclass docstring, each as one line."""
    section = (getdoc(kind) or '').partition('Attributes:\n')[2].partition('\n\n')[0]
    found = re.findall(r'(?m)^    (\w+): (.+(?:\n {5,}.+)*)', section)
    return {name: ' '.join(text.split()) for name, text in found}


def gripper_of_parameters(kind: type[Gripper], values: Mapping[str, Any]) -> Gripper | None:
    """Return the gripper of the parameters; None for the gripper of the network.

    Args:
        kind: Gripper class.
        values: Values of the parameters of `declare_gripper`; others are ignored.

    Raises:
        ValueError: The file cannot be read, or a number is invalid.
        FileNotFoundError: The file does not exist.
    """
    path = values['gripper']
    given = {name: values[f'gripper_{name}'] for name in _numbers_of(kind)}
    changes = {name: value for name, value in given.items() if value}
    if not path and not changes:
        return None
    base = read_gripper(Path(path).expanduser(), kind) if path else kind()
    return replace(base, **changes)


def declare_fixed(
    node: Node, name: str, default: Fixed, description: str, most: int | None = None
) -> Fixed:
    """Declare a read-only parameter; return its value.

    Args:
        node: Node to declare the parameter on.
        name: Name of the parameter.
        default: Default value, which also sets the type.
        description: Description of the parameter in one line.
        most: If given, the value must be an integer from 1 to this.
    """
    descriptor = ParameterDescriptor(description=description, read_only=True)
    if most is not None:
        descriptor.integer_range = [IntegerRange(from_value=1, to_value=most, step=1)]
    value: Fixed = node.declare_parameter(name, default, descriptor).value
    return value


def require_package(package: str, given: str) -> None:
    """Raise ValueError unless an optional ROS package is installed.

    Args:
        package: Name of the package.
        given: Parameter that needs it, with its value, for the message.
    """
    if find_spec(package) is None:
        raise ValueError(
            f'{given} and needs {package}, which is not installed:'
            f' sudo apt install ros-$ROS_DISTRO-{package.replace("_", "-")}'
        )


def refuse_unknown(node: Node) -> None:
    """Raise ValueError if the node was started with a parameter that it does not declare.

    rclpy ignores unknown parameters of a params file silently, also misspelt ones. Unknown
    parameters in a section with a wildcard may belong to other nodes: they are only logged, unless
    they are similar to a parameter of this node. rclpy has no public accessor of the initial
    values; the private attribute is the same since Humble.
    """
    given = given_by_files(sys.argv, node.get_fully_qualified_name())
    for path in given.others:
        node.get_logger().warning(
            f'{path} has no section for {node.get_fully_qualified_name()} or /**: not used'
        )
    known = sorted(node.get_parameters_by_prefix(''))
    unknown = [name for name in node._parameter_overrides if not node.has_parameter(name)]
    foreign = [name for name in unknown if name in given.shared and _is_foreign(name, known)]
    for name in unknown:
        if name not in foreign:
            near = difflib.get_close_matches(name, known, n=1) or known
            raise ValueError(f'unknown parameter {name!r}, expected {" or ".join(near)}')
    if foreign:
        names = ', '.join(sorted(foreign))
        node.get_logger().warning(f'parameters of other nodes in a shared section: {names}')


def _is_foreign(name: str, known: Sequence[str]) -> bool:
    """Return whether a name belongs to another node or is similar to no known parameter."""
    if name in _names_of_planners():
        return True
    return not difflib.get_close_matches(name, known, n=1, cutoff=_MISSPELT)


@cache
def _names_of_planners() -> frozenset[str]:
    """Return the names of all parameters that belong to a planner or a gripper."""
    kinds = planner_kinds().values()
    settings = {item.name for kind in kinds for item in fields(kind.settings)}
    grippers = [fields(kind.gripper) for kind in kinds if kind.gripper]
    return frozenset(settings | {f'gripper_{item.name}' for items in grippers for item in items})


def _numbers_of(kind: type[Gripper]) -> list[str]:
    return [item.name for item in fields(kind) if item.name != 'name']


def _check(
    node: Node, kind: type[PlannerSettings], changes: Sequence[Parameter]
) -> SetParametersResult:
    names = {item.name for item in fields(kind)}
    values = {change.name: change.value for change in changes if change.name in names}
    try:
        replace(read_settings(node, kind), **values)
    except ValueError as error:
        return SetParametersResult(successful=False, reason=str(error))
    return SetParametersResult(successful=True)


def _descriptor(item: Field[Setting]) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(description=item.metadata['description'])
    if 'options' in item.metadata:
        descriptor.additional_constraints = ' or '.join(item.metadata['options'])
        return descriptor
    least, most = item.metadata['least'], item.metadata['most']
    if isinstance(item.default, int):
        descriptor.integer_range = [IntegerRange(from_value=least, to_value=most, step=1)]
    else:
        descriptor.floating_point_range = [
            FloatingPointRange(from_value=float(least), to_value=float(most), step=0.0)
        ]
    return descriptor
