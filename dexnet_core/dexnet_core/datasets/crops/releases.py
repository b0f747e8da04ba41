"""File formats of the published releases of crops.

A release is a folder of files FIELD_00000.npz, FIELD_00001.npz, ... with one array `arr_0` each.
Row i of file n of all fields describes one crop. Depths are in metres, angles in radians, image
positions in pixels. Sources: README of the Dex-Net 2.0 and 3.0 tensors; `read_pose_data` of gqcnn
and its training configurations for 4.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dexnet_core.planning.grasp import GripperKind

TEMPLATE = '{field}_{number:05d}.npz'
ARRAY = 'arr_0'


@dataclass(frozen=True)
class Release:
    """Fields of one release.

    Attributes:
        name: Name of the release in this package.
        gripper: Kind of gripper.
        image_field: (n, crop, crop, 1) float32 depth in metres, with the grasp at the centre.
        pose_field: (n, pose_width) float32 grasp in the original image of the crop.
        metric_field: (n,) float32 quality; 0 for a grasp that collides.
        pose_width: Number of columns of the pose field.
        pose_columns: Columns that are network inputs: the gripper's depth in metres and, for
            suction, the angle between approach and optical axis in radians.
        width_column: Column of the jaw's width in pixels of the original image; None for suction.
        threshold: A grasp is good if its metric is greater.
        crop: Side of a crop in pixels.
        rows_per_file: Number of crops in every file except the last.
    """

    name: str
    gripper: GripperKind
    image_field: str
    pose_field: str
    metric_field: str
    pose_width: int
    pose_columns: tuple[int, ...]
    width_column: int | None
    threshold: float
    crop: int
    rows_per_file: int


DEXNET_2 = Release(
    name='dexnet_2',
    gripper=GripperKind.PARALLEL_JAW,
    image_field='depth_ims_tf_table',
    pose_field='hand_poses',
    metric_field='robust_ferrari_canny',
    pose_width=7,
    pose_columns=(2,),
    width_column=6,
    threshold=0.002,
    crop=32,
    rows_per_file=1000,
)
"""Dex-Net 2.0, and 2.1 with the same files."""

DEXNET_3 = Release(
    name='dexnet_3',
    gripper=GripperKind.SUCTION,
    image_field='depth_ims_tf_table',
    pose_field='hand_poses',
    metric_field='robust_suction_wrench_resistance',
    pose_width=7,
    pose_columns=(2, 3),
    width_column=None,
    threshold=0.2,
    crop=32,
    rows_per_file=1000,
)

DEXNET_4_JAW = Release(
    name='dexnet_4_jaw',
    gripper=GripperKind.PARALLEL_JAW,
    image_field='tf_depth_ims',
    pose_field='grasps',
    metric_field='grasp_metrics',
    pose_width=6,
    pose_columns=(2,),
    width_column=5,
    threshold=0.5,
    crop=96,
    rows_per_file=100,
)

DEXNET_4_SUCTION = Release(
    name='dexnet_4_suction',
    gripper=GripperKind.SUCTION,
    image_field='tf_depth_ims',
    pose_field='grasps',
    metric_field='grasp_metrics',
    pose_width=6,
    pose_columns=(2, 4),
    width_column=None,
    threshold=0.5,
    crop=96,
    rows_per_file=100,
)

RELEASES = {
    release.name: release for release in (DEXNET_2, DEXNET_3, DEXNET_4_JAW, DEXNET_4_SUCTION)
}


def find_release(folder: Path, fields: set[str], name: str | None = None) -> Release:
    """Return the release that matches the fields of a folder.

    The jaw and suction data of 4.0 have the same fields. They are distinguished by the published
    folder name, `suction` or `parallel_jaw`.

    Args:
        folder: Folder of the files, for its name and for messages.
        fields: Names of the fields in the folder.
        name: A key of RELEASES, if the user specifies the release.

    Raises:
        ValueError: No release matches, or more than one.
    """
    if name is not None and name not in RELEASES:
        raise ValueError(f'release is {name!r}, expected one of {", ".join(RELEASES)}')
    known = [RELEASES[name]] if name else list(RELEASES.values())
    fitting = [release for release in known if release.metric_field in fields]
    if not fitting:
        metrics = sorted({release.metric_field for release in known})
        raise ValueError(
            f'{folder} lacks the metric of a release, expected {" or ".join(metrics)}'
        )
    if len(fitting) > 1:
        parts = folder.absolute().parts[-3:]
        fitting = [r for r in fitting if r.gripper.value in parts] or fitting
    if len(fitting) > 1:
        names = ', '.join(release.name for release in fitting)
        raise ValueError(f'{folder} matches several releases ({names}): specify the release')
    return fitting[0]
