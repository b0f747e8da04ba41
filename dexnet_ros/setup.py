"""Packaging of the files for the ament index; everything else is in setup.cfg."""

from pathlib import Path

from setuptools import find_packages, setup

PACKAGE = 'dexnet_ros'


def files(pattern: str) -> list[str]:
    """Return files of launch/ and config/, which are links to folders of the repository."""
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
