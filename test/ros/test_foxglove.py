"""The layout for Foxglove names topics and fields of the nodes, and panels that are there."""

import json

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_msgs.msg import GraspArray

SHOWN = {
    '/points': 'sensor_msgs/msg/PointCloud2',
    '/markers': 'visualization_msgs/msg/MarkerArray',
    '/poses': 'geometry_msgs/msg/PoseArray',
    '/annotated': 'sensor_msgs/msg/Image',
    '/diagnostics': 'diagnostic_msgs/msg/DiagnosticArray',
    '/grasps': 'dexnet_msgs/msg/GraspArray',
}


@pytest.fixture
def layout(repo):
    return json.loads((repo / 'config' / 'foxglove.json').read_text())


def panels(node):
    """The names of the panels under a node of the layout."""
    return [node] if isinstance(node, str) else panels(node['first']) + panels(node['second'])


def topics(layout):
    """The topics that the panels show."""
    config = layout['configById']
    (path,) = config['Plot!planning']['paths']
    return {
        *config['3D!grasps']['topics'],
        config['Image!annotated']['imageMode']['imageTopic'],
        config['RawMessages!diagnostics']['topicPath'],
        path['value'].split('.')[0],
    }


def test_every_panel_is_described_and_shown(layout):
    assert sorted(panels(layout['layout'])) == sorted(layout['configById'])


def test_the_panels_show_topics_of_the_node(make_rig, layout):
    known = dict(make_rig().node.get_topic_names_and_types())
    assert topics(layout) == SHOWN.keys()
    assert {topic: known.get(topic) for topic in SHOWN} == {t: [k] for t, k in SHOWN.items()}


def test_what_is_plotted_is_a_number_of_the_message(layout):
    (path,) = layout['configById']['Plot!planning']['paths']
    field = path['value'].split('.')[1]
    assert GraspArray.get_fields_and_field_types()[field] == 'float'
