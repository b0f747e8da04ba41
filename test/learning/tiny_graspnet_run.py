"""Training runs of a GraspNet of a second; as a program one without batch statistics.

python tiny_graspnet_run.py ROOT OUT BATCH_SIZE
"""

from dataclasses import replace
from pathlib import Path
import sys

from dexnet_core.models.graspnet import GraspNet
from dexnet_core.training import graspnet_training
from tiny_graspnet import TINY
import torch
from torch import nn


def config_for(root, out, **changes):
    plain = graspnet_training.GraspNetTrainConfig(
        data=root,
        out=out,
        design=TINY,
        epochs=1,
        batch_size=2,
        workers=0,
        device='cpu',
        tensorboard=False,
        optimizer=graspnet_training.OptimizerSettings('adam', 1e-2, weight_decay=0.0),
    )
    return replace(plain, **changes)


def unseen(items, what, total):
    return items


def plain_network(design):
    """Return a network whose normalisations are left out."""
    network = GraspNet(design)
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
    return network


def plain_run(root, out, batch_size):
    """Train one epoch by plain descent, with the second stage at 20 of 32 seeds."""
    sgd = graspnet_training.OptimizerSettings('sgd', 1e-2, 0.0, 1.0, 0.0)
    settings = {'batch_size': batch_size, 'optimizer': sgd, 'crop_seeds': 20}
    graspnet_training.train_graspnet(config_for(root, out, **settings), unseen)


if __name__ == '__main__':
    torch.set_num_threads(1)
    graspnet_training.GraspNet = plain_network
    plain_run(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
