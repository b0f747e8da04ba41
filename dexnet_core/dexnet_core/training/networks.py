"""Crop networks by name."""

from __future__ import annotations

from collections.abc import Callable

from dexnet_core.models.crop_networks import CropInputs, NETWORKS
from dexnet_core.models.gqcnn import CentredFCGQCNN, DexNetGQCNN, QualityNetwork

CROP_NETWORKS: dict[str, Callable[[CropInputs], QualityNetwork]] = {
    'DexNetGQCNN': lambda _: DexNetGQCNN(),
    'DexNetBase': lambda _: DexNetGQCNN(),
    'GQCNN': NETWORKS['gqcnn'].build,
    'EfficientNet': NETWORKS['efficientnet'].build,
    'DexNetFCGQCNN': lambda _: CentredFCGQCNN(),
}
"""Maps a name to a builder; its argument has the number of pose inputs of the data.

`DexNetGQCNN` (Dex-Net 5.0, also named `DexNetBase` there) has the crop as its only input. `GQCNN`
(Dex-Net 2.0 and 3.0) also has the gripper pose as input. `DexNetFCGQCNN` needs crops of 52
pixels or more, as those of 4.0.
"""


def build_crop_network(name: str, inputs: CropInputs) -> QualityNetwork:
    """Return a newly initialized network.

    Args:
        name: A key of CROP_NETWORKS; case-insensitive.
        inputs: Number of pose inputs of the data, and side of the image for EfficientNet.

    Raises:
        ValueError: The name is unknown.
    """
    for known, build in CROP_NETWORKS.items():
        if known.lower() == name.lower():
            return build(inputs)
    raise ValueError(f'model is {name!r}, expected one of {", ".join(CROP_NETWORKS)}')
