"""Crop networks leave as files that carry their contract, and a planner runs them."""

from argparse import Namespace

from dexnet_core.cli import export
from dexnet_core.cli.main import main
from dexnet_core.export.onnx_file import write_onnx
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.models.checkpoints import write_checkpoint
from dexnet_core.models.conversion import to_heatmap
from dexnet_core.models.crop_networks import DataFacts, load_crop_network, NETWORKS
from dexnet_core.models.efficientnet import EfficientNet
from dexnet_core.models.gqcnn import DexNetFCGQCNN, DexNetGQCNN, DexNetHighResolution
from dexnet_core.planning.contracts.crop_contract import CropContract
from dexnet_core.planning.grasp import GripperKind, PlanStatus
from dexnet_core.planning.networks.session import open_session
from dexnet_core.planning.observation import of_image
from dexnet_core.planning.planners.loading import load_jaw_planner, load_suction_planner
import numpy as np
import pytest
import torch
from torch import nn

pytestmark = pytest.mark.filterwarnings('ignore')  # of the exporter, about itself
DATA = {'mean': 0.6, 'std': 0.06, 'release': 'dexnet_3', 'gripper': 'suction', 'crop': 32}
POSES = {'pose_mean': (0.57, 0.36), 'pose_std': (0.06, 0.23)}


def exported(tmp_path, name, network, data=DATA, *options):
    weights, out = tmp_path / f'{name}.pt', tmp_path / f'{name}.onnx'
    write_checkpoint(weights, {'network': network.state_dict(), 'data': data})
    arguments = ['export', name, '--weights', str(weights), '--out', str(out), *options]
    return main(arguments), out


def varied(network):
    """Random weights, made larger so that answers differ from crop to crop."""
    for layer in network.children():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.weight.data.mul_(1.7)
    return network.eval()


def test_every_network_can_be_named():
    assert set(export._CROPS) == set(NETWORKS)


@torch.inference_mode()
def test_crop_network_answers_as_in_torch(tmp_path):
    torch.manual_seed(0)
    network = varied(DexNetGQCNN())
    code, out = exported(tmp_path, 'gqcnn', network)
    assert code == 0
    session = open_session(out, GripperKind.SUCTION)
    assert session.contract == CropContract('gqcnn dexnet_3', '0.1.0', 'suction', 0.6, 0.06)
    crops = torch.randn(7, 1, 32, 32)
    quality = session.run(crops.numpy())
    assert quality.std() > 1e-3
    np.testing.assert_allclose(quality, network(crops).numpy(), atol=1e-6)


def test_the_size_of_the_images_of_efficientnet_is_found_beside_the_weights(tmp_path):
    state = EfficientNet(64).state_dict()
    write_checkpoint(tmp_path / 'net.pt', {'network': state, 'data': {**DATA, 'input_side': 64}})
    network, _ = load_crop_network('efficientnet', tmp_path / 'net.pt', DataFacts())
    assert network.side == 64
    write_checkpoint(tmp_path / 'net.pt', {'network': state, 'data': DATA})
    assert load_crop_network('efficientnet', tmp_path / 'net.pt', DataFacts()).network.side == 224


def test_unknown_scales_of_poses_are_named(tmp_path, capsys):
    code, _ = exported(tmp_path, 'gqcnn', DexNetGQCNN(pose_inputs=1))
    assert code == 2
    assert 'lacks pose_mean and pose_std of its training data' in capsys.readouterr().err


def test_pose_inputs_are_found_in_the_weights(tmp_path):
    state = DexNetGQCNN(pose_inputs=2).state_dict()
    write_checkpoint(tmp_path / 'net.pt', {'network': state, 'data': {**DATA, **POSES}})
    network, contract = load_crop_network('gqcnn', tmp_path / 'net.pt', DataFacts())
    assert network.pose_inputs == 2
    assert contract.pose_inputs == ('depth', 'angle')
    assert (contract.pose_mean, contract.pose_std) == (POSES['pose_mean'], POSES['pose_std'])
    write_checkpoint(tmp_path / 'net.pt', {'network': state, 'data': DATA})
    with pytest.raises(ValueError, match='lacks pose_mean and pose_std'):
        load_crop_network('gqcnn', tmp_path / 'net.pt', DataFacts())


