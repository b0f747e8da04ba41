"""Text table of grasps."""

from __future__ import annotations

from collections.abc import Sequence

from dexnet_core.planning.grasp import Grasp, GripperKind
import numpy as np
from numpy.typing import NDArray

_HEAD = 'rank  score  position x y z (m)        approach x y z'
_JAW_HEAD = _HEAD + '         closing x y z          opening (mm)'


def grasp_table(grasps: Sequence[Grasp]) -> str:
    """Return a header line and one line per grasp; jaw grasps have closing axis and opening.

    Args:
        grasps: At least one grasp, best first, all of the same gripper type. Vectors are printed
            in the frame of the poses.
    """
    is_jaw = grasps[0].gripper is GripperKind.PARALLEL_JAW
    rows = [_JAW_HEAD if is_jaw else _HEAD]
    for rank, grasp in enumerate(grasps, start=1):
        row = f'{rank:4d}  {grasp.score:.3f}  {_vector(grasp.position, 4)}   '
        row += _vector(grasp.approach, 3)
        if is_jaw:
            row += f'   {_vector(grasp.T_camera_grasp[:3, 0], 3)}   {grasp.width * 1000:6.1f}'
        rows.append(row)
    return '\n'.join(rows)


def _vector(values: NDArray[np.float64], digits: int) -> str:
    """Return signed numbers; a value that rounds to zero is printed as +0, never -0."""
    return ' '.join(f'{value + 0.0:+.{digits}f}' for value in np.round(values, digits))
