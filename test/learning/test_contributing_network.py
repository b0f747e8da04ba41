"""The page that tells how to add a network is followed with the code that it shows."""

from pathlib import Path
import re

from dexnet_core.models.checkpoints import read_checkpoint
from dexnet_core.training import training_recipes
from dexnet_core.training.crop_config import CropTrainConfig
from dexnet_core.training.crop_training import train_crops
from dexnet_core.training.networks import CROP_NETWORKS
from dexnet_core.training.training_recipes import Recipe, RECIPES
import numpy as np
import yaml

PAGE = (Path(__file__).resolve().parents[2] / 'docs' / 'add_network.md').read_text()


def block(language, number=0):
    """A block of code of the page."""
    return re.findall(rf'```{language}\n(.*?)```', PAGE, re.DOTALL)[number]


def write_crops(folder):
    """Crops as of Dex-Net 3.0: good where the middle is near the camera."""
    rng = np.random.default_rng(3)
    folder.mkdir(parents=True)
    for number in range(2):
        good = rng.random(48) < 0.4
        images = np.full((48, 32, 32, 1), 0.7, np.float32)
        images[:, 8:24, 8:24] = np.where(good, 0.5, 0.6)[:, None, None, None]
        poses = rng.uniform(0.1, 1, (48, 7)).astype(np.float32)
        metric = np.where(good, 0.9, 0.1)
        for name, array in (
            ('depth_ims_tf_table', images),
            ('hand_poses', poses),
            ('robust_suction_wrench_resistance', metric),
        ):
            np.savez_compressed(folder / f'{name}_{number:05d}.npz', array)


def test_a_network_is_a_class_and_a_line(tmp_path, monkeypatch):
    scope = {'__name__': 'middle'}
    exec(block('python'), scope)
    added = eval(f'{{{block("python", 1)}}}', scope)
    for name, build in added.items():
        monkeypatch.setitem(CROP_NETWORKS, name, build)
        monkeypatch.setitem(RECIPES, name.lower(), Recipe(CropTrainConfig, train_crops))
    config = yaml.safe_load(block('yaml'))
    write_crops(tmp_path / 'set' / 'tensors')
    config['training'] |= {'dataset_path': str(tmp_path / 'set'), 'num_epochs': 12}
    config['outputs']['save_directory'] = str(tmp_path / 'runs')
    (tmp_path / 'middle.yaml').write_text(yaml.safe_dump(config))
    changes = ['training.device=cpu', 'training.workers=0', 'training.tensorboard=false']
    run, train = training_recipes.read_run(tmp_path / 'middle.yaml', changes)
    history = train(run, lambda items, what, total: items)
    assert history[-1].val_ap > 0.95
    assert read_checkpoint(run.loop.out / 'last.pt')['model'] == config['model']
