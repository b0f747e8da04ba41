"""From a network of crops to its heat map: fully connected layers become convolutions."""

from __future__ import annotations

from pathlib import Path

from dexnet_core.models.checkpoints import load_weights, write_checkpoint
from dexnet_core.models.gqcnn import DexNetFCGQCNN, DexNetGQCNN
from dexnet_core.models.published import read_weights

_LAYERS = {'fc': 'conv5', 'fc2': 'conv6', 'fc3': 'conv7'}


def to_heatmap(network: DexNetGQCNN) -> DexNetFCGQCNN:
    """Return the fully convolutional form of a crop network, with weights of its own.

    A fully connected layer reads its input channel by channel and row by row, which is the
    order of a convolution's kernel.

    Raises:
        ValueError: The network has pose inputs, which a heat map has not.
    """
    if network.pose_inputs:
        raise ValueError(
            f'the network takes {network.pose_inputs} pose inputs, expected none as a heat map has'
            ' none: train DexNetGQCNN, not GQCNN'
        )
    return without_poses(network)


def without_poses(network: DexNetGQCNN) -> DexNetFCGQCNN:
    """Return the fully convolutional form of what is not about poses."""
    heatmap = DexNetFCGQCNN()
    shapes = {name: tensor.shape for name, tensor in heatmap.state_dict().items()}
    state = {_renamed(name): tensor for name, tensor in network.state_dict().items()}
    heatmap.load_state_dict({name: state[name].reshape(shapes[name]) for name in shapes})
    return heatmap.train(network.training)


def convert(weights: Path, out: Path) -> None:
    """Write the fully convolutional form of a file of weights of a `DexNetGQCNN`.

    What the file knows of its training data goes along.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Not the weights of that network without pose inputs; keys are named.
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
