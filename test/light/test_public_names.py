"""`from dexnet_core import ...` gives what the README shows, each name when it is first used."""

import ast
from pathlib import Path
import subprocess
import sys

import dexnet_core
import pytest

SOURCE = Path(dexnet_core.__file__).read_text()
NAMES = [name for name in dir(dexnet_core) if not name.startswith('_')]


def test_type_checkers_see_the_same_names():
    block = next(node for node in ast.parse(SOURCE).body if isinstance(node, ast.If))
    declared = [alias.asname for node in block.body for alias in node.names]
    assert sorted(declared) == NAMES


@pytest.mark.parametrize('name', NAMES)
def test_a_public_name_comes_from_the_module_that_defines_it(name):
    assert getattr(dexnet_core, name).__module__ == f'dexnet_core.{dexnet_core._MODULE_OF[name]}'


def test_another_name_is_refused():
    with pytest.raises(AttributeError, match='no attribute'):
        dexnet_core.load_nothing  # noqa: B018


def test_importing_the_package_imports_no_library():
    code = "import sys, dexnet_core; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, '-c', code], check=True)
