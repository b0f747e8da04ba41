"""Storage of suction trials: contacts on a depth image, and their outcomes.

    ROOT/dataset.json                     configuration of the data set
    ROOT/views/SPLIT/scene_000012_1.npz   view 1 of scene 12

Arrays of a file, in metres in the optical frame of the view:

    depth_tenth_mm  (h, w) uint16  depth around the objects in 0.1 mm, minus `near`;
                                   0 where there is no measurement
    near            ()             offset of the depths
    objects         (h, w) uint8   object mask
    intrinsics      (4,)           fx fy cx cy in pixels
    down            (3,)           direction of gravity
    cup             (k,)           numbers of the cup, see `CUP_FIELDS`
    poses           (n, 4, 4)      contact poses
    scores          (n,)           scores of the proposals
    outcomes        (n,)           index in `Reason`
    quality         (n,)           analytic quality, robust wrench resistance
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
from dexnet_core.planning.perception.segment import box_around, SegmentedImage
from dexnet_core.simulation.picking.outcome import Reason
import numpy as np
from numpy.typing import NDArray

CUP_FIELDS = tuple(item.name for item in fields(SuctionCup) if item.name != 'name')
"""Numbers of a cup, in storage order."""

_TENTH_MM = 1e-4
_AROUND = 0.09
"""Margin of the stored image around the objects in metres."""


class SuctionTrials(NamedTuple):
    """n contacts of one view and their outcomes.

    Attributes:
        segmented: The depth image.
        contacts: Planned contacts.
        down: (3,) unit direction of gravity in the optical frame.
        cup: The cup.
        outcomes: (n,) index in `Reason`.
        quality: (n,) robust wrench resistance on the exact meshes.
    """

    segmented: SegmentedImage
    contacts: CupContacts
    down: NDArray[np.float64]
    cup: SuctionCup
    outcomes: NDArray[np.uint8]
    quality: NDArray[np.floating]

    @property
    def held(self) -> NDArray[np.bool_]:
        """Mask (n,) of contacts whose object was lifted and held."""
        held: NDArray[np.bool_] = self.outcomes == list(Reason).index(Reason.HELD)
        return held


def write_suction_trials(path: Path, trials: SuctionTrials) -> None:
    """Store the trials of a view."""
    segmented, contacts, down, cup, outcomes, quality = trials
    segmented = _part(segmented)
    seen = segmented.depth > 0
    near = float(segmented.depth[seen].min(initial=np.inf)) if seen.any() else 0.0
    levels = np.round((segmented.depth - near) / _TENTH_MM) + 1
    camera = segmented.camera
    write_arrays(
        path,
        depth_tenth_mm=np.where(seen, levels.clip(1, 65535), 0).astype(np.uint16),
        near=np.array(near),
        objects=segmented.objects.astype(np.uint8),
        intrinsics=np.array([camera.fx, camera.fy, camera.cx, camera.cy]),
        down=down,
        cup=gripper_to_numbers(cup, CUP_FIELDS),
        poses=contacts.poses.astype(np.float32),
        scores=contacts.proposed.astype(np.float32),
        outcomes=outcomes,
        quality=quality.astype(np.float32),
    )


def read_suction_trials(path: Path) -> SuctionTrials:
    """Read the trials of a view.

    Raises:
        ValueError: The file is damaged or of another kind; the message contains its path.
    """
    names = ('depth_tenth_mm', 'near', 'objects', 'intrinsics', 'down', 'cup')
    levels, near, objects, intrinsics, down, cup, poses, scores, outcomes, quality = read_arrays(
        path, *names, 'poses', 'scores', 'outcomes', 'quality'
    )
    if len({len(values) for values in (poses, scores, outcomes, quality)}) > 1:
        raise ValueError(f'{path} has {len(poses)} contacts and {len(outcomes)} outcomes')
    depth = (levels.astype(np.float32) - 1) * np.float32(_TENTH_MM) + np.float32(near)
    depth = np.where(levels > 0, depth, np.float32(0))
    height, width = depth.shape
    camera = CameraIntrinsics(width, height, *map(float, intrinsics))
    return SuctionTrials(
        SegmentedImage(depth, objects > 0, camera),
        CupContacts(poses.astype(float), scores),
        down,
        gripper_of_numbers(SuctionCup, CUP_FIELDS, cup, path),
        outcomes,
        quality,
    )


def _part(segmented: SegmentedImage) -> SegmentedImage:
    """Crop an image to the region around its objects; to the first pixel if there are none."""
    if not segmented.objects.any():
        one = replace(segmented.camera, width=1, height=1)
        return SegmentedImage(segmented.depth[:1, :1], segmented.objects[:1, :1], one)
    camera = segmented.camera
    middle = float(np.median(segmented.depth[segmented.objects]))
    box = box_around(segmented.objects, round(_AROUND * camera.fx / middle))
    part = segmented.depth[box.slices], segmented.objects[box.slices]
    height, width = part[0].shape
    shifted = replace(
        camera, width=width, height=height, cx=camera.cx - box.u0, cy=camera.cy - box.v0
    )
    return SegmentedImage(*part, shifted)
