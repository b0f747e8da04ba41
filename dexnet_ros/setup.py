"""Packaging; what does not depend on ROS's index is in setup.cfg."""

from glob import glob

from setuptools import find_packages, setup

PACKAGE = 'dexnet_ros'

setup(
    packages=find_packages(include=[PACKAGE, f'{PACKAGE}.*']),
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{PACKAGE}']),
        (f'share/{PACKAGE}', ['package.xml']),
        # launch, config and test are links to the folders at the top of the repository.
        (f'share/{PACKAGE}/launch', sorted(glob('launch/*.launch.py'))),
        (f'share/{PACKAGE}/config', sorted(glob('config/*.*'))),
    ],
)
