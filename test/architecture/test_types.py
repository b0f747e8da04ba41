"""Types hold: what pyproject.toml lists is clean under `mypy --strict`."""

from importlib.util import find_spec
from pathlib import Path
import subprocess
import sys

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


def listed() -> list[str]:
    """Return the files and folders that mypy checks, as pyproject.toml lists them."""
    section = (ROOT / 'pyproject.toml').read_text().partition('[tool.mypy]')[2]
    lines = section.partition('files = [')[2].partition(']')[0].splitlines()
    return [line.strip(" ',") for line in lines if line.strip()]


def test_what_is_listed_is_there():
    assert listed()
    assert not [name for name in listed() if not (ROOT / name).exists()]


def test_both_packages_are_listed_whole():
    assert {'dexnet_core/dexnet_core', 'dexnet_ros/dexnet_ros'} <= set(listed())


def test_types_hold():
    if find_spec('mypy') is None:
        pytest.skip('mypy is not here: pip install -r requirements/test.txt')
    if find_spec('torch') is None:
        pytest.skip('the types of PyTorch are not here: ./setup.sh --with-train')
    if tuple(map(int, np.__version__.split('.')[:2])) < (2, 4):
        pytest.skip(f'NumPy {np.__version__} tells other types than NumPy 2.4')
    done = subprocess.run(
        [sys.executable, '-m', 'mypy'], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
