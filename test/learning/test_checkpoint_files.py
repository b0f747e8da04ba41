"""Weights are found in what people save; what is no file of weights is refused by its kind."""

from argparse import Namespace
import os
from pathlib import Path
import pickle
import subprocess
import sys
import zipfile

from dexnet_core.models.checkpoints import load_weights, read_checkpoint
from dexnet_core.models.published import load_network, read_weights
import numpy as np
import pytest
import torch
from torch import nn


def small():
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))


@pytest.fixture(scope='module')
def state():
    torch.manual_seed(0)
    return small().state_dict()


def before(prefix, state):
    return {prefix + name: tensor for name, tensor in state.items()}


WRAPPED = {
    'Lightning': lambda state: {
        'epoch': 3,
        'global_step': 100,
        'loops': {'fit_loop': {'state_dict': {}}},
        'optimizer_states': [{'state': {0: {'exp_avg': torch.ones(3)}}}],
        'state_dict': {**before('model.', state), 'criterion.weight': torch.ones(2)},
        'hyper_parameters': {'lr': 0.1},
    },
    'wrappers in wrappers': lambda state: {'state': {'model': before('net.', state)}, 'step': 1},
    'another network beside it': lambda state: {
        'state_dict': {'teacher.weight': torch.ones(9)},
        'student': state,
    },
    'parallel and compiled': lambda state: {
        'net': before('module._orig_mod.', {k.replace('.', '.module.'): state[k] for k in state})
    },
    'numbers among the weights': lambda state: {**state, 'epoch': 3},
    'numbers and arrays of NumPy': lambda state: {
        'loss': np.float64(1.2),
        'right': np.bool_(True),
        'history': np.arange(3.0),
        'names': np.array(['a', 'b']),
        'weights': {name: tensor.numpy() for name, tensor in state.items()},
    },
    'arguments and paths': lambda state: {
        'args': Namespace(lr=0.1, out=Path('runs')),
        'log': Path('runs') / 'log',
        'model_state_dict': state,
    },
    'half precision': lambda state: {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in state.items()
    },
    'no counters': lambda state: {
        name: tensor for name, tensor in state.items() if 'num_batches' not in name
    },
}


@pytest.mark.parametrize('zipped', [True, False])
@pytest.mark.parametrize('kind', WRAPPED)
def test_weights_are_found_in_what_people_save(tmp_path, state, kind, zipped):
    path = tmp_path / 'net.ckpt'
    torch.save(WRAPPED[kind](state), path, _use_new_zipfile_serialization=zipped)
    loaded = load_network(small(), path).state_dict()
    for name, tensor in state.items():
        torch.testing.assert_close(loaded[name], tensor, atol=1e-3, rtol=1e-3)


def test_settings_of_other_libraries_become_empty(tmp_path, state):
    """Their classes are made elsewhere: here none of them can be imported."""
    path = tmp_path / 'net.ckpt'
    code = f"""
import sys, types, torch
module = types.ModuleType('easydict')
EasyDict = type('EasyDict', (dict,), {{'__module__': 'easydict'}})
sys.modules['easydict'], module.EasyDict = module, EasyDict
weights = torch.nn.Linear(1, 1).state_dict()
torch.save({{'cfg': EasyDict(lr=0.1), 'state_dict': weights}}, {str(path)!r})
"""
    subprocess.run([sys.executable, '-c', code], check=True)
    assert read_weights(path, ['weight', 'bias']).state.keys() == {'weight', 'bias'}


def test_the_weights_with_the_names_of_the_network_win(tmp_path, state):
    torch.save({'model': {'0.weight': torch.zeros(3, 2)}, 'ema': state}, tmp_path / 'net.pt')
    found = read_weights(tmp_path / 'net.pt', state.keys()).state
    assert torch.equal(found['0.weight'], state['0.weight'])


def test_missing_counters_begin_at_nought(state):
    network = small()
    network[1].num_batches_tracked += 7
    weights = {name: tensor for name, tensor in state.items() if 'num_batches' not in name}
    load_weights(network, weights, Path('net.pt'))
    assert network[1].num_batches_tracked == 0


class Harmful:
    """Makes a folder when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, ('harmed',)


def saved(path, content, zipped=True):
    torch.save(content, path, _use_new_zipfile_serialization=zipped)


def cut(path, content):
    torch.save(nn.Linear(99, 99).state_dict(), path, _use_new_zipfile_serialization=content)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def archive(path, name):
    with zipfile.ZipFile(path, 'w') as file:
        file.writestr(name, b'1')


def arrays(path, _):
    with path.open('wb') as file:
        np.savez(file, w=np.zeros(3))


LENGTH = (20).to_bytes(8, 'little')
REFUSED = [
    (Path.write_bytes, b'', 'is empty'),
    (Path.write_bytes, b'\n<!DOCTYPE html><html>', 'a web page'),
    (Path.write_bytes, b'version https://git-lfs.github.com/spec/v1\noid', 'git lfs pull'),
    (Path.write_bytes, b'\x89HDF\r\n\x1a\n', 'Keras'),
    (Path.write_bytes, LENGTH + b'{"w": {"dtype": "F32"', 'safetensors.torch.load_file'),
    (Path.write_bytes, b'\x08\x08\x12\x07pytorch\x1a', 'an ONNX file'),
    (Path.write_bytes, b'\x1f\x8b\x08', 'gzip'),
    (Path.write_bytes, b'{"lr": 0.1}', 'is text'),
    (Path.write_bytes, bytes(range(200, 255)), 'not a file of torch.save'),
    (Path.write_bytes, pickle.dumps({'a': 1}), 'is a pickle'),
    (cut, True, 'is truncated'),
    (cut, False, 'is truncated'),
    (archive, 'best.pt', 'a zip archive of best.pt'),
    (arrays, None, 'arrays of NumPy'),
    (lambda path, _: path.mkdir(), None, 'is a folder'),
    (saved, nn.Sequential(nn.ReLU()), r'a whole network \(torch.nn.modules.container.Sequential'),
    (saved, {'a': torch.ones(1), 'b': Harmful()}, r'code \(.*mkdir'),
    (lambda p, c: saved(p, c, False), Harmful(), r'code \(.*mkdir'),
    (lambda p, _: torch.jit.script(nn.ReLU()).save(str(p)), None, 'TorchScript'),
]


@pytest.mark.filterwarnings('ignore')  # of TorchScript, about itself
@pytest.mark.parametrize(('write', 'content', 'reason'), REFUSED)
def test_what_is_no_file_of_weights_is_refused_by_its_kind(
    tmp_path, monkeypatch, write, content, reason
):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / 'net.tar', content)
    with pytest.raises(ValueError, match=rf'net\.tar is not a checkpoint.*{reason}') as refusal:
        read_checkpoint(tmp_path / 'net.tar')
    assert '\n' not in str(refusal.value)
    assert not Path('harmed').exists()


@pytest.mark.parametrize('given', ['model.ckpt', 'model.ckpt.index', '.'])
def test_checkpoints_of_tensorflow_are_told_by_their_names(tmp_path, given):
    for name in ('model.ckpt.index', 'model.ckpt.data-00000-of-00001'):
        (tmp_path / name).write_bytes(bytes(64))
    with pytest.raises(ValueError, match='TensorFlow'):
        read_checkpoint(tmp_path / given)


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'net\.pt'):
        read_checkpoint(tmp_path / 'net.pt')