class Posed(nn.Module):
    """Adds up a crop and its poses."""

    def forward(self, crops, poses):
        return torch.sigmoid(crops.mean(dim=(1, 2, 3)) + poses.sum(dim=1))


def test_poses_are_a_second_input_of_the_file(tmp_path):
    contract = CropContract(
        'posed', '1', 'suction', 0.6, 0.06, pose_inputs=('depth', 'angle'), **POSES
    )
    write_onnx(tmp_path / 'net.onnx', Posed(), contract)
    crops, poses = np.zeros((3, 1, 32, 32), np.float32), np.float32([[0, 0], [1, 0], [1, 2]])
    quality = open_session(tmp_path / 'net.onnx', GripperKind.SUCTION).run(crops, poses)
    np.testing.assert_allclose(quality, 1 / (1 + np.exp(-poses.sum(axis=1))), atol=1e-6)


@torch.inference_mode()
def test_efficientnet_answers_as_in_torch(tmp_path):
    torch.manual_seed(0)
    network = EfficientNet()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 1.0  # so that one batch is enough to answer differently by place
    network(torch.randn(4, 1, 32, 32))
    network.eval()
    code, out = exported(tmp_path, 'efficientnet', network)
    assert code == 0
    crops = torch.randn(3, 1, 32, 32)
    quality = open_session(out, GripperKind.SUCTION).run(crops.numpy())
    assert quality.std() > 1e-6
    np.testing.assert_allclose(quality, network(crops).numpy(), atol=1e-5)


@torch.inference_mode()
def test_heatmap_answers_on_any_size(tmp_path):
    torch.manual_seed(0)
    network = DexNetHighResolution().eval()
    network.load_state_dict(to_heatmap(varied(DexNetGQCNN())).state_dict())
    code, out = exported(tmp_path, 'fcgqcnn-highres', network)
    assert code == 0
    session = open_session(out, GripperKind.SUCTION)
    assert (session.contract.form, session.contract.stride) == ('heatmap', 1)
    for size in ((34, 41), (37, 36)):
        images = torch.randn(1, 1, *size)
        quality = session.run(images.numpy())
        np.testing.assert_allclose(quality, network(images).numpy(), atol=1e-6)


def test_weights_of_one_heatmap_are_those_of_the_other(tmp_path):
    write_checkpoint(
        tmp_path / 'fc.pt', {'network': DexNetHighResolution().state_dict(), 'data': DATA}
    )
    network, contract = load_crop_network('fcgqcnn', tmp_path / 'fc.pt', DataFacts())
    assert type(network) is DexNetFCGQCNN
    assert (contract.form, contract.stride) == ('heatmap', 2)


@pytest.mark.parametrize(
    ('data', 'options', 'named'),
    [
        ({}, [], 'lacks the gripper of its training data: specify it with --gripper'),
        ({'gripper': 'suction'}, [], 'specify it with --mean'),
        ({'gripper': 'suction', 'mean': 0.6}, [], 'specify it with --std'),
        (DATA, ['--gripper', 'parallel_jaw'], 'is for gripper suction'),
        ({**DATA, **POSES, 'std': 0.0}, [], 'std is 0.0'),
    ],
)
def test_what_is_not_known_is_asked_for(tmp_path, capsys, data, options, named):
    with torch.device('meta'):
        network = DexNetGQCNN()
    network.to_empty(device='cpu')
    for parameter in network.parameters():
        nn.init.zeros_(parameter)
    code, out = exported(tmp_path, 'gqcnn', network, data, *options)
    assert code == 2
    assert named in capsys.readouterr().err
    assert not out.exists()


