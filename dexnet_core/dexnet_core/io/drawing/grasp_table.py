"""Grasps as a table of text, best first."""

from __future__ import annotations

from collections.abc import Sequence

from dexnet_core.planning.grasp import Grasp, Gripper
import numpy as np
from numpy.typing import NDArray

_HEAD = 'rank  score  position x y z (m)        approach x y z'
_JAW_HEAD = _HEAD + '         closing x y z          opening (mm)'


def grasp_table(grasps: Sequence[Grasp]) -> str:
    """Return a head and a line per grasp; of a jaw also where it closes and how far it opens.

    Args:
        grasps: At least one, all of one gripper; vectors are printed in the frame of the poses.
    """
    is_jaw = grasps[0].gripper is Gripper.PARALLEL_JAW
    rows = [_JAW_HEAD if is_jaw else _HEAD]
    for rank, grasp in enumerate(grasps, start=1):
        row = f'{rank:4d}  {grasp.score:.3f}  {_vector(grasp.position, 4)}   '
        row += _vector(grasp.approach, 3)
        if is_jaw:
            row += f'   {_vector(grasp.T_camera_grasp[:3, 0], 3)}   {grasp.width * 1000:6.1f}'
        rows.append(row)
    return '\n'.join(rows)


def _vector(values: NDArray[np.float64], digits: int) -> str:
    """Return numbers with signs; what rounds to zero is +0, so that columns stay."""
    return ' '.join(f'{value + 0.0:+.{digits}f}' for value in np.round(values, digits))
