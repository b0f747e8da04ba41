"""Conversion of grippers to and from the number arrays of trial files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dexnet_core.planning.grippers.gripper_files import AnyGripper
import numpy as np
from numpy.typing import NDArray


def gripper_to_numbers(gripper: AnyGripper, names: Sequence[str]) -> NDArray[np.float64]:
    """Return the named attributes of a gripper as an array."""
    return np.array([getattr(gripper, name) for name in names])


def gripper_of_numbers(
    kind: type[AnyGripper], names: Sequence[str], numbers: NDArray[np.generic], path: Path
) -> AnyGripper:
    """Return the gripper with the attribute values of a file.

    Raises:
        ValueError: The array has another length, or a value is invalid; the message contains
            the path.
    """
    if numbers.shape != (len(names),):
        raise ValueError(f'{path} has gripper numbers {numbers.shape}, expected {names}')
    try:
        return kind(**dict(zip(names, numbers.tolist(), strict=True)))
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
