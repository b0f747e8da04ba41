"""The package files name nothing that rosdep would have pip install: PEP 668 forbids it."""

from xml.etree import ElementTree

import pytest

SYSTEM = {'python3-numpy', 'python3-opencv', 'python3-scipy', 'python3-yaml'}


@pytest.mark.parametrize('package', ['dexnet_core', 'dexnet_msgs', 'dexnet_ros'])
def test_a_robot_needs_packages_of_the_system_only(repo, package):
    root = ElementTree.parse(repo / package / 'package.xml').getroot()
    needed = {item.text for kind in ('depend', 'exec_depend') for item in root.iter(kind)}
    assert not [name for name in needed if name.endswith('-pip')]
    assert {name for name in needed if name.startswith('python3')} <= SYSTEM
