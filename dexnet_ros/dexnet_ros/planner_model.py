"""The planner of a node, with the model, gripper and settings of its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dexnet_core.planning.grippers.gripper_files import Gripper
from dexnet_core.planning.planners.planner import Planner
from dexnet_core.planning.planners.planner_registry import PlannerKind
from dexnet_ros.parameters import (
    declare_fixed,
    declare_gripper,
    gripper_of_parameters,
    read_settings,
)
from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

_MODEL = 'Path of the model file or folder; empty = the shipped model.'


class _Loaded(NamedTuple):
    """A planner and the parameter values that it was loaded with."""

    values: Mapping[str, Any]
    planner: Planner


class PlannerModel:
    """Loads the planner of a node, and reloads it when a parameter changes.

    Parameters:
        model: Model file or folder; empty = the shipped model.
        gripper, gripper_NAME: See `declare_gripper`.
        threads: Number of threads of the network, read only.

    If model or gripper change while a planner is loaded, a new planner is loaded in addition to
    the old one, and is used from the next plan on. An invalid value is rejected with the reason,
    and the old planner stays in use. Loading happens between two plans, in the thread of the
    executor. On two cores of a PC, this lengthened the gap between two answers by 35 ms for
    suction and jaw, and by 250 ms for GraspNet (medians).
    """

    def __init__(self, node: Node, kind: PlannerKind) -> None:
        """Declare the parameters; nothing is loaded yet.

        Args:
            node: Node to declare the parameters on.
            kind: Kind of the planner. The parameters of its settings must be declared before
                `load`.

        Raises:
            ValueError: The gripper is invalid, or its file cannot be read.
            FileNotFoundError: The gripper file does not exist.
            ParameterException: A parameter has the wrong type or is out of range.
        """
        self._node = node
        self._kind = kind
        node.declare_parameter('model', '', ParameterDescriptor(description=_MODEL))
        self.threads = declare_fixed(node, 'threads', 2, 'Number of threads of the network.', 64)
        of_gripper = declare_gripper(node, kind.gripper) if kind.gripper else ()
        self._names = ('model', *of_gripper)
        self._used: _Loaded | None = None
        self._next: _Loaded | None = None
        self._gripper(self._values())
        node.add_on_set_parameters_callback(self._check)

    def load(self) -> None:
        """Load the planner with the current parameters.

        Raises:
            ValueError: The model cannot be used, or not with the gripper.
            OSError: The model cannot be read.
        """
        self._used = self._loaded(self._values())

    def release(self) -> None:
        """Release the planner."""
        self._used = self._next = None

    def planner(self) -> Planner:
        """Return the planner with the current model, gripper and settings."""
        self._take_next()
        if self._used is None:
            raise RuntimeError('no planner is loaded: configure the node')
        settings = read_settings(self._node, self._kind.settings)
        planner = self._used.planner
        if settings != planner.settings:
            planner = planner.with_settings(settings)
            self._used = self._used._replace(planner=planner)
        return planner

    def _take_next(self) -> None:
        """Switch to the planner that was loaded last, if the parameters have its values."""
        if self._next is not None and self._next.values == self._values():
            self._used, self._next = self._next, None
            self._node.get_logger().info(f'planner reloaded with {self._used.planner.model}')

    def _values(self) -> dict[str, Any]:
        return {name: self._node.get_parameter(name).value for name in self._names}

    def _check(self, changes: Sequence[Parameter]) -> SetParametersResult:
        """Load a planner with the new values; another callback may still reject the change."""
        self._take_next()  # a planner of an accepted change must not be replaced before its use
        requested = {change.name: change.value for change in changes if change.name in self._names}
        try:
            if requested:
                self._prepare(self._values() | requested)
        except Exception as error:  # a bad model or gripper file must not end the node
            names = ', '.join(f'{name} {value!r}' for name, value in requested.items())
            reason = f'cannot use {names}, the old planner stays in use: {error}'
            return SetParametersResult(successful=False, reason=reason)
        return SetParametersResult(successful=True)

    def _prepare(self, values: Mapping[str, Any]) -> None:
        """Load the next planner, or only check the gripper if no planner is loaded yet."""
        if self._used is None:
            self._gripper(values)
        else:
            self._next = self._loaded(values)

    def _gripper(self, values: Mapping[str, Any]) -> Gripper | None:
        return gripper_of_parameters(self._kind.gripper, values) if self._kind.gripper else None

    def _loaded(self, values: Mapping[str, Any]) -> _Loaded:
        path = Path(values['model']).expanduser() if values['model'] else None
        settings = read_settings(self._node, self._kind.settings)
        gripper = self._gripper(values)
        return _Loaded(values, self._kind.load(path, settings, self.threads, gripper))
