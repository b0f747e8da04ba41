"""Packaging; what does not depend on ROS's index is in setup.cfg."""

from setuptools import find_packages, setup

PACKAGE = 'dexnet_core'

setup(
    packages=find_packages(include=[PACKAGE, f'{PACKAGE}.*']),
    package_data={PACKAGE: ['py.typed', 'weights/*.onnx', 'weights/*/*.onnx']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{PACKAGE}']),
        (f'share/{PACKAGE}', ['package.xml']),
    ],
)
