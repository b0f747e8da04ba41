"""Writes the table of parameters in docs/nodes.md anew, from what the nodes declare.

source env.sh; python docs/make_nodes.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dexnet_core.planning.planners.planner_registry import (
    GRASPNET,
    PARALLEL_JAW,
    PlannerKind,
    SUCTION,
)
from dexnet_ros.planner_node import PlannerNode
from rcl_interfaces.msg import ParameterDescriptor
import rclpy

PAGE = Path(__file__).with_name('nodes.md')
BEGIN = '<!-- made by docs/make_nodes.py -->\n'
END = '<!-- end -->\n'
_KINDS = {
    'suction_node': SUCTION,
    'parallel_jaw_node': PARALLEL_JAW,
    'graspnet_node': GRASPNET,
}
_OF_ROS = {'use_sim_time', 'start_type_description_service'}
_HEAD = '| parameter | default | range | may change | what |\n|---|---|---|---|---|\n'


class _Row(NamedTuple):
    """One line of the table, but for the nodes that it is of."""

    name: str
    default: str
    range: str
    changes: str
    what: str


def table() -> str:
    """Return the table in Markdown; rclpy is initialised."""
    nodes: dict[_Row, list[str]] = {}
    for name, kind in _KINDS.items():
        for row in _rows(name, kind):
            nodes.setdefault(row, []).append(name)
    every = sorted(nodes.items(), key=lambda item: len(item[1]) < len(_KINDS))
    return _HEAD + ''.join(_line(row, of) for row, of in every)


def with_table(page: str, text: str) -> str:
    """Return the page with a text in the place of what was made before."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f'{before}{BEGIN}\n{text}\n{END}{after}'


def _rows(name: str, kind: PlannerKind) -> Iterator[_Row]:
    node = PlannerNode(name, kind)
    try:
        for parameter, item in node.get_parameters_by_prefix('').items():
            if parameter not in _OF_ROS:
                descriptor = node.describe_parameter(parameter)
                yield _Row(
                    f'`{parameter}`',
                    f'`{_text(item.value)}`',
                    _range(descriptor),
                    'at the start' if descriptor.read_only else 'always',
                    descriptor.description.replace('|', '\\|'),
                )
    finally:
        node.destroy_node()


def _range(descriptor: ParameterDescriptor) -> str:
    for item in (*descriptor.integer_range, *descriptor.floating_point_range):
        return f'{_text(item.from_value)} to {_text(item.to_value)}'
    return descriptor.additional_constraints


def _text(value: object) -> str:
    if isinstance(value, float):
        return f'{value:.6g}'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int)):
        return repr(value)
    return f'[{", ".join(map(_text, value))}]'


def _line(row: _Row, of: list[str]) -> str:
    whose = '' if len(of) == len(_KINDS) else f' ({", ".join(of)})'
    return f'| {row.name}{whose} | {row.default} | {row.range} | {row.changes} | {row.what} |\n'


def main() -> None:
    """Write the page."""
    rclpy.init()
    PAGE.write_text(with_table(PAGE.read_text(), table()))
    rclpy.try_shutdown()


if __name__ == '__main__':
    main()
