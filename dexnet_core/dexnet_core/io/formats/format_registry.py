"""Registry of the export formats. A new format is a module in this folder and an entry here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from dexnet_core.io.formats import graspnetapi, isaac, poses
from dexnet_core.io.formats.grasp_format import GraspFormat, GraspList
from dexnet_core.planning.grasp import GripperKind

FORMATS: Mapping[str, GraspFormat] = {
    'graspnetapi': graspnetapi.FORMAT,
    'isaac': isaac.FORMAT,
    'poses': poses.FORMAT,
    'poses-x': poses.FORMAT_X,
}
"""Formats by their name on the command line."""


def require_gripper(names: Iterable[str], gripper: GripperKind) -> None:
    """Raise ValueError if a format does not support a gripper type; the message lists others."""
    for name in names:
        if gripper not in FORMATS[name].grippers:
            able = [other for other, kind in FORMATS.items() if gripper in kind.grippers]
            raise ValueError(
                f'format {name} cannot hold grasps of kind {gripper.value}, '
                f'expected {" or ".join(able)}'
            )


def write_formats(names: Iterable[str], folder: Path, listed: GraspList) -> None:
    """Write grasps into a folder, in each of the given formats.

    Raises:
        ValueError: A format does not support the gripper type of a grasp.
    """
    names = tuple(dict.fromkeys(names))
    for gripper in {grasp.gripper for grasp in listed.grasps}:
        require_gripper(names, gripper)
    for name in names:
        FORMATS[name].write(folder, listed)
