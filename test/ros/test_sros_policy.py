"""deploy/sros allows what a running node has, and nothing else."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.planning.planners.planner_registry import GRASPNET, PARALLEL_JAW, SUCTION
from dexnet_ros.planner_node import PlannerNode
from rclpy.action import get_action_server_names_and_types_by_node
from rclpy.parameter import Parameter

KINDS = {'suction_node': SUCTION, 'parallel_jaw_node': PARALLEL_JAW, 'graspnet_node': GRASPNET}
INCLUDE = '{http://www.w3.org/2001/XInclude}include'
TF = {('topic', 'subscribe', name) for name in ('/tf', '/tf_static')}
ON_DEMAND = {
    ('topic', 'subscribe', '/clock'),  # with use_sim_time
    ('topic', 'subscribe', '/depth/image_rect/compressedDepth'),  # with image_transport
    ('topic', 'publish', '/bond'),  # with bond
}
SINCE_JAZZY = {('service', 'reply', '~/get_type_description')}


@pytest.fixture
def policy(repo):
    return repo / 'deploy' / 'sros' / 'policy.xml'


def included(element: ElementTree.Element, folder: Path):
    """The children of an element, with those of the files that it includes."""
    for child in element:
        if child.tag == INCLUDE:
            yield from included(ElementTree.parse(folder / child.get('href')).getroot(), folder)
        else:
            yield child


def allowed(profile: ElementTree.Element, folder: Path):
    """(kind, what may be done with it, full name); names of the node itself keep their ~."""
    for rules in included(profile, folder):
        for right, verdict in rules.attrib.items():
            assert verdict == 'ALLOW'
            for item in rules:
                yield item.tag, right, item.text if item.text[0] in '/~' else f'/{item.text}'


def of_node(policy: Path, name: str):
    profile = ElementTree.parse(policy).getroot().find(f'.//profile[@node="{name}"]')
    assert profile is not None, name
    return set(allowed(profile, policy.parent))


@pytest.fixture
def found(isolated_ros):
    """Return a function that says what a planner's running node has, in the words of a policy."""
    nodes = []

    def look(name: str):
        use_imu = Parameter('use_imu', value=True)
        node = PlannerNode(name, KINDS[name], parameter_overrides=[use_imu])
        nodes.append(node)
        assert node.start()
        whole = {
            ('topic', 'publish'): node.get_publisher_names_and_types_by_node(name, '/'),
            ('topic', 'subscribe'): node.get_subscriber_names_and_types_by_node(name, '/'),
            ('service', 'reply'): node.get_service_names_and_types_by_node(name, '/'),
            ('action', 'execute'): get_action_server_names_and_types_by_node(node, name, '/'),
        }
        return {
            (*what, topic.replace(f'/{name}/', '~/'))
            for what, names in whole.items()
            for topic, _ in names
            if '/_action/' not in topic
        }

    yield look
    for node in nodes:
        node.destroy_node()


@pytest.mark.parametrize('name', KINDS)
def test_the_policy_is_what_a_running_node_has(policy, found, name):
    told = of_node(policy, name)
    assert told - ON_DEMAND - SINCE_JAZZY == found(name) - SINCE_JAZZY


def test_every_planner_has_an_enclave_with_its_listener_to_transforms(policy):
    enclaves = ElementTree.parse(policy).getroot().findall('.//enclave')
    told = {
        enclave.get('path'): [profile.get('node') for profile in enclave.iter('profile')]
        for enclave in enclaves
    }
    for name in KINDS:
        assert told.pop(f'/dexnet/{name}') == [name, f'{name}_tf']
        assert of_node(policy, f'{name}_tf') >= TF
    assert told == {'/dexnet/client': ['pick_best']}


def test_a_client_may_ask_for_what_a_planner_answers(policy):
    replies = {(kind, name) for kind, _, name in of_node(policy, 'suction_node')}
    asks = {
        (kind, name)
        for kind, right, name in of_node(policy, 'pick_best')
        if right in ('request', 'call')
    }
    assert asks == {
        ('service', '/plan_grasps'),
        ('service', '/clear_mask'),
        ('service', '/report_grasp'),
        ('action', '/plan_grasps_action'),
    }
    assert asks <= replies


def test_the_policy_fits_the_schema_of_sros2(policy):
    pytest.importorskip('lxml')
    sros = pytest.importorskip('sros2.policy', reason='sros2 is not installed')
    assert len(sros.load_policy(policy).findall('.//enclave')) == 4
