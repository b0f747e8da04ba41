"""Suction contacts that a planner considered on a depth image, and whether they held in physics.

    ROOT/dataset.json                     what the set was made with
    ROOT/views/SPLIT/scene_000012_1.npz   view 1 of scene 12

A file holds the part of the depth image around the objects, `depth_tenth_mm` (h, w) uint16 with 0
where nothing was seen and `near` () metres to be added to all else, `objects` (h, w) uint8,
`intrinsics` (4,) fx fy cx cy; `down` (3,), where gravity pulls; the numbers of the `cup` (see
`CUP_FIELDS`); and of each contact its `poses` (n, 4, 4), the `scores` (n,) of its proposal, the
`outcomes` (n,) of its trial (index in `Reason`) and its `quality` (n,) by the analytic labels.
Metres, in the optical frame of the view.
"""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import NamedTuple

from dexnet_core.datasets.trials.trial_grippers import gripper_of_numbers, gripper_to_numbers
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.io.files.atomic import read_arrays, write_arrays
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.perception.cup_patch import CupContacts
from dexnet_core.planning.perception.segment import box_around, Observed
from dexnet_core.simulation.picking.outcome import Reason
import numpy as np
from numpy.typing import NDArray

CUP_FIELDS = tuple(item.name for item in fields(SuctionCup) if item.name != 'name')
"""Numbers of a cup, in the order in which they are stored."""

_TENTH_MM = 1e-4
_AROUND = 0.09
"""Metres around the objects that are stored."""


class SuctionTrials(NamedTuple):
    """n contacts of one view and what became of them.

    Attributes:
        observed: The depth image.
        contacts: Where the cup was to touch.
        down: (3,) unit direction of gravity, in the optical frame.
        cup: The cup.
        outcomes: (n,) index in `Reason`.
        quality: (n,) robust wrench resistance on the exact meshes.
    """

    observed: Observed
    contacts: CupContacts
    down: NDArray[np.float64]
    cup: SuctionCup
    outcomes: NDArray[np.uint8]
    quality: NDArray[np.floating]

    @property
    def held(self) -> NDArray[np.bool_]:
        """(n,) whether the object was lifted and held."""
        held: NDArray[np.bool_] = self.outcomes == list(Reason).index(Reason.HELD)
        return held


def write_suction_trials(path: Path, trials: SuctionTrials) -> None:
    """Store the trials of a view."""
    observed, contacts, down, cup, outcomes, quality = trials
    observed = _part(observed)
    seen = observed.depth > 0
    near = float(observed.depth[seen].min(initial=np.inf)) if seen.any() else 0.0
    levels = np.round((observed.depth - near) / _TENTH_MM) + 1
    camera = observed.camera
    write_arrays(
        path,
        depth_tenth_mm=np.where(seen, levels.clip(1, 65535), 0).astype(np.uint16),
        near=np.array(near),
        objects=observed.objects.astype(np.uint8),
        intrinsics=np.array([camera.fx, camera.fy, camera.cx, camera.cy]),
        down=down,
        cup=gripper_to_numbers(cup, CUP_FIELDS),
        poses=contacts.poses.astype(np.float32),
        scores=contacts.scores.astype(np.float32),
        outcomes=outcomes,
        quality=quality.astype(np.float32),
    )


def read_suction_trials(path: Path) -> SuctionTrials:
    """Read the trials of a view.

    Raises:
        ValueError: The file is damaged or of another kind; the message names it.
    """
    names = ('depth_tenth_mm', 'near', 'objects', 'intrinsics', 'down', 'cup')
    levels, near, objects, intrinsics, down, cup, poses, scores, outcomes, quality = read_arrays(
        path, *names, 'poses', 'scores', 'outcomes', 'quality'
    )
    if len({len(values) for values in (poses, scores, outcomes, quality)}) > 1:
        raise ValueError(f'{path} holds {len(poses)} contacts and {len(outcomes)} outcomes')
    depth = (levels.astype(np.float32) - 1) * np.float32(_TENTH_MM) + np.float32(near)
    depth = np.where(levels > 0, depth, np.float32(0))
    height, width = depth.shape
    camera = CameraIntrinsics(width, height, *map(float, intrinsics))
    return SuctionTrials(
        Observed(depth, objects > 0, camera),
        CupContacts(poses.astype(float), scores),
        down,
        gripper_of_numbers(SuctionCup, CUP_FIELDS, cup, path),
        outcomes,
        quality,
    )


def _part(observed: Observed) -> Observed:
    """Return the part of an image around its objects; the first pixel where there are none."""
    if not observed.objects.any():
        one = replace(observed.camera, width=1, height=1)
        return Observed(observed.depth[:1, :1], observed.objects[:1, :1], one)
    camera = observed.camera
    middle = float(np.median(observed.depth[observed.objects]))
    box = box_around(observed.objects, round(_AROUND * camera.fx / middle))
    part = observed.depth[box.slices], observed.objects[box.slices]
    height, width = part[0].shape
    shifted = replace(
        camera, width=width, height=height, cx=camera.cx - box.u0, cy=camera.cy - box.v0
    )
    return Observed(*part, shifted)
