"""Conversion of a crop network to a fully convolutional network."""

from __future__ import annotations

from pathlib import Path

from dexnet_core.models.checkpoints import load_weights, write_checkpoint
from dexnet_core.models.gqcnn import DexNetFCGQCNN, DexNetGQCNN
from dexnet_core.models.published import read_weights

_LAYERS = {'fc': 'conv5', 'fc2': 'conv6', 'fc3': 'conv7'}


def to_heatmap(network: DexNetGQCNN) -> DexNetFCGQCNN:
    """Return the fully convolutional form of a crop network, with a copy of the weights.

    The weights of a fully connected layer have the order channel, row, column of a convolution
    kernel.

    Raises:
        ValueError: The network has pose inputs, which a heat map does not have.
    """
    if network.pose_inputs:
        raise ValueError(
            f'the network has {network.pose_inputs} pose inputs, expected none as a heat map has '
            'none: train DexNetGQCNN, not GQCNN'
        )
    return without_poses(network)


def without_poses(network: DexNetGQCNN) -> DexNetFCGQCNN:
    """Return the fully convolutional form without the pose layers."""
    heatmap = DexNetFCGQCNN()
    shapes = {name: tensor.shape for name, tensor in heatmap.state_dict().items()}
    state = {_renamed(name): tensor for name, tensor in network.state_dict().items()}
    heatmap.load_state_dict({name: state[name].reshape(shapes[name]) for name in shapes})
    return heatmap.train(network.training)


def convert(weights: Path, out: Path) -> None:
    """Convert a weights file of a `DexNetGQCNN` to its fully convolutional form.

    The facts about the training data are copied.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The weights are not those of the network without pose inputs; the message
            contains the keys.
    """
    saved = read_weights(weights, DexNetGQCNN(1).state_dict().keys())
    poses = saved.state.get('pose.weight')
    network = DexNetGQCNN(0 if poses is None else poses.shape[-1])
    load_weights(network, saved.state, weights)
    state = to_heatmap(network).state_dict()
    write_checkpoint(out, {'network': state, 'model': 'fcgqcnn', 'data': saved.data})


def _renamed(name: str) -> str:
    layer, _, parameter = name.partition('.')
    return f'{_LAYERS.get(layer, layer)}.{parameter}'
