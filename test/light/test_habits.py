"""What stands beside the code agrees with it: versions, tools, the list of changes."""

from pathlib import Path
import re

from dexnet_core import __version__
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


def read(name):
    path = ROOT / name
    if not path.exists():
        pytest.skip(f'{name} is not here: no checkout')
    return path.read_text()


def test_the_citation_is_of_this_version():
    cited = yaml.safe_load(read('CITATION.cff'))
    assert cited['version'] == __version__
    assert cited['license'] == 'MIT'
    assert cited['cff-version'] == '1.2.0'


def test_the_changes_begin_with_what_is_not_released_and_days_fall():
    text = read('CHANGELOG.md')
    assert re.search(r'(?m)^## .+', text)[0] == '## Unreleased'
    days = re.findall(r'(?m)^### (\d{4}-\d\d-\d\d)', text)
    assert days == sorted(days, reverse=True)
    assert __version__ in text


def test_hooks_workflow_and_site_use_one_ruff():
    files = ('.pre-commit-config.yaml', '.github/workflows/ci.yml', 'requirements/docs.txt')
    found = [re.findall(r'ruff==([\d.]+)', read(name)) for name in files]
    assert all(found)
    assert len({version for versions in found for version in versions}) == 1


def test_hooks_are_yaml_with_entries():
    (local,) = yaml.safe_load(read('.pre-commit-config.yaml'))['repos']
    assert [hook['entry'].split()[0] for hook in local['hooks']] == ['ruff', 'ruff', 'python']
