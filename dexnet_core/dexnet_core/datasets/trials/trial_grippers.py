"""Grippers as rows of numbers in the files of trials."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dexnet_core.planning.grippers.gripper_files import AnyGripper
import numpy as np
from numpy.typing import NDArray


def gripper_to_numbers(gripper: AnyGripper, names: Sequence[str]) -> NDArray[np.float64]:
    """Return the attributes of a gripper that have these names."""
    return np.array([getattr(gripper, name) for name in names])


def gripper_of_numbers(
    kind: type[AnyGripper], names: Sequence[str], numbers: NDArray[np.generic], path: Path
) -> AnyGripper:
    """Return the gripper whose attributes a file has.

    Raises:
        ValueError: There are other numbers, or impossible ones; the message names the file.
    """
    if numbers.shape != (len(names),):
        raise ValueError(f'{path} describes a gripper by {numbers.shape} numbers, not {names}')
    try:
        return kind(**dict(zip(names, numbers.tolist(), strict=True)))
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
