"""Values of YAML files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def read_mapping(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping; an empty file gives an empty mapping.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not YAML, or does not hold a mapping.
    """
    try:
        values = yaml.safe_load(path.read_text()) or {}
    except yaml.YAMLError as error:
        raise ValueError(f'{path} is not YAML: {" ".join(str(error).split())}') from error
    if not isinstance(values, dict):
        raise ValueError(f'{path} holds a {type(values).__name__}, expected keys and values')
    return values
