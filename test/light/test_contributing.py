"""The pages that tell how to add something: each is followed with the code that it shows."""

from dataclasses import fields
import json
from pathlib import Path
import re
import sys

from box_scene import camera_at, seen_from
from dexnet_core.cli.main import main
from dexnet_core.io.files.plan_files import read_grasps
from dexnet_core.io.formats.format_registry import FORMATS
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.planners.planner_registry import GROUP, planner_kinds
from dexnet_core.simulation.scenes import noise
import numpy as np
import pytest
import yaml

DOCS = Path(__file__).resolve().parents[2] / 'docs'


def blocks(page, language):
    """The blocks of code of a page in a language."""
    return re.findall(rf'```{language}\n(.*?)```', (DOCS / page).read_text(), re.DOTALL)


@pytest.fixture
def image(tmp_path):
    """Options of `dexnet plan` for a box on a table."""
    np.save(tmp_path / 'depth.npy', seen_from(camera_at(0.0)))
    camera = re.search(r'--camera (\S+)', blocks('add_gripper.md', 'bash')[0])[1]
    return ['--depth', str(tmp_path / 'depth.npy'), '--camera', camera, '--out', str(tmp_path)]


@pytest.mark.parametrize(('planner', 'block'), [('jaw', 0), ('suction', 1)])
def test_a_gripper_is_one_file(tmp_path, image, planner, block):
    text = blocks('add_gripper.md', 'yaml')[block]
    (tmp_path / 'own.yaml').write_text(text)
    assert main(['plan', planner, *image, '--gripper', str(tmp_path / 'own.yaml')]) == 0
    best, *_ = read_grasps(tmp_path / 'grasps.json')
    own = yaml.safe_load(text)
    if planner == 'jaw':
        assert 0 < best.width <= own['max_opening']
    else:
        assert best.cup_radius == own['radius']


@pytest.mark.parametrize('kind', [JawGripper, SuctionCup])
def test_every_key_of_a_gripper_has_its_default_on_the_page(kind):
    text = (DOCS / 'add_gripper.md').read_text()
    _, jaw, cup = re.split(r'(?m)^\| key of a .*$', text)
    rows = re.findall(r'(?m)^\| (`.+?`) \| (\S+) \|', jaw if kind is JawGripper else cup)
    told = {key: value for keys, value in rows for key in re.findall(r'\w+', keys)}
    defaults = {item.name: str(item.default) for item in fields(kind)}
    assert told == defaults | {'name': 'empty'}


def test_ruff_of_the_page_is_that_of_the_hooks():
    hooks = (DOCS.parent / '.pre-commit-config.yaml').read_text()
    asked = re.search(r'ruff==[\d.]+', blocks('contributing.md', 'bash')[1])[0]
    assert asked in hooks


def test_a_planner_is_a_package_of_ones_own(tmp_path, monkeypatch, image):
    (code,), (project,) = blocks('add_planner.md', 'python'), blocks('add_planner.md', 'toml')
    (tmp_path / 'topmost').mkdir()
    (tmp_path / 'topmost' / 'planner.py').write_text(code)
    info = tmp_path / 'topmost-1.0.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text('Metadata-Version: 2.1\nName: topmost\nVersion: 1.0\n')
    name, target = re.search(rf"entry-points\.'{GROUP}'\]\n(\w+) = '(.+)'", project).groups()
    (info / 'entry_points.txt').write_text(f'[{GROUP}]\n{name} = {target}\n')
    monkeypatch.syspath_prepend(tmp_path)
    planner_kinds.cache_clear()
    try:
        assert main(['plan', name, *image]) == 0
        assert main(['plan', name, *image, '--model', 'a.onnx']) == 2
        assert planner_kinds()[name].gripper is SuctionCup
    finally:
        planner_kinds.cache_clear()
        for module in ('topmost', 'topmost.planner'):
            sys.modules.pop(module, None)
    (grasp,) = read_grasps(tmp_path / 'grasps.json')
    depth = np.load(tmp_path / 'depth.npy')
    assert grasp.position[2] == pytest.approx(depth[depth > 0].min(), abs=1e-4)
    assert grasp.cup_radius == SuctionCup().radius
    assert json.loads((tmp_path / 'grasps.json').read_text())['planning_ms'] > 0


def test_a_format_is_a_file_and_a_line(tmp_path, monkeypatch, image):
    module, line = blocks('add_format.md', 'python')
    (tmp_path / 'points.py').write_text(module)
    monkeypatch.syspath_prepend(tmp_path)
    added = eval(f'{{{line}}}', {'points': __import__('points')})
    sys.modules.pop('points')
    for name, kind in added.items():
        monkeypatch.setitem(FORMATS, name, kind)
    assert main(['plan', 'suction', *image, *(f'--format={name}' for name in added)]) == 0
    written = np.loadtxt(tmp_path / 'points.txt', ndmin=2)
    grasps = read_grasps(tmp_path / 'grasps.json')
    assert np.allclose(written, [grasp.position for grasp in grasps], atol=1e-4)


def test_a_noise_is_a_strength_and_a_step():
    field, step = blocks('add_noise.md', 'python')
    (settings,) = blocks('add_noise.md', 'yaml')
    text = Path(noise.__file__).read_text()
    last, before = '    dropout: float = 0.01\n', '    noisy[lost'
    assert text.count(last) == text.count(before) == 1
    changed = text.replace(last, last + field).replace(before, step + before)
    scope = {'__name__': noise.__name__}
    exec(compile(changed, 'noise.py', 'exec'), scope)
    depth = np.full((40, 60), 0.7, np.float32)
    still = {'gamma_shape': 1e9, 'correlated': 0.0, 'speckle': 0.0, 'quantisation': 0.0}
    shown = {**still, 'edge': 0, 'dropout': 0.0, **yaml.safe_load(settings)['noise']}
    rng = np.random.default_rng(0)
    seen = scope['measure'](depth, 500.0, scope['NoiseSettings'](**shown), rng, 1.0)
    lines = seen.mean(axis=1)
    assert np.allclose(seen, lines[:, None], atol=1e-6)
    assert 0.0015 < lines.std() < 0.0027
