"""A tiny set is made, learnt by heart, resumed after a kill, exported and refused when wrong."""

from dataclasses import replace
import pickle

from dexnet_core.cli.main import main
from dexnet_core.datasets.views.jaw_labeller import JawGenerationConfig
from dexnet_core.datasets.views.stored_views import read_view, view_paths
from dexnet_core.datasets.views.suction_labeller import SuctionGenerationConfig, SuctionLabeller
from dexnet_core.datasets.views.view_generation import generate
from dexnet_core.datasets.views.view_samples import SampleSettings, ViewSamples
from dexnet_core.export.onnx_file import parity, write_onnx
from dexnet_core.io.configuration import read_config
from dexnet_core.models.checkpoints import read_checkpoint
from dexnet_core.models.compact import (
    CompactNet,
    DESIGNS,
    load_compact_net,
    QualityNet,
)
from dexnet_core.planning.contracts.stored_contract import METADATA_KEY
from dexnet_core.planning.grasp import GripperKind
from dexnet_core.planning.networks.session import open_session
from dexnet_core.planning.perception.metric_view import CHANNELS
from dexnet_core.training.metrics import average_precision, precision_recall
from dexnet_core.training.tasks import ViewTask
from dexnet_core.training.training_config import TrainConfig
from dexnet_core.training.training_loop import fit
from dexnet_core.training.view_training import train_views
import numpy as np
import onnx
import pytest
import torch

SUCTION = DESIGNS['suction']
TINY = SuctionGenerationConfig(
    objects=16, train_scenes=2, val_scenes=1, views_per_scene=1, seal_points=300, perturbations=4
)


def quietly(items, what, total):
    return items


@pytest.fixture(scope='module')
def tiny_set(tmp_path_factory):
    root = tmp_path_factory.mktemp('tiny')
    generate(SuctionLabeller(TINY), root, 1, quietly)
    return root


@pytest.fixture
def config(tiny_set, tmp_path):
    samples = SampleSettings(side=64)
    return TrainConfig(
        data=tiny_set, out=tmp_path, epochs=3, batch_size=2, workers=0, samples=samples
    )


def test_generation_goes_on_where_it_was_killed_and_gives_the_same(tiny_set):
    (path, *_) = view_paths(tiny_set, 'train')
    before = read_view(path)
    path.unlink()
    generate(SuctionLabeller(TINY), tiny_set, 1, quietly)
    after = read_view(path)
    np.testing.assert_array_equal(before.depth, after.depth)
    np.testing.assert_array_equal(before.labels.quality, after.labels.quality)
    assert before.camera == after.camera


def test_two_workers_make_what_one_makes(tiny_set, tmp_path):
    generate(SuctionLabeller(TINY), tmp_path, 2, quietly)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob('*.npz'))
    assert made == sorted(path.relative_to(tiny_set) for path in tiny_set.rglob('*.npz'))
    for path in made:
        assert (tmp_path / path).read_bytes() == (tiny_set / path).read_bytes()


def test_generation_refuses_a_folder_of_another_configuration(tiny_set):
    with pytest.raises(ValueError, match='another configuration'):
        generate(SuctionLabeller(replace(TINY, views_per_scene=2)), tiny_set, 1, quietly)


def test_labels_lie_on_objects_and_are_probabilities(tiny_set):
    for path in view_paths(tiny_set, 'train'):
        view = read_view(path)
        u, v = view.labels.pixels.T
        assert view.object_mask[v, u].all()
        assert ((view.labels.quality >= 0) & (view.labels.quality <= 1)).all()


def test_damaged_view_and_empty_folder_are_named(tiny_set, tmp_path):
    path = tmp_path / 'views' / 'train' / 'scene_000000_0.npz'
    path.parent.mkdir(parents=True)
    path.write_bytes(view_paths(tiny_set, 'train')[0].read_bytes()[:500])
    with pytest.raises(ValueError, match='scene_000000_0'):
        read_view(path)
    with pytest.raises(FileNotFoundError, match='val views'):
        view_paths(tmp_path, 'val')


def test_samples_depend_on_seed_epoch_and_index_alone(tiny_set):
    def views(seed):
        paths = view_paths(tiny_set, 'train')
        return ViewSamples(paths, SUCTION.contract, SampleSettings(side=64), seed)

    first, again, other = views(0), views(0), views(1)
    assert torch.equal(first[0].view, again[0].view)
    assert not torch.equal(first[0].view, other[0].view)
    again.epoch = 1
    assert not torch.equal(first[0].view, again[0].view)
    assert first[0].view.shape == (CHANNELS, 64, 64)
    assert first[0].quality.shape == (1, 32, 32)


def test_training_is_reproducible_and_resumes_to_the_same(config, tmp_path):
    whole = train_views(replace(config, out=tmp_path / 'whole'), quietly)
    torch.manual_seed(99)
    again = train_views(replace(config, out=tmp_path / 'again'), quietly)
    losses = [record.train_loss for record in whole]
    assert losses == [record.train_loss for record in again]

    def killed(items, what, total):
        if what == 'epoch 2':
            raise KeyboardInterrupt
        return items

    stopped = replace(config, out=tmp_path / 'stopped')
    with pytest.raises(KeyboardInterrupt):
        train_views(stopped, killed)
    resumed = train_views(stopped, quietly)
    assert losses == [record.train_loss for record in resumed]
    assert {file.name for file in stopped.out.iterdir()} - {'tensorboard'} == {
        'config.json', 'history.csv', 'last.pt', 'best.pt'
    }  # fmt: skip


def test_training_refuses_a_folder_of_another_run(config):
    train_views(replace(config, epochs=1), quietly)
    with pytest.raises(ValueError, match='another configuration'):
        train_views(config, quietly)


