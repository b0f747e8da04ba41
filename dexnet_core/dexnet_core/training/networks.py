"""Crop networks by name: how they are built, and how they are trained."""

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
"""Name to builder of a network from the number of pose inputs of its data.

`DexNetGQCNN` (Dex-Net 5.0, which calls it `DexNetBase` as well) sees the crop alone; `GQCNN` (of
Dex-Net 2.0 and 3.0) also the gripper's pose; `DexNetFCGQCNN` needs crops of 52
pixels or more, as those of 4.0.
"""


def build_crop_network(name: str, pose_inputs: int) -> QualityNetwork:
    """Return a network in its first state.

    Args:
        name: A key of CROP_NETWORKS, in any case of letters.
        pose_inputs: Numbers of the gripper's pose in the data.

    Raises:
        ValueError: There is no network of this name.
    """
    for known, build in CROP_NETWORKS.items():
        if known.lower() == name.lower():
            return build(pose_inputs)
    raise ValueError(f'model is {name!r}, expected one of {", ".join(CROP_NETWORKS)}')
