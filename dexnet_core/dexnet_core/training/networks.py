"""Crop networks by name."""

from __future__ import annotations

from collections.abc import Callable

from dexnet_core.models.crop_networks import NETWORKS
from dexnet_core.models.gqcnn import CentredFCGQCNN, DexNetGQCNN, QualityNetwork

CROP_NETWORKS: dict[str, Callable[[int], QualityNetwork]] = {
    'DexNetGQCNN': lambda _: DexNetGQCNN(),
    'DexNetBase': lambda _: DexNetGQCNN(),
    'GQCNN': NETWORKS['gqcnn'].build,
    'EfficientNet': NETWORKS['efficientnet'].build,
    'DexNetFCGQCNN': lambda _: CentredFCGQCNN(),
}
"""Maps a name to a builder; its argument is the number of pose inputs of the data.

`DexNetGQCNN` (Dex-Net 5.0, also named `DexNetBase` there) has the crop as its only input. `GQCNN`
(Dex-Net 2.0 and 3.0) also has the gripper pose as input. `DexNetFCGQCNN` needs crops of 52
pixels or more, as those of 4.0.
"""


def build_crop_network(name: str, pose_inputs: int) -> QualityNetwork:
    """Return a newly initialized network.

    Args:
        name: A key of CROP_NETWORKS; case-insensitive.
        pose_inputs: Number of pose inputs of the data.

    Raises:
        ValueError: The name is unknown.
    """
    for known, build in CROP_NETWORKS.items():
        if known.lower() == name.lower():
            return build(pose_inputs)
    raise ValueError(f'model is {name!r}, expected one of {", ".join(CROP_NETWORKS)}')
