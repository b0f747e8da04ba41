"""docs/nodes.md says what a running node has, and nothing else."""

import importlib.util
import re

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_ros.planning_record import PlanningRecord
from rclpy.action import get_action_server_names_and_types_by_node
from rclpy.parameter import Parameter
from test_diagnostics import recorded

HAS_TF = importlib.util.find_spec('tf2_msgs') is not None
HAS_BOND = importlib.util.find_spec('bond') is not None
MISSING = {'/tf': not HAS_TF, 'bond': not HAS_BOND}
"""Topics whose messages may not be installed."""
OF_ROS = {'/rosout', '/parameter_events', '/clock'}


@pytest.fixture
def page(repo):
    return (repo / 'docs' / 'nodes.md').read_text()


@pytest.fixture
def make_nodes(repo):
    """The script that writes the table of parameters."""
    spec = importlib.util.spec_from_file_location('make_nodes', repo / 'docs' / 'make_nodes.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def rig(make_rig):
    """A node with all that a parameter can add, but for what needs messages that are not here."""
    frame = 'grasp' if HAS_TF else ''
    wanted = {'use_imu': True, 'grasp_frame': frame, 'bond': HAS_BOND}
    return make_rig([Parameter(name, value=value) for name, value in wanted.items()])


def rows(page, section):
    """The cells of the first table of a section, without what they say in words."""
    text = page.split(f'\n## {section}\n')[1].split('\n## ')[0]
    lines = re.search(r'((?:\|.*\n)+)', text)[1].splitlines()[2:]
    return [[cell.strip().strip('`') for cell in line.split('|')[1:-2]] for line in lines]


def served(names_and_types):
    """The full names and types of what is the node's own."""
    return {
        (name, kind)
        for name, kinds in names_and_types
        for kind in kinds
        if name not in OF_ROS and '/_action/' not in name and not name.startswith('/planner/')
    }


def absolute(name):
    return name if name.startswith('/') else f'/{name}'


def test_topics_are_those_of_the_node(page, rig):
    node = rig.node
    known = {
        'in': served(node.get_subscriber_names_and_types_by_node('planner', '/')),
        'out': served(node.get_publisher_names_and_types_by_node('planner', '/')),
    }
    told = [row for row in rows(page, 'Topics') if not MISSING.get(row[1])]
    for direction, there in known.items():
        assert {(absolute(name), kind) for way, name, kind in told if way == direction} == there


def test_services_are_those_of_the_node(page, rig):
    there = served(rig.node.get_service_names_and_types_by_node('planner', '/'))
    assert {(absolute(name), kind) for name, kind in rows(page, 'Services')} == there


def test_actions_are_those_of_the_node(page, rig):
    there = served(get_action_server_names_and_types_by_node(rig.node, 'planner', '/'))
    assert {(absolute(name), kind) for name, kind in rows(page, 'Actions')} == there


def test_values_of_diagnostics_are_those_that_are_sent(page):
    told = set(re.findall(r'`([^`]+)`', page.split('| value | what |')[1].split('\n\n')[0]))
    assert PlanningRecord().figures(0.0).keys() <= told
    assert told == {*recorded().figures(110.0), 'images dropped', 'last error', 'model'}


def test_parameters_are_those_that_are_declared(page, make_nodes, isolated_ros):
    made = make_nodes.table()
    assert '`min_score`' in made
    assert page == make_nodes.with_table(page, made), 'run: python docs/make_nodes.py'
