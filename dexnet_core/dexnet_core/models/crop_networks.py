"""Crop networks by name: loading of weights, and the contract of the network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from dexnet_core.models.checkpoints import load_weights
from dexnet_core.models.efficientnet import EfficientNet, PUBLISHED_SIDE
from dexnet_core.models.gqcnn import (
    DexNetFCGQCNN,
    DexNetGQCNN,
    DexNetHighResolution,
    QualityNetwork,
    STRIDE,
)
from dexnet_core.models.published import read_weights, SavedWeights
from dexnet_core.planning.contracts.crop_contract import CropContract, CropScale, POSES
from dexnet_core.planning.grasp import GripperKind

Fact = TypeVar('Fact', float, str)

VERSION = '0.1.0'
CUP_RADIUS = 0.0075
"""Cup radius of the labels of Dex-Net 3.0 in metres."""


class CropInputs(NamedTuple):
    """Inputs of a crop network.

    Attributes:
        poses: Number of pose inputs.
        side: Pixels of a side of the image that EfficientNet resizes a crop to.
    """

    poses: int = 0
    side: int = PUBLISHED_SIDE


class CropNetwork(NamedTuple):
    """A crop network.

    Attributes:
        build: Builds it for its inputs.
        form: See `CropContract`.
        stride: See `CropContract`.
    """

    build: Callable[[CropInputs], QualityNetwork]
    form: str
    stride: int


NETWORKS = {
    'gqcnn': CropNetwork(lambda inputs: DexNetGQCNN(inputs.poses), 'crop', 1),
    'efficientnet': CropNetwork(lambda inputs: EfficientNet(inputs.side), 'crop', 1),
    'fcgqcnn': CropNetwork(lambda _: DexNetFCGQCNN(), 'heatmap', STRIDE),
    'fcgqcnn-highres': CropNetwork(lambda _: DexNetHighResolution(), 'heatmap', 1),
}


class DataFacts(NamedTuple):
    """Facts about the training data given by the user; None: from the weights file.

    Attributes:
        gripper: A value of `GripperKind`.
        mean: Mean depth of the crops in metres.
        std: Standard deviation of the depth of the crops in metres.
        metres_per_pixel: Length of a pixel of a crop in metres at the crop's depth.
    """

    gripper: str | None = None
    mean: float | None = None
    std: float | None = None
    metres_per_pixel: float | None = None


class UsableNetwork(NamedTuple):
    """A network in evaluation mode and its contract."""

    network: QualityNetwork
    contract: CropContract


def load_crop_network(name: str, weights: Path, given: DataFacts) -> UsableNetwork:
    """Load weights into a network of NETWORKS.

    Args:
        name: A key of NETWORKS.
        weights: Weights file.
        given: Facts given by the user.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The weights are not those of this network; or mean, std or gripper are neither
            in the file nor given, or the gripper contradicts the file.
    """
    kind = NETWORKS[name]
    saved = read_weights(weights, kind.build(CropInputs(1)).state_dict().keys())
    pose = saved.state.get('pose.weight')
    poses = POSES[: pose.shape[-1]] if pose is not None and pose.ndim == 2 else ()
    side = saved.data.get('input_side', PUBLISHED_SIDE)
    network = kind.build(CropInputs(len(poses), side))
    load_weights(network, saved.state, weights)
    return UsableNetwork(network.eval(), _contract(name, saved, poses, given, weights))


def _contract(
    name: str, saved: SavedWeights, poses: tuple[str, ...], given: DataFacts, path: Path
) -> CropContract:
    data = saved.data
    lacking = [name for name in ('pose_mean', 'pose_std') if poses and name not in data]
    if lacking:
        raise ValueError(
            f'{path} lacks {" and ".join(lacking)} of its training data, which the network '
            f'needs for {", ".join(poses)}: save them beside the weights, '
            "torch.save({'network': WEIGHTS, 'data': {'pose_mean': [...], 'pose_std': [...]}})"
        )
    gripper = GripperKind(_known('gripper', given.gripper, saved, path))
    if data.get('gripper', gripper.value) != gripper.value:
        raise ValueError(f'{path} is for gripper {data["gripper"]}, got {gripper.value}')
    return CropContract(
        name=f'{name} {data["release"]}' if 'release' in data else name,
        version=VERSION,
        gripper=gripper.value,
        mean=_known('mean', given.mean, saved, path),
        std=_known('std', given.std, saved, path),
        form=NETWORKS[name].form,
        metres_per_pixel=given.metres_per_pixel or _metres_per_pixel(saved),
        stride=NETWORKS[name].stride,
        pose_inputs=poses,
        pose_mean=tuple(data.get('pose_mean', ()))[: len(poses)],
        pose_std=tuple(data.get('pose_std', ()))[: len(poses)],
        cup_radius=CUP_RADIUS if gripper is GripperKind.SUCTION else 0.0,
    )


def _known(name: str, given: Fact | None, saved: SavedWeights, path: Path) -> Fact:
    """Return the given value, or else the value of the file."""
    value = saved.data.get(name) if given is None else given
    if value is None:
        hint = f'specify it with --{name}'
        raise ValueError(f'{path} lacks the {name} of its training data: {hint}')
    return value


def _metres_per_pixel(saved: SavedWeights) -> float:
    """Return the scale of the training crops; the crops of all releases span 128 mm."""
    usual = CropScale()
    scale: float = usual.metres_per_pixel * usual.crop / saved.data.get('crop', usual.crop)
    return scale
