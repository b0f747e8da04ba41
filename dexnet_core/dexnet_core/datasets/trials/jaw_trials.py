"""Storage of parallel-jaw trials: grasps on simulated or real measurements, and outcomes.

    ROOT/dataset.json                     configuration of the data set
    ROOT/views/SPLIT/scene_000012_1.npz   view 1 of scene 12

Arrays of a file, in metres and radians in the optical frame of the view:

    heights_tenth_mm  (h, w) uint16  height map of the placement in 0.1 mm, minus `near`;
                                     65535: unknown, 0: wall
    corner, step      (2,), ()       corner and cell size of the height map
    near              ()             offset of the depths
    down              (3,)           direction of gravity
    gripper           (k,)           lengths of the gripper, see `GRIPPER_FIELDS`
    middles           (n, 3)         points midway between the pads
    angles, openings, offsets, clearances  (n,)   see `PlacedJaws`
    scores            (n,)           scores of the proposals
    outcomes          (n,)           index in `Reason`
    quality           (n,)           robust epsilon on the exact meshes
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from dexnet_core.datasets.trials.trial_grippers import gripper_of_numbers, gripper_to_numbers
from dexnet_core.io.files.atomic import read_arrays, write_arrays
from dexnet_core.planning.grippers.jaw import JAW_LENGTHS, JawGripper
from dexnet_core.planning.perception.height_map import FAR, HeightMap
from dexnet_core.planning.planners.jaw_placement import PlacedJaws
from dexnet_core.simulation.picking.outcome import Reason
import numpy as np
from numpy.typing import NDArray

GRIPPER_FIELDS = JAW_LENGTHS
"""Lengths of a gripper, in storage order."""

_TENTH_MM = 1e-4
_UNKNOWN = 65535


class JawTrials(NamedTuple):
    """n grasps of one view and their outcomes.

    Attributes:
        heights: Measured height map along the approach.
        placed: Jaws placed on the height map.
        down: (3,) unit direction of gravity in the optical frame.
        gripper: The jaw.
        outcomes: (n,) index in `Reason`.
        quality: (n,) robust epsilon relative to an ideal grasp; 0 where the jaw collides.
    """

    heights: HeightMap
    placed: PlacedJaws
    down: NDArray[np.float64]
    gripper: JawGripper
    outcomes: NDArray[np.uint8]
    quality: NDArray[np.float64]

    @property
    def held(self) -> NDArray[np.bool_]:
        """Mask (n,) of grasps whose object was lifted and held."""
        held: NDArray[np.bool_] = self.outcomes == list(Reason).index(Reason.HELD)
        return held


def write_trials(path: Path, trials: JawTrials) -> None:
    """Store the trials of a view."""
    heights, placed, down, gripper, outcomes, quality = trials
    known = heights.depth < FAR
    measured = heights.depth[known & (heights.depth > 0)]
    near = float(measured.min()) if measured.size else 0.0
    levels = np.round((heights.depth - near) / _TENTH_MM) + 1
    levels = np.where(heights.depth > 0, levels.clip(1, _UNKNOWN - 1), 0)
    write_arrays(
        path,
        heights_tenth_mm=np.where(known, levels, _UNKNOWN).astype(np.uint16),
        corner=np.array(heights.corner),
        step=np.array(heights.step),
        near=np.array(near),
        down=down,
        gripper=gripper_to_numbers(gripper, GRIPPER_FIELDS),
        outcomes=outcomes,
        quality=quality.astype(np.float32),
        **{name: values.astype(np.float32) for name, values in placed._asdict().items()},
    )


def read_trials(path: Path) -> JawTrials:
    """Read the trials of a view.

    Raises:
        ValueError: The file is damaged or of another kind; the message contains its path.
    """
    names = ('heights_tenth_mm', 'corner', 'step', 'near', 'down', 'gripper', 'outcomes')
    levels, corner, step, near, down, gripper, outcomes, quality, *placed = read_arrays(
        path, *names, 'quality', *PlacedJaws._fields
    )
    depth = (levels.astype(np.float32) - 1) * np.float32(_TENTH_MM) + np.float32(near)
    depth = np.where(levels == _UNKNOWN, FAR, np.where(levels == 0, np.float32(0), depth))
    if len({len(values) for values in (*placed, outcomes, quality)}) > 1:
        raise ValueError(f'{path} has {len(placed[0])} grasps and {len(outcomes)} outcomes')
    x, y = map(float, corner)
    return JawTrials(
        HeightMap(depth, (x, y), float(step)),
        PlacedJaws(*placed),
        down,
        gripper_of_numbers(JawGripper, GRIPPER_FIELDS, gripper, path),
        outcomes,
        quality,
    )
