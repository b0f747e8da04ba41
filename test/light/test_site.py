"""The site of docs/: every page is in its navigation, and every name of the API is there."""

import importlib
from pathlib import Path
import re

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / 'docs'


def pages(nav):
    """Yield the pages of a navigation, in order."""
    for entry in nav:
        for target in entry.values():
            if isinstance(target, str):
                yield target
            else:
                yield from pages(target)


@pytest.fixture(scope='module')
def nav():
    return list(pages(yaml.safe_load((ROOT / 'mkdocs.yml').read_text())['nav']))


def test_every_page_is_in_the_navigation_once(nav):
    assert sorted(nav) == sorted(path.name for path in DOCS.glob('*.md'))


@pytest.mark.parametrize('name', re.findall(r'(?m)^::: (\S+)$', (DOCS / 'api.md').read_text()))
def test_the_names_of_the_api_are_there_and_explained(name):
    module, _, attribute = name.rpartition('.')
    assert getattr(importlib.import_module(module), attribute).__doc__


def test_every_picture_is_shown_on_a_page():
    text = ''.join(path.read_text() for path in [ROOT / 'README.md', *DOCS.glob('*.md')])
    pictures = [path.name for path in DOCS.iterdir() if path.suffix in ('.png', '.gif')]
    assert pictures
    assert not [name for name in pictures if name not in text]
