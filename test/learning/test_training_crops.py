"""Training on crops: published keys, networks by name, what checkpoints say of the data."""

from dataclasses import replace
from pathlib import Path
import re

from dexnet_core.cli.main import main
from dexnet_core.datasets.crops.crop_cache import open_crops
from dexnet_core.datasets.crops.crop_samples import Crops, CropSample
from dexnet_core.datasets.crops.crop_statistics import measure_rows
from dexnet_core.models.checkpoints import read_checkpoint
from dexnet_core.models.crop_networks import CropInputs
from dexnet_core.models.gqcnn import QualityNetwork
from dexnet_core.models.published import read_data
from dexnet_core.training.crop_training import CropTask, Oversampled, train_crops
from dexnet_core.training.networks import build_crop_network, CROP_NETWORKS
from dexnet_core.training.training_config import TrainConfig
from dexnet_core.training.training_recipes import read_run, RECIPES
import numpy as np
import pytest
import torch
from torch import nn

CONFIGS = sorted((Path(__file__).parents[2] / 'config' / 'train').glob('*.yaml'))
ROWS, FILES = 40, 3


def quietly(items, what, total):
    return items


class TinyCropNet(QualityNetwork):
    """Scores by the mean of the middle of a crop."""

    def __init__(self, pose_inputs=0):
        super().__init__()
        self.pose_inputs = pose_inputs
        self.head = nn.Linear(1 + pose_inputs, 1)

    def logits(self, crops, poses=None):
        middle = crops[:, 0, 12:20, 12:20].mean(dim=(1, 2))[:, None]
        return self.head(middle if poses is None else torch.cat([middle, poses], 1)).squeeze(1)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Crops as of Dex-Net 3.0: good (about a quarter) where the middle is near the camera."""
    rng = np.random.default_rng(3)
    folder = tmp_path / 'set' / 'tensors'
    folder.mkdir(parents=True)
    for number in range(FILES):
        good = rng.random(ROWS) < 0.25
        images = np.full((ROWS, 32, 32, 1), 0.7, np.float32)
        images[:, 8:24, 8:24] = np.where(good, 0.5, 0.6)[:, None, None, None]
        poses = rng.uniform(0.1, 1, (ROWS, 7)).astype(np.float32)
        metric = np.where(good, 0.9, 0.1)
        for name, array in (
            ('depth_ims_tf_table', images),
            ('hand_poses', poses),
            ('robust_suction_wrench_resistance', metric),
        ):
            np.savez_compressed(folder / f'{name}_{number:05d}.npz', array)
    monkeypatch.setitem(CROP_NETWORKS, 'DexNetBase', lambda _: TinyCropNet())
    monkeypatch.setitem(CROP_NETWORKS, 'GQCNN', lambda inputs: TinyCropNet(inputs.poses))
    return tmp_path / 'set'


@pytest.fixture
def yaml_file(root, tmp_path):
    path = tmp_path / 'train.yaml'
    path.write_text(f"""
name: Tiny
model: dexnetbase
dataset: DexNet3
optimizer: {{name: sgd, learning_rate: 0.5, momentum: 0.9, scheduler_gamma: 1, weight_decay: 0}}
training:
  dataset_path: {root}
  batch_size: 8
  num_epochs: 2
  GT_threshold: 0.2
  wandb: false
  tensorboard: false
  ordered_split: true
  pos_weight: 1
  workers: 0
  device: cpu
