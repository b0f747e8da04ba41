"""The pages: their links lead somewhere, and the README's Python runs as it stands."""

from pathlib import Path
import re
import subprocess
import sys

from box_scene import camera_at, seen_from
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md'))]


def anchors(page):
    """The names that a page's headings have as targets of links."""
    heads = re.findall(r'(?m)^#+ (.+)$', page.read_text())
    return {re.sub(r'[^\w\- ]', '', head.lower()).replace(' ', '-') for head in heads}


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for link in re.findall(r'\]\(([^)]+)\)', page.read_text()):
        if not link.startswith('http'):
            name, _, anchor = link.partition('#')
            target = page.parent / name if name else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


def test_the_python_of_the_readme_runs(tmp_path):
    code = re.search(r'```python\n(.*?)```', (ROOT / 'README.md').read_text(), re.DOTALL)[1]
    np.save(tmp_path / 'depth.npy', seen_from(camera_at(0.0)))
    done = subprocess.run(
        [sys.executable, '-c', code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert 0 < float(done.stdout.split()[0]) <= 1
