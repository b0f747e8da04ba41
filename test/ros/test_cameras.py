"""The table of cameras: what it says goes together, and docs/cameras.md says the same."""

import importlib.util

from dexnet_core.io.messages.frames import cloud_frame, image_frame
from dexnet_ros.cameras import Camera, CAMERAS, Source, SOURCES
import pytest

THERE = [
    (name, kind)
    for name, camera in CAMERAS.items()
    for kind in SOURCES
    if kind != 'aligned' or camera.aligned
]


def kind_of(source, said):
    """The kind of frame that a node takes the source's for."""
    of = image_frame if source.camera_info else cloud_frame
    return of(source.frame, said).kind


def test_the_page_is_what_the_table_makes_of_it(repo):
    spec = importlib.util.spec_from_file_location('make', repo / 'docs' / 'make_cameras.py')
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    page = (repo / 'docs' / 'cameras.md').read_text()
    assert all(f'| `{name}` | `{kind}` |' in page for name, kind in THERE)
    assert page == make.page(page), 'run: python docs/make_cameras.py'


@pytest.mark.parametrize(('name', 'kind'), THERE)
def test_a_node_takes_the_frame_for_what_it_is(name, kind):
    source = CAMERAS[name].chosen(kind)
    told = CAMERAS[name].planner(kind)
    said = told.get('image_frame') or told['cloud_frame']
    assert kind_of(source, said) == source.axes
    if 'optical' in source.frame:
        assert kind_of(source, 'auto') == source.axes


@pytest.mark.parametrize(('name', 'kind'), THERE)
def test_an_image_goes_with_its_camera_info_and_a_cloud_does_not(name, kind):
    source = CAMERAS[name].chosen(kind)
    told = CAMERAS[name].planner(kind)
    assert bool(source.camera_info) == bool(source.encoding) == (kind != 'cloud')
    assert ('depth_topic' in told, 'points_topic' in told) == (kind != 'cloud', kind == 'cloud')
    assert all(value.startswith('/') for key, value in told.items() if key.endswith('_topic'))


def test_of_an_image_its_distortion_is_told():
    image = Source('/depth', 'optical', '/info', '16UC1, mm', rectify=True)
    assert image.planner() == {
        'depth_topic': '/depth',
        'camera_info_topic': '/info',
        'image_frame': 'optical',
        'rectify': 'true',
    }


def test_what_a_camera_does_not_publish_is_refused():
    cloud = Source('/points', 'optical')
    camera = Camera('a', 'driver 1', 'a/b', '', Source('/d', 'optical', '/i', 'm'), cloud)
    assert camera.chosen('cloud') == cloud
    with pytest.raises(ValueError, match="source is 'aligned', expected depth or cloud for"):
        camera.planner('aligned')


@pytest.mark.parametrize(
    ('name', 'distribution', 'how'),
    [
        ('realsense', 'jazzy', 'apt install ros-jazzy-realsense2-camera'),
        ('orbbec', 'kilted', 'build it from orbbec/OrbbecSDK_ROS2, branch v2-main'),
        ('zed', 'jazzy', 'build it from stereolabs/zed-ros2-wrapper, branch master'),
    ],
)
def test_how_a_driver_is_installed_is_told(name, distribution, how):
    assert CAMERAS[name].installation(distribution) == how
