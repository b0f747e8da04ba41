"""Files and functions stay small enough to be read."""

import ast
from pathlib import Path
import subprocess

import pytest

REPO = Path(__file__).resolve().parents[2]
SOURCES = [
    file
    for package in ('dexnet_core', 'dexnet_ros')
    for file in sorted((REPO / package / package).rglob('*.py'))
]
LARGEST_FILE = 300
LONGEST_FUNCTION = 41
LARGEST_IN_GIT = 2_500_000


@pytest.mark.parametrize('file', SOURCES, ids=lambda file: file.stem)
def test_file_and_functions_are_small(file):
    text = file.read_text()
    assert text.count('\n') <= LARGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno <= LONGEST_FUNCTION, node.name


def test_nothing_large_is_in_git():
    listed = subprocess.run(['git', 'ls-files'], cwd=REPO, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip('not a git checkout')
    files = [REPO / name for name in listed.stdout.splitlines()]
    large = [file for file in files if file.is_file() and file.stat().st_size > LARGEST_IN_GIT]
    assert not large