class OneSample(torch.utils.data.Dataset):
    """The same synthetic picture again and again: good where the first channel is high."""

    epoch = 0

    def __len__(self):
        return 8

    def __getitem__(self, index):
        from dexnet_core.datasets.views.view_samples import ViewSample

        rng = np.random.default_rng(index % 2)
        view = np.kron(rng.normal(size=(CHANNELS, 8, 8)), np.ones((8, 8))).astype(np.float32)
        quality = (view[:1, ::2, ::2] > 0.5).astype(np.float32)
        return ViewSample(torch.from_numpy(view), torch.from_numpy(quality))


def test_a_tiny_set_is_learnt_by_heart(config):
    torch.manual_seed(0)
    config = replace(config, epochs=12)
    task = ViewTask(config.good)
    history = fit(CompactNet(SUCTION), OneSample(), OneSample(), config, quietly, task)
    assert history[-1].val_ap > 0.99
    assert history[-1].train_loss < 0.4 * history[0].train_loss


def test_export_agrees_with_torch_and_carries_the_contract(tmp_path):
    network = QualityNet(CompactNet(SUCTION)).eval()
    path = tmp_path / 'net.onnx'
    assert write_onnx(path, network, SUCTION.contract) < 1e-4
    assert parity(path, network, SUCTION.contract) < 1e-4
    assert open_session(path, GripperKind.SUCTION).contract == SUCTION.contract
    with pytest.raises(ValueError, match='differs from torch'):
        write_onnx(tmp_path / 'other.onnx', Noisy(network), SUCTION.contract)
    assert not (tmp_path / 'other.onnx').exists()


class Noisy(torch.nn.Module):
    """A network whose exported form must differ: it answers otherwise when not traced."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, views):
        quality = self.network(views)
        return quality if torch.jit.is_tracing() else quality + 0.1


@pytest.mark.parametrize('change', ['none', 'format', 'gripper', 'truncated', 'text'])
def test_session_refuses_what_it_does_not_understand(tmp_path, change):
    path = tmp_path / 'net.onnx'
    write_onnx(path, QualityNet(CompactNet(SUCTION)), SUCTION.contract)
    model = onnx.load(path)
    text = model.metadata_props[0].value
    props = {
        'none': {},
        'format': {METADATA_KEY: text.replace('"format": 2', '"format": 9')},
        'gripper': {METADATA_KEY: text.replace('"suction"', '"parallel_jaw"')},
    }
    if change in props:
        del model.metadata_props[:]
        onnx.helper.set_model_props(model, props[change])
        onnx.save(model, path)
    else:
        path.write_bytes(path.read_bytes()[:1000] if change == 'truncated' else b'hello')
    with pytest.raises(ValueError, match=r'net\.onnx'):
        open_session(path, GripperKind.SUCTION)


def test_weights_are_only_ever_weights(tmp_path):
    torch.save({'network': {'other.weight': torch.zeros(2)}}, tmp_path / 'other.pt')
    with pytest.raises(ValueError, match=r'other\.pt.*other\.weight'):
        load_compact_net(tmp_path / 'other.pt', SUCTION)

    class Evil:
        def __reduce__(self):
            return (exec, ('raise SystemExit',))

    (tmp_path / 'evil.pt').write_bytes(pickle.dumps(Evil()))
    torch.save(torch.zeros(2), tmp_path / 'tensor.pt')
    (tmp_path / 'text.pt').write_text('hello')
    for name in ('evil', 'tensor', 'text'):
        with pytest.raises(ValueError, match=rf'{name}\.pt'):
            read_checkpoint(tmp_path / f'{name}.pt')
    with pytest.raises(FileNotFoundError):
        read_checkpoint(tmp_path / 'missing.pt')


@pytest.mark.parametrize(
    'text', ['surprise: 1', 'epochs: many', 'epochs: 0', 'samples: {sides: 3}', 'a: [1', '[1]']
)
def test_config_with_a_mistake_is_refused_by_name(tmp_path, text):
    path = tmp_path / 'train.yaml'
    path.write_text(text)
    with pytest.raises(ValueError, match=r'train\.yaml'):
        read_config(TrainConfig, path)


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('epoch: 3', 'got unknown keys epoch, expected some of batch_size, '),
        ('samples: {crop: 3}', r'got unknown keys samples\.crop, expected some of '),
    ],
)
def test_unknown_keys_are_named_with_those_that_are_known(tmp_path, text, said):
    (tmp_path / 'train.yaml').write_text(text)
    with pytest.raises(ValueError, match=said):
        read_config(TrainConfig, tmp_path / 'train.yaml')


def test_training_needs_a_configuration(capsys):
    with pytest.raises(SystemExit, match='2'):
        main(['train', '--set', 'epochs=1'])
    assert 'required: --config' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('kind', 'name'),
    [
        (TrainConfig, 'train/suction.yaml'),
        (SuctionGenerationConfig, 'generate/suction.yaml'),
        (JawGenerationConfig, 'generate/jaw.yaml'),
    ],
)
def test_shipped_configs_are_the_defaults(repo, kind, name):
    """The file shows what the defaults are; only computing in bfloat16 is its own choice."""
    config = read_config(kind, repo / 'config' / name)
    if kind is TrainConfig:
        config = replace(config, mixed_precision=False)
    assert config == kind()


def test_average_precision_by_hand():
    scores, good = np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, False])
    assert average_precision(scores, good) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(np.ones(4), good) == pytest.approx(0.5)
    curve = precision_recall(scores, good)
    np.testing.assert_allclose(curve.recall, [0.5, 0.5, 1, 1])
    with pytest.raises(ValueError, match='no good'):
        average_precision(scores, ~(good | True))
