"""Weights load by their own names from any wrapping, convert, and are refused when wrong."""

from dexnet_core.cli.main import main
from dexnet_core.models.checkpoints import read_checkpoint, write_checkpoint
from dexnet_core.models.gqcnn import DexNetFCGQCNN, DexNetGQCNN, DexNetHighResolution
from dexnet_core.models.published import load_network, read_data
import pytest
import torch
from torch import nn

DATA = {'mean': 0.6, 'std': 0.06, 'release': 'dexnet_3'}


@pytest.fixture(scope='module')
def crop_network():
    torch.manual_seed(0)
    return DexNetGQCNN().eval()


def small():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))


def parallel(state):
    return {f'module.{name}': tensor for name, tensor in state.items()}


@pytest.mark.parametrize(
    'wrap',
    [
        dict,
        parallel,
        lambda state: {'network': state, 'model': 'gqcnn', 'data': DATA},
        lambda state: {'model_state_dict': parallel(state), 'epoch': 3},
    ],
)
def test_weights_load_from_any_wrapping(tmp_path, wrap):
    saved = small()
    torch.save(wrap(saved.state_dict()), tmp_path / 'net.pt')
    torch.manual_seed(1)
    loaded = load_network(nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)), tmp_path / 'net.pt')
    assert not loaded.training
    for name, tensor in saved.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)


def test_what_is_known_of_the_data_comes_along(tmp_path):
    write_checkpoint(tmp_path / 'net.pt', {'network': small().state_dict(), 'data': DATA})
    assert read_data(tmp_path / 'net.pt') == DATA
    torch.save(small().state_dict(), tmp_path / 'plain.pt')
    assert read_data(tmp_path / 'plain.pt') == {}


@pytest.mark.parametrize(
    ('content', 'named'),
    [
        ({'fc.weight': torch.zeros(2), 'epoch': 3}, 'lacks 0.bias'),
        ({'network': [1, 2]}, 'no named tensors, only network'),
        ({'network': {}}, 'no named tensors, only network'),
        ({3: torch.zeros(1)}, 'no named tensors, only 3'),
        ({'network': {'w': torch.zeros(1)}, 'data': 3}, "a int as 'data'"),
        ({}, 'an empty dictionary'),
        (torch.zeros(3), 'is a Tensor'),
        ({'0.weight': torch.zeros(3, 2), '0.bias': torch.zeros(3)}, 'lacks 1.bias, 1.weight'),
        ({**small().state_dict(), 'fc.bias': torch.zeros(1)}, 'unknown fc.bias'),
        (
            {**small().state_dict(), '1.bias': torch.zeros(2)},
            r'1.bias \(\(2,\), expected',
        ),
        (
            {**small().state_dict(), '1.bias': torch.full((1,), torch.nan)},
            'not finite in 1.bias',
        ),
    ],
)
def test_what_is_no_state_dictionary_of_the_network_is_named(tmp_path, content, named):
    torch.save(content, tmp_path / 'net.pt')
    with pytest.raises(ValueError, match=rf'net\.pt.*{named}'):
        load_network(small(), tmp_path / 'net.pt')


def test_a_pickled_network_is_never_run(tmp_path, recwarn):
    torch.save(small(), tmp_path / 'net.pt')
    with pytest.raises(ValueError, match=r'net\.pt is not a checkpoint') as refusal:
        read_data(tmp_path / 'net.pt')
    assert str(refusal.value).count('\n') == 0
    assert not recwarn.list


def test_a_full_disk_names_what_was_not_written(tmp_path, monkeypatch):
    def full(state, path):
        path.write_bytes(b'half')
        raise RuntimeError('enforce fail at inline_container.cc\nand more')

    monkeypatch.setattr(torch, 'save', full)
    with pytest.raises(OSError, match=r'cannot write .*net\.pt: enforce fail'):
        write_checkpoint(tmp_path / 'net.pt', {})
    assert not list(tmp_path.iterdir())


@torch.inference_mode()
def test_command_converts_and_both_forms_load(tmp_path, crop_network, capsys):
    weights, out = tmp_path / 'gqcnn.pt', tmp_path / 'new' / 'fc.pt'
    write_checkpoint(weights, {'network': crop_network.state_dict(), 'data': DATA})
    assert main(['convert', '--weights', str(weights), '--out', str(out)]) == 0
    assert 'fc.pt' in capsys.readouterr().out
    crop = torch.randn(1, 1, 32, 32)
    heatmap = load_network(DexNetFCGQCNN(), out)
    torch.testing.assert_close(heatmap(crop).flatten(), crop_network(crop))
    load_network(DexNetHighResolution(), out)
    assert read_data(out) == DATA
    assert read_checkpoint(out)['model'] == 'fcgqcnn'


@pytest.mark.parametrize(
    ('state', 'named'),
    [
        (lambda: DexNetFCGQCNN().state_dict(), 'lacks fc.bias'),
        (lambda: DexNetGQCNN(pose_inputs=1).state_dict(), 'has 1 pose inputs, expected none'),
        (lambda: small().state_dict(), 'lacks conv1.bias'),
    ],
)
def test_only_plain_crop_networks_are_converted(tmp_path, capsys, state, named):
    weights = tmp_path / 'net.pt'
    torch.save(state(), weights)
    assert main(['convert', '--weights', str(weights), '--out', str(tmp_path / 'fc.pt')]) == 2
    message = capsys.readouterr().err
    assert named in message
    assert message.count('\n') == 1
    assert not (tmp_path / 'fc.pt').exists()
