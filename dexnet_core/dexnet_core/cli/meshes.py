"""What the user is told of a folder of meshes."""

from __future__ import annotations

from pathlib import Path
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dexnet_core.simulation.objects.grasp_object import GraspObject


def read_and_tell(folder: Path, scale: float) -> list[GraspObject]:
    """Return the usable meshes of a folder; say which are left out, and which were mended.

    Raises:
        FileNotFoundError: There is no such folder.
        ValueError: None can be used; the message names a file and the reason.
    """
    from dexnet_core.simulation.objects.own_meshes import read_usable_meshes

    found = read_usable_meshes(folder, scale)
    for what, lines in (('left out', found.broken), ('mended', found.repaired)):
        for line in lines:
            sys.stderr.write(f'dexnet: {what}: {" ".join(line.split())}\n')
    return found.objects
