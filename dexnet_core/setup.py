"""Packaging; what colcon can read is in setup.cfg."""

from pathlib import Path
import sys

from setuptools import find_packages, setup

PACKAGE = 'dexnet_core'
README = Path(__file__).resolve().parent / 'README.md'  # colcon links this file from elsewhere
# colcon asks with --dry-run for what it then reads as Python literals; a specifier is none.
PYTHONS = {} if '--dry-run' in sys.argv else {'python_requires': '>=3.10'}

setup(
    packages=find_packages(include=[PACKAGE, f'{PACKAGE}.*']),
    package_data={PACKAGE: ['py.typed', 'weights/*.onnx', 'weights/*/*.onnx']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{PACKAGE}']),
        (f'share/{PACKAGE}', ['package.xml']),
    ],
    long_description=README.read_text(),
    long_description_content_type='text/markdown',
    **PYTHONS,
)
