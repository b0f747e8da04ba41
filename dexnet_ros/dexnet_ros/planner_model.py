"""The planner of a node, with the model and the settings that its parameters name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dexnet_core.runtime.planner import Planner
from dexnet_core.runtime.registry import PlannerKind
from dexnet_ros.parameters import declare_fixed, declare_gripper, read_settings
from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

_MODEL = 'Model file or folder; empty = the shipped one.'


class _Loaded(NamedTuple):
    """A planner and the value of the parameter `model` that it was loaded from."""

    model: str
    planner: Planner


class PlannerModel:
    """Loads the planner of a node, and another model while the node runs.

    Parameters:
        model: Model file or folder; empty = the shipped one. Where it is set while a planner is
            loaded, the new model is loaded beside the old one. One that cannot be used is refused,
            with the reason, and the old one plans on. The next plan is made with the new one.
        threads: Of the network, read only.
        gripper, gripper_NAME: Read only, see `declare_gripper`.

    A model is loaded between two plans, in the executor's thread: the shipped ones take 15 to
    40 ms on a PC.
    """

    def __init__(self, node: Node, kind: PlannerKind) -> None:
        """Declare the parameters; nothing is loaded yet.

        Args:
            node: That gets the parameters.
            kind: What to load. The parameters of its settings are declared before `load`.

        Raises:
            ValueError: The gripper is impossible, or its file cannot be read.
            ParameterException: One of them has the wrong type or is out of its range.
        """
        self._node = node
        self._kind = kind
        node.declare_parameter('model', '', ParameterDescriptor(description=_MODEL))
        self.threads = declare_fixed(node, 'threads', 2, 'Threads of the network.', 64)
        self._gripper = declare_gripper(node, kind.gripper) if kind.gripper else None
        self._used: _Loaded | None = None
        self._next: _Loaded | None = None
        node.add_on_set_parameters_callback(self._check)

    def load(self) -> None:
        """Load the model that the parameter names.

        Raises:
            ValueError: It cannot be used, or not with the gripper.
            OSError: It cannot be read.
        """
        self._used = self._loaded(self._node.get_parameter('model').value)

    def release(self) -> None:
        """Let go of the planner."""
        self._used = self._next = None

    def planner(self) -> Planner:
        """Return the planner with the model and the settings that the parameters have now."""
        if self._next is not None and self._next.model == self._node.get_parameter('model').value:
            self._used, self._next = self._next, None
            self._node.get_logger().info(f'plans with {self._used.planner.model} from now on')
        settings = read_settings(self._node, self._kind.settings)
        if settings != self._used.planner.settings:
            planner = self._used.planner.with_settings(settings)
            self._used = self._used._replace(planner=planner)
        return self._used.planner

    def _check(self, changes: Sequence[Parameter]) -> SetParametersResult:
        """Load a model that is asked for; another callback may still refuse the change."""
        model = next((change.value for change in changes if change.name == 'model'), None)
        if model is not None and self._used is not None:
            try:
                self._next = self._loaded(model)
            except Exception as error:  # a file of a user must not end a robot's node
                reason = f'cannot load {model!r}, goes on with the old model: {error}'
                return SetParametersResult(successful=False, reason=reason)
        return SetParametersResult(successful=True)

    def _loaded(self, model: str) -> _Loaded:
        path = Path(model).expanduser() if model else None
        settings = read_settings(self._node, self._kind.settings)
        return _Loaded(model, self._kind.load(path, settings, self.threads, self._gripper))