def test_what_is_said_counts_over_the_file(tmp_path):
    weights = tmp_path / 'net.pt'
    torch.save(DexNetGQCNN().state_dict(), weights)
    said = Namespace(
        network='gqcnn', weights=weights, gripper='parallel_jaw', mean=0.7, std=0.03,
        metres_per_pixel=0.002,
    )  # fmt: skip
    _, contract = export._of_crops(said)
    assert (contract.mean, contract.std, contract.metres_per_pixel) == (0.7, 0.03, 0.002)
    assert contract.cup_radius == 0


class Raised(nn.Module):
    """Good where the middle of a crop is nearer to the camera than its border."""

    def __init__(self, whole_map):
        super().__init__()
        self.whole_map = whole_map
        weight = torch.zeros(1, 1, 32, 32)
        weight[..., 0, :] = weight[..., -1, :] = weight[..., 0] = weight[..., -1] = 1 / 124
        weight[..., 12:20, 12:20] = -1 / 64
        self.weight = nn.Parameter(weight)

    def forward(self, depth):
        stride = 2 if self.whole_map else 1
        logits = 4 * torch.conv2d(depth, self.weight, stride=stride) - 1
        return torch.sigmoid(logits if self.whole_map else logits[:, 0, 0, 0])


CAMERA = CameraIntrinsics(320, 240, 525.0, 525.0, 159.5, 119.5)


@pytest.fixture
def scene():
    """A box of 4 x 9 cm, 3 cm high, on a table."""
    depth = np.full(CAMERA.shape, 0.7, np.float32)
    depth[100:130, 100:168] = 0.67
    return depth


@pytest.mark.parametrize('whole_map', [False, True])
def test_suction_planner_runs_either_form(tmp_path, scene, whole_map):
    form = {'form': 'heatmap', 'stride': 2} if whole_map else {}
    contract = CropContract('raised', '1', 'suction', mean=0.6, std=0.02, **form)
    write_onnx(tmp_path / 'net.onnx', Raised(whole_map), contract)
    plan = load_suction_planner(tmp_path / 'net.onnx').plan(of_image(scene, CAMERA))
    assert plan.status is PlanStatus.OK, plan.message
    assert plan.model == 'raised 1'
    for grasp in plan.grasps:
        assert 100 <= grasp.pixel[0] < 168
        assert 100 <= grasp.pixel[1] < 130
        assert grasp.position[2] == pytest.approx(0.67, abs=1e-3)
        assert grasp.cup_radius == contract.cup_radius


def test_jaw_planner_runs_a_heatmap(tmp_path, scene):
    contract = CropContract(
        'raised', '1', 'parallel_jaw', 0.6, 0.02, 'heatmap', stride=2, cup_radius=0.0
    )
    write_onnx(tmp_path / 'net.onnx', Raised(True), contract)
    plan = load_jaw_planner(tmp_path / 'net.onnx').plan(of_image(scene, CAMERA))
    assert plan.status is PlanStatus.OK, plan.message
    best = plan.grasps[0]
    assert best.width < 0.05
    assert abs(best.T_camera_grasp[1, 0]) > 0.8  # closes across the box, along its short side


def test_a_file_that_breaks_its_contract_is_refused(tmp_path):
    contract = CropContract('raised', '1', 'suction', 0.6, 0.02, 'heatmap', stride=1)
    with pytest.raises(ValueError, match=r'expected .* by its contract'):
        write_onnx(tmp_path / 'net.onnx', Raised(True), contract)
    write_onnx(
        tmp_path / 'net.onnx', Raised(False), CropContract('raised', '1', 'suction', 0.6, 0.02)
    )
    with pytest.raises(ValueError, match='expected parallel_jaw'):
        open_session(tmp_path / 'net.onnx', GripperKind.PARALLEL_JAW)
    assert not list(tmp_path.glob('.*'))
