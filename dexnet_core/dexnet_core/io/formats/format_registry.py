"""The formats of other programs by name; a new one is a file beside this one and a line here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from dexnet_core.io.formats import graspnetapi, isaac, poses
from dexnet_core.io.formats.grasp_format import GraspFormat, GraspList
from dexnet_core.planning.grasp import Gripper

FORMATS: Mapping[str, GraspFormat] = {
    'graspnetapi': graspnetapi.FORMAT,
    'isaac': isaac.FORMAT,
    'poses': poses.FORMAT,
    'poses-x': poses.FORMAT_X,
}
"""By the name that a person types."""


def require_gripper(names: Iterable[str], gripper: Gripper) -> None:
    """Raise ValueError if a format cannot tell of a kind of gripper; it says which can."""
    for name in names:
        if gripper not in FORMATS[name].grippers:
            able = [other for other, kind in FORMATS.items() if gripper in kind.grippers]
            raise ValueError(
                f'format {name} cannot hold grasps of kind {gripper.value}, '
                f'expected {" or ".join(able)}'
            )


def write_formats(names: Iterable[str], folder: Path, listed: GraspList) -> None:
    """Write grasps into a folder in each of some formats.

    Raises:
        ValueError: A format cannot tell of such grasps.
    """
    names = tuple(dict.fromkeys(names))
    for gripper in {grasp.gripper for grasp in listed.grasps}:
        require_gripper(names, gripper)
    for name in names:
        FORMATS[name].write(folder, listed)
