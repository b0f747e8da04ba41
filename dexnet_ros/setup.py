"""Packaging; what does not depend on ROS's index is in setup.cfg."""

from pathlib import Path

from setuptools import find_packages, setup

PACKAGE = 'dexnet_ros'


def files(pattern: str) -> list[str]:
    """What launch/ and config/, links to the folders at the top of the repository, hold."""
    return sorted(str(path) for path in Path().glob(pattern))


setup(
    packages=find_packages(include=[PACKAGE, f'{PACKAGE}.*']),
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{PACKAGE}']),
        (f'share/{PACKAGE}', ['package.xml']),
        (f'share/{PACKAGE}/launch', files('launch/*.launch.py')),
        (f'share/{PACKAGE}/config', files('config/*.*')),
    ],
)
