"""Labelled views of a box and untrained model files of every kind, for the analysis."""

from dexnet_core.datasets.views.stored_views import view_path, write_view
from dexnet_core.export.onnx_file import write_onnx
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.io.configuration import config_to_json
from dexnet_core.planning.contracts.crop_contract import CropContract
from dexnet_core.planning.contracts.view_contract import JawCells, ModelContract
from dexnet_core.simulation.scenes.pixel_labels import PixelLabels
from dexnet_core.simulation.scenes.rendered_view import RenderedView
from dexnet_core.simulation.scenes.scene import TABLE
import numpy as np
import torch
from torch import nn

CAMERA = CameraIntrinsics(160, 120, 130.0, 130.0, 79.5, 59.5)
TABLE_DEPTH, TOP_DEPTH = 0.7, 0.65


def write_views(root, quality_shape, config):
    """Two training and two validation views of a box; its left half is good."""
    depth = np.full(CAMERA.shape, TABLE_DEPTH, np.float32)
    depth[30:90, 40:120] = TOP_DEPTH
    owner = np.where(depth < TABLE_DEPTH, 0, TABLE).astype(np.int16)
    view = RenderedView(CAMERA, np.eye(4), depth, owner, np.zeros(CAMERA.shape, np.int64))
    v, u = (axis.ravel() for axis in np.mgrid[32:90:4, 42:120:4])
    quality = np.zeros((len(u), *quality_shape), np.float32)
    quality[u < 80] = 0.9
    labels = PixelLabels(np.column_stack([u, v]).astype(np.uint16), quality)
    empty = PixelLabels(labels.pixels[:0], quality[:0])
    for split in ('train', 'val'):
        for scene in range(2):
            write_view(view_path(root, split, scene, 0), view, depth, labels)
        write_view(view_path(root, split, 2, 0), view, depth, empty)
    (root / 'dataset.json').write_text(config_to_json(config))


class Crop(nn.Module):
    """Mean of the crop's left part, and of the pose; padded like the networks of crops."""

    def __init__(self, poses):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 5, padding=2)
        self.full = nn.Conv2d(2, 1, 32)
        self.pose = nn.Linear(max(poses, 1), 1)

    def forward(self, crops, poses=None):
        x = self.full(self.conv(crops)).flatten()
        return torch.sigmoid(x if poses is None else x + self.pose(poses)[:, 0])


class Map(nn.Module):
    """The same as a heat map of stride 2."""

    def __init__(self, crop):
        super().__init__()
        self.conv, self.full = crop.conv, crop.full

    def forward(self, images):
        weights = self.full.weight, self.full.bias
        return torch.sigmoid(nn.functional.conv2d(self.conv(images), *weights, stride=2))


class View(nn.Module):
    """A compact network: one convolution."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(4, channels, 2, stride=2)

    def forward(self, view):
        return torch.sigmoid(self.conv(view))


def write_models(folder):
    """Write crop, heat map and compact networks of both grippers."""
    torch.manual_seed(0)
    facts = {'mean': 0.7, 'std': 0.03}
    poses = {'pose_mean': (0.7, 0.3), 'pose_std': (0.1, 0.2), 'pose_inputs': ('depth', 'angle')}
    depth = {name: value[:1] for name, value in poses.items()}
    crop = Crop(0)
    plain = CropContract('tiny', '1', 'suction', **facts)
    write_onnx(folder / 'crop.onnx', crop, plain)
    heatmap = CropContract('tiny', '1', 'suction', **facts, form='heatmap', stride=2)
    write_onnx(folder / 'map.onnx', Map(crop), heatmap)
    write_onnx(
        folder / 'pose.onnx', Crop(2), CropContract('pose', '1', 'suction', **facts, **poses)
    )
    jaw = CropContract('jaw', '1', 'parallel_jaw', **facts, **depth, cup_radius=0.0)
    write_onnx(folder / 'jaw.onnx', Crop(1), jaw)
    write_onnx(folder / 'view.onnx', View(1), ModelContract('view', '1', 'suction'))
    cells = ModelContract('view', '1', 'parallel_jaw', cup_radius=0.0, jaw=JawCells())
    write_onnx(folder / 'jaw_view.onnx', View(48), cells)
    other = ModelContract('view', '1', 'parallel_jaw', cup_radius=0.0, jaw=JawCells(8))
    write_onnx(folder / 'other_view.onnx', View(24), other)
