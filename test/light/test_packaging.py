"""The package as pip gets it: what its metadata says, and the wheel and sdist that are built."""

from collections import defaultdict
from email import message_from_string
import importlib.util
from pathlib import Path
import shutil
import subprocess
import sys
import tarfile
from xml.etree import ElementTree
import zipfile

from dexnet_core import __version__
from packaging.requirements import Requirement
from packaging.version import Version
import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / 'dexnet_core'
BUILD = "import setuptools.build_meta as b; b.build_wheel('out'); b.build_sdist('out')"


@pytest.fixture(scope='module')
def extras():
    """The script that makes the extras of the requirements."""
    spec = importlib.util.spec_from_file_location(
        'make_extras', ROOT / 'requirements' / 'make_extras.py'
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope='module')
def built(tmp_path_factory):
    """A folder with a wheel and an sdist, built of a copy."""
    source = tmp_path_factory.mktemp('source') / 'dexnet_core'
    shutil.copytree(CORE, source, ignore=shutil.ignore_patterns('__pycache__', '*.egg-info'))
    done = subprocess.run(
        [sys.executable, '-c', BUILD], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert 'deprecated' not in done.stderr.lower()
    return source / 'out'


@pytest.fixture(scope='module')
def wheel(built):
    (path,) = built.glob('*.whl')
    with zipfile.ZipFile(path) as archive:
        yield archive


@pytest.fixture(scope='module')
def metadata(wheel):
    (name,) = (name for name in wheel.namelist() if name.endswith('.dist-info/METADATA'))
    return message_from_string(wheel.read(name).decode())


def test_the_wheel_says_what_it_is(metadata):
    assert metadata['Name'].replace('-', '_') == 'dexnet_core'
    assert metadata['Version'] == __version__
    assert metadata['Requires-Python'] == '>=3.10'
    assert metadata['License'] == 'MIT'
    assert metadata['Description-Content-Type'] == 'text/markdown'
    assert metadata.get_payload() == (CORE / 'README.md').read_text()
    pythons = [f'Programming Language :: Python :: 3.{minor}' for minor in (10, 11, 12, 13)]
    assert set(pythons) <= set(metadata.get_all('Classifier'))


def test_the_wheel_has_weights_types_and_licence_and_no_tests(wheel):
    names = wheel.namelist()
    shipped = [path.relative_to(CORE) for path in CORE.glob('dexnet_core/weights/*/*.onnx')]
    assert len(shipped) > 4
    assert {str(path) for path in shipped} <= set(names)
    assert 'dexnet_core/py.typed' in names
    (licence,) = (name for name in names if name.endswith('LICENSE'))
    assert wheel.read(licence) == (ROOT / 'LICENSE').read_bytes()
    assert not [name for name in names if 'test' in name]


def test_the_wheel_has_every_module(wheel):
    modules = {str(path.relative_to(CORE)) for path in CORE.glob('dexnet_core/**/*.py')}
    assert {name for name in wheel.namelist() if name.endswith('.py')} == modules


def test_the_sdist_has_what_the_wheel_is_built_of(built):
    (path,) = built.glob('*.tar.gz')
    with tarfile.open(path) as archive:
        names = {name.partition('/')[2] for name in archive.getnames()}
    assert {'LICENSE', 'README.md', 'setup.py', 'setup.cfg', 'resource/dexnet_core'} <= names
    assert 'dexnet_core/weights/suction/evaluator.onnx' in names


def test_the_extras_are_made_of_the_requirements(extras):
    text = extras.SETUP.read_text()
    assert extras.with_extras(text) == text, 'python requirements/make_extras.py'


def test_the_wheel_offers_the_extras(metadata, extras):
    asked_for = defaultdict(set)
    for text in metadata.get_all('Requires-Dist'):
        requirement = Requirement(text)
        marker = str(requirement.marker or '')
        asked_for[marker.partition('extra == ')[2].strip('"')].add(requirement.name.lower())
    assert set(metadata.get_all('Provides-Extra')) == set(extras.EXTRAS) == set(asked_for) - {''}
    assert asked_for[''] == {
        *('numpy', 'scipy', 'opencv-python-headless', 'onnxruntime', 'pyyaml'),
    }
    assert 'mujoco' not in asked_for['train'] | asked_for['export']
    assert 'torch' not in asked_for['sim']


@pytest.mark.parametrize('pins', ['core', 'core-numpy1'])
def test_what_was_tested_is_what_the_package_asks_for(metadata, extras, pins):
    asked_for = {
        requirement.name: requirement.specifier
        for requirement in map(Requirement, metadata.get_all('Requires-Dist'))
        if 'extra' not in str(requirement.marker)
    }
    tested = list(extras.pinned(pins))
    assert {requirement.name for requirement in tested} == set(asked_for)
    for requirement in tested:
        assert asked_for[requirement.name].contains(extras.oldest_version(requirement))


def test_a_library_is_tested_in_one_version(extras):
    files = ('colcon', 'sim', 'torch', 'train', 'export', 'viz', 'bags', 'test')
    found = defaultdict(set)
    for name in files:
        for requirement in extras.pinned(name):
            key = (requirement.name, str(requirement.marker))
            found[key].add(extras.oldest_version(requirement))
    assert all(len(versions) == 1 for versions in found.values()), found


def test_ros_and_pip_get_the_same_version():
    for package in ('dexnet_core', 'dexnet_msgs', 'dexnet_ros'):
        told = ElementTree.parse(ROOT / package / 'package.xml').findtext('version')
        assert Version(told) == Version(__version__)
