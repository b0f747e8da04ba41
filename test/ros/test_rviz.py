"""The configuration for RViz names topics that the nodes have, of the types that it shows."""

import pytest
import yaml

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

SHOWN = {
    'PointCloud2': 'sensor_msgs/msg/PointCloud2',
    'DepthCloud': 'sensor_msgs/msg/Image',
    'MarkerArray': 'visualization_msgs/msg/MarkerArray',
    'PoseArray': 'geometry_msgs/msg/PoseArray',
    'Image': 'sensor_msgs/msg/Image',
}
WITHOUT_TOPIC = {'Grid', 'TF'}


@pytest.fixture
def displays(repo):
    config = yaml.safe_load((repo / 'config' / 'dexnet.rviz').read_text())
    return config['Visualization Manager']['Displays']


def kind(display):
    return display['Class'].removeprefix('rviz_default_plugins/')


def topic(display):
    return display.get('Depth Map Topic') or display['Topic']['Value']


def test_every_display_shows_a_topic_of_the_node(make_rig, displays):
    rig = make_rig()
    known = dict(rig.node.get_topic_names_and_types())
    shown = [display for display in displays if kind(display) not in WITHOUT_TOPIC]
    assert [(topic(d), known.get(topic(d))) for d in shown] == [
        (topic(d), [SHOWN[kind(d)]]) for d in shown
    ]


def test_what_a_person_looks_for_is_there(displays):
    topics = {topic(display) for display in displays if kind(display) not in WITHOUT_TOPIC}
    assert {
        '/annotated',
        '/heatmap_image',
        '/points',
        '/depth/image_rect',
        '/markers',
        '/poses',
    } <= topics
    assert all(display['Name'] and display['Enabled'] in (True, False) for display in displays)


def test_the_places_of_the_panels_name_every_picture(repo, displays):
    config = yaml.safe_load((repo / 'config' / 'dexnet.rviz').read_text())
    places = bytes.fromhex(config['Window Geometry']['QMainWindow State'])
    panels = [panel['Name'] for panel in config['Panels']]
    pictures = [display['Name'] for display in displays if kind(display) == 'Image']
    named = places.decode('utf-16-be', 'replace') + places[1:].decode('utf-16-be', 'replace')
    assert [name for name in panels + pictures if name not in named] == []