outputs: {{save_directory: {tmp_path}/runs, save_name: tiny, training_print_every: 500}}
""")
    return path


def train(path, *changes):
    config, train = read_run(path, list(changes))
    return config, train(config, quietly)


def test_what_is_easy_is_learnt_and_the_checkpoint_tells_of_the_data(yaml_file, root):
    config, history = train(yaml_file, 'training.num_epochs=6')
    assert history[-1].val_ap > 0.99
    assert history[-1].val_accuracy > 0.99
    state = read_checkpoint(config.loop.out / 'best.pt')
    crops = open_crops(root)
    rows = np.arange(len(crops))[len(crops) // 5 :]  # Dex-Net 5.0: the first are for validation
    measured = measure_rows(crops, rows, quietly)
    assert state['data']['mean'] == pytest.approx(measured.mean)
    assert state['data']['std'] == pytest.approx(measured.std)
    assert state['data']['threshold'] == 0.2
    assert (state['data']['gripper'], state['data']['release']) == ('suction', 'dexnet_3')
    assert state['model'] == 'dexnetbase'
    assert set(state['network']) == {'head.weight', 'head.bias'}


def test_poses_reach_the_network_that_takes_them(yaml_file):
    config, _ = train(yaml_file, 'model=GQCNN')
    weight = read_checkpoint(config.loop.out / 'last.pt')['network']['head.weight']
    torch.manual_seed(0)
    assert weight.shape == (1, 3)
    assert not torch.equal(weight[:, 1:], TinyCropNet(2).head.weight[:, 1:])


@pytest.mark.parametrize('weight', [1.0, 5.0])
def test_good_crops_are_drawn_as_often_as_asked_for(root, weight):
    crops = open_crops(root)
    good = crops.metric.read(crops.rows) > 0.2
    chosen = Crops(crops, crops.rows, measure_rows(crops, crops.rows, quietly))
    drawn = Oversampled(chosen, np.where(good, weight, 1.0), seed=0)
    shares, firsts = [], []
    for epoch in range(60):
        drawn.epoch = epoch
        samples = drawn.__getitems__(range(len(drawn)))
        shares.append(np.mean([float(sample.metric) > 0.2 for sample in samples]))
        firsts.append(float(drawn[0].metric))
    expected = weight * good.sum() / (weight * good.sum() + (~good).sum())
    assert np.mean(shares) == pytest.approx(expected, abs=0.02)
    assert len(set(shares)) > 1
    assert len(set(firsts)) == 2


def test_pos_weight_changes_what_is_learnt(yaml_file):
    _, plain = train(yaml_file)
    _, more = train(yaml_file, 'training.pos_weight=4', 'outputs.save_name=more')
    assert [r.train_loss for r in plain] != [r.train_loss for r in more]


def test_threshold_is_the_one_that_is_given(yaml_file):
    with pytest.raises(ValueError, match=r'no training crops are over GT_threshold 0\.95.*0\.2'):
        train(yaml_file, 'training.GT_threshold=0.95')
    with pytest.raises(ValueError, match=r'all training crops are over GT_threshold 0\.05'):
        train(yaml_file, 'training.GT_threshold=0.05')
    config, _ = train(yaml_file, 'training.GT_threshold=null')
    assert read_checkpoint(config.loop.out / 'best.pt')['data']['threshold'] == 0.2
    batch = CropSample(*torch.tensor([[0.0], [0.0], [1.0], [0.3]]))
    predictions = [
        CropTask(t, False, {}).predictions(torch.zeros(1), batch).good[0] for t in (0.2, 0.5)
    ]
    assert predictions == [True, False]


def test_crops_that_do_not_fit_the_network_claim_no_folder(yaml_file):
    with pytest.raises(ValueError, match='52 pixels'):
        train(yaml_file, 'model=DexNetFCGQCNN')
    assert not (yaml_file.parent / 'runs').exists()


def test_training_begins_with_the_weights_that_are_given(yaml_file, tmp_path):
    first, _ = train(yaml_file, 'training.num_epochs=6')
    best = first.loop.out / 'best.pt'
    _, (record, _) = train(yaml_file, f'training.weights={best}', 'outputs.save_name=further')
    _, (fresh, _) = train(yaml_file, 'outputs.save_name=fresh')
    assert record.train_loss < 0.5 * fresh.train_loss
    with pytest.raises(FileNotFoundError):
        train(yaml_file, f'training.weights={tmp_path}/none.pt', 'outputs.save_name=none')


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ('model=ResNet', "model is 'ResNet', expected one of suction"),
        ('dataset=dexnet9', "dataset is 'dexnet9', expected one of dexnet2, dexnet3"),
        ('training.resize=false', 'resize'),
        ('surprise=1', 'surprise'),
        ('optimizer.momentum=fast', r'optimizer\.momentum.*fast'),
        ('optimizer=1', 'optimizer'),
        ('optimizer.scheduler_gamma=2', 'scheduler_gamma'),
        ('training.batch_size=0', 'batch_size'),
        ('training.pos_weight=0', 'pos_weight'),
        ('training.wandb=1', 'wandb'),
        ('training.GT_threshold=[', 'YAML'),
        ('epochs', 'epochs'),
        ('name.first=a', r'name\.first'),
        ('training.split=nowhere', 'nowhere'),
        ('dataset=dexnet2', 'robust_ferrari_canny'),
        ('model=DexNetFCGQCNN', '52 pixels'),
    ],
)
def test_every_mistake_is_one_line_of_the_command(yaml_file, capsys, change, message):
    assert main(['train', '--config', str(yaml_file), '--set', change]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert re.search(message, lines[-1])
    assert lines[-1].startswith('dexnet: ')


def test_the_command_trains_draws_and_lets_keys_be_changed(yaml_file, tmp_path):
    changes = ['--set', 'training.num_epochs=1', '--set', 'outputs.save_name=other']
    assert main(['train', '--config', str(yaml_file), *changes]) == 0
    names = {path.name for path in (tmp_path / 'runs' / 'other').iterdir()}
    assert names == {'config.json', 'history.csv', 'last.pt', 'best.pt', 'curves.png'}


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_shipped_configurations_are_accepted(path):
    config, train = read_run(path, [])
    recipe = RECIPES[config.model.lower()]
    assert (type(config), train) == recipe
    assert config.loop.out.parts[0] == 'runs'


def test_shipped_runs_do_not_write_over_each_other():
    assert len({read_run(path, []).config.loop.out for path in CONFIGS}) == len(CONFIGS)


@pytest.mark.parametrize('name', list(CROP_NETWORKS))
def test_every_network_gets_gradients_from_its_crops(name):
    torch.manual_seed(0)
    side = 96 if name == 'DexNetFCGQCNN' else 32
    network = build_crop_network(name.upper(), CropInputs(2))
    task = CropTask(0.2, bool(getattr(network, 'pose_inputs', 0)), {})
    metric = torch.tensor([0.9, 0.1])
    batch = CropSample(torch.randn(2, 1, side, side), torch.randn(2, 2), metric, metric)
    form = task.form(network)
    loss, count = task.loss(task.logits(form, batch, torch.device('cpu')), batch)
    loss.backward()
    assert count == 2
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_the_size_of_the_images_of_efficientnet_is_stored(yaml_file, tmp_path):
    config, _ = train(yaml_file, 'model=EfficientNet', 'training.input_side=32')
    assert read_data(config.loop.out / 'last.pt')['input_side'] == 32


def test_one_seed_one_result(yaml_file):
    losses = [
        [record.train_loss for record in train(yaml_file, *changes)[1]]
        for changes in (
            ['outputs.save_name=a'],
            ['outputs.save_name=b'],
            ['outputs.save_name=c', 'training.seed=1'],
        )
    ]
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]


def test_training_goes_on_from_where_it_was(yaml_file):
    config, history = train(yaml_file)
    assert train_crops(config, quietly) == history
    with pytest.raises(ValueError, match='another configuration'):
        train(yaml_file, 'optimizer.learning_rate=0.1')


def test_where_and_how_fast_a_run_goes_on_is_its_own_choice(yaml_file):
    config, history = train(yaml_file)
    elsewhere = ('training.workers=3', 'training.device=auto', 'outputs.save_every=7')
    assert train(yaml_file, *elsewhere)[1] == history
    others = [
        replace(config, optimizer=replace(config.optimizer, learning_rate=0.1)),
        replace(config, training=replace(config.training, seed=1)),
        replace(config, training=replace(config.training, pos_weight=2.0)),
    ]
    assert all(other.identity() != config.identity() for other in others)
    views = TrainConfig()
    assert replace(views, workers=5, device='cpu', wandb=True).identity() == views.identity()
    assert replace(views, seed=5).identity() != views.identity()


def rewrite(root, field, change):
    for path in root.glob(f'tensors/{field}_*.npz'):
        np.savez_compressed(path, change(np.load(path)['arr_0'], path))


def same_angle(poses, _):
    poses[:, 3] = 0.25
    return poses


def test_poses_that_are_not_read_may_be_constant_or_missing(yaml_file, root):
    rewrite(root, 'hand_poses', same_angle)
    assert train(yaml_file)[1][-1].val_ap > 0.99
    for path in root.glob('tensors/hand_poses_*.npz'):
        path.unlink()
    assert train(yaml_file, 'outputs.save_name=without')[1][-1].val_ap > 0.99
    found = open_crops(root)
    assert found.poses is None
    assert found.network_poses(found.rows[:3]).shape == (3, 0)


def test_poses_that_are_read_and_cannot_be_used_are_named(yaml_file, root, tmp_path, capsys):
    rewrite(root, 'hand_poses', same_angle)
    with pytest.raises(ValueError, match='the approach angle, column 3 of hand_poses'):
        train(yaml_file, 'model=GQCNN')
    for path in root.glob('tensors/hand_poses_*.npz'):
        path.unlink()
    with pytest.raises(ValueError, match=r'lacks the field hand_poses: it is an input of GQCNN'):
        train(yaml_file, 'model=GQCNN')
    assert main(['visualize', str(root), '--out', str(tmp_path / 'sheet.png')]) == 2
    assert 'lacks the field hand_poses: drawing of grasps' in capsys.readouterr().err


def test_a_file_of_poses_that_is_missing_is_named(yaml_file, root):
    (root / 'tensors' / 'hand_poses_00002.npz').unlink()
    with pytest.raises(ValueError, match=r'lacks hand_poses_00002\.npz'):
        train(yaml_file)


@pytest.mark.parametrize(('value', 'good'), [(0.1, 0), (0.9, 24)])
def test_validation_crops_of_one_kind_are_said(yaml_file, root, caplog, value, good):
    def one_kind(metric, path):
        metric[: int(0.2 * FILES * ROWS) if path.stem.endswith('00000') else 0] = value
        return metric

    rewrite(root, 'robust_suction_wrench_resistance', one_kind)
    _, history = train(yaml_file, 'training.ordered_split=true')
    (shares,) = [text for text in caplog.messages if 'validation crops are good' in text]
    assert f'{good} of 24 validation crops are good (' in shares
    assert '% of 96 for training)' in shares
    said = [text for text in caplog.messages if 'best.pt has the lowest validation loss' in text]
    assert len(said) == (good == 0) == np.isnan(history[0].val_ap)
    best = read_checkpoint(next(yaml_file.parent.rglob('best.pt')))['validation']['loss']
    if good == 0:
        assert best == min(record.val_loss for record in history)


def test_both_kinds_are_not_worth_a_word(yaml_file, caplog):
    train(yaml_file)
    assert not [text for text in caplog.messages if 'validation crops are good' in text]


def test_the_halves_of_a_release_are_named(root, tmp_path):
    for half in ('suction', 'parallel_jaw'):
        (tmp_path / 'both' / half).mkdir(parents=True)
        (root / 'tensors').rename(tmp_path / 'both' / half / 'tensors')
        (root / 'tensors').mkdir()
    with pytest.raises(ValueError, match=r'one of its data sets: .*parallel_jaw or .*suction'):
        open_crops(tmp_path / 'both')
