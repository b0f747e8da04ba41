"""`dexnet make` works alone in a folder, which is the same from wherever it is named."""

from pathlib import Path

import pytest

pytest.importorskip('torch', reason='torch is not here: ./setup.sh --with-train')
pytest.importorskip('onnx', reason='onnx is not here: ./setup.sh --with-train')
pytest.importorskip('mujoco', reason='MuJoCo is not here: ./setup.sh --with-train')

from dexnet_core.cli.main import main
from dexnet_core.workflows.making import making_job
from dexnet_core.workflows.making.budget import plan_of
from dexnet_core.workflows.making.speeds import NO_TIME, Speeds

GRIPPER = Path(__file__).parents[2] / 'config' / 'grippers' / 'wsg50.yaml'


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Run the command in a folder with what measuring takes; the folders that were made in."""
    roots, speeds = [], [NO_TIME]
    (tmp_path / 'tiny.yaml').write_text('train_scenes: 90\nval_scenes: 7\nepochs: 2\nrounds: 1\n')
    monkeypatch.chdir(tmp_path)

    def make(config, root, *_):
        roots.append((root, config.meshes))
        return 'the report'

    def plan_making(config, *_):
        return plan_of(config.amounts, speeds[0])

    monkeypatch.setattr(making_job, 'plan_making', plan_making)
    monkeypatch.setattr(making_job, 'make', make)
    options = [
        'make',
        'jaw',
        '--gripper',
        str(GRIPPER),
        '--amounts',
        'tiny.yaml',
        '--workers',
        '1',
    ]
    return lambda *more: main([*options, *more]), roots, speeds


def test_a_folder_is_the_same_from_wherever_it_is_named(made, tmp_path, capsys):
    run, roots, _ = made
    for out in ('out', str(tmp_path / 'out')):
        assert run('--out', out) == 0
    assert roots == [(tmp_path / 'out', None)] * 2
    assert 'the report' in capsys.readouterr().out


def test_minutes_are_told_where_they_were_measured(made, capsys):
    run, _, speeds = made
    said = '90 scenes to train with, 7 to validate on'
    assert run('--out', 'out') == 0
    assert f'{said}, 2 epochs, 1 rounds' in capsys.readouterr().err
    speeds[0] = Speeds(1.0, 1.0, 60.0, 1.0, 1.0, 0.0)
    assert run('--out', 'out') == 0
    assert f'{said} (2 min), 2 epochs (3 min), 1 rounds' in capsys.readouterr().err
