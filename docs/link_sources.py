"""A hook of MkDocs: files of the repository that pages link to become part of the site."""

from __future__ import annotations

from pathlib import Path
import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

_OUTSIDE = re.compile(r'\]\(\.\./([^)#]+)(#[^)]*)?\)')


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what lies outside docs/ and is linked to, as text that a browser shows."""
    docs = Path(config.docs_dir)
    names = {
        found for page in docs.glob('*.md') for found, _ in _OUTSIDE.findall(page.read_text())
    }
    for name in sorted(names):
        path = docs.parent / name
        text = _listing(path) if path.is_dir() else path.read_text()
        files.append(File.generated(config, f'source/{_shown(name)}', content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links to such files to their copies."""
    return _OUTSIDE.sub(lambda found: f'](source/{_shown(found[1])})', markdown)


def _shown(name: str) -> str:
    return name.rstrip('/') + '.txt'


def _listing(folder: Path) -> str:
    return '\n'.join(sorted(path.name for path in folder.iterdir())) + '\n'
