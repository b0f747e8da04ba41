"""The command line: a plan from files, and one line for every mistake."""

import json

import cv2
from dexnet_core.cli.main import main
from dexnet_core.planning.networks.model_file import shipped_suction
import numpy as np
import pytest

CAMERA = '300,300,159.5,119.5'


@pytest.fixture
def scene(tmp_path):
    """Files of a box on a table: depth, mask, and a YAML with settings."""
    depth = np.full((240, 320), 0.7, np.float32)
    depth[70:150, 100:200] = 0.65
    depth[170:220, 40:90] = 0.66
    depth[170:220, 230:290] = 0.64
    np.save(tmp_path / 'depth.npy', depth)
    cv2.imwrite(str(tmp_path / 'depth.png'), np.round(depth * 1000).astype(np.uint16))
    cv2.imwrite(str(tmp_path / 'mask.png'), 255 * (depth < 0.68).astype(np.uint8))
    (tmp_path / 'settings.yaml').write_text('max_grasps: 2\n')
    return tmp_path


def plan(scene, *options, gripper='suction', depth='depth.npy', camera=CAMERA):
    arguments = ['--depth', scene / depth, '--camera', camera, '--out', scene / 'out', *options]
    return main(['plan', gripper, *map(str, arguments)])


def depth_at(scene, pixel) -> float:
    u, v = np.round(pixel).astype(int)
    return float(np.load(scene / 'depth.npy')[v, u])


@pytest.mark.parametrize('depth', ['depth.npy', 'depth.png'])
def test_plan_writes_grasps_heatmap_and_picture(scene, capsys, depth):
    assert plan(scene, '--mask', scene / 'mask.png', '--top', 3, depth=depth) == 0
    written = json.loads((scene / 'out' / 'grasps.json').read_text())
    assert written['frame'] == 'camera_optical_frame'
    assert 1 <= len(written['grasps']) <= 3
    best = written['grasps'][0]
    assert best['position'][2] == pytest.approx(depth_at(scene, best['pixel']), abs=2e-3)
    assert depth_at(scene, best['pixel']) < 0.68
    assert len(best['quaternion']) == 4
    heatmap = np.load(scene / 'out' / 'heatmap.npy')
    assert heatmap.shape == (240, 320)
    assert np.isfinite(heatmap).sum() == 80 * 100 + 50 * 50 + 50 * 60
    assert cv2.imread(str(scene / 'out' / 'overlay.png')).shape[1] == 1280
    assert written['approach'] == 'support plane'
    assert written['stages_ms'].keys() > {'segment', 'network'}
    assert 'score' in capsys.readouterr().out


def test_plan_writes_jaws_and_says_how_they_close(scene, capsys):
    depth = np.full((240, 320), 0.7, np.float32)
    depth[90:150, 150:170] = 0.66  # a bar 44 mm wide
    np.save(scene / 'bar.npy', depth)
    assert plan(scene, gripper='jaw', depth='bar.npy') == 0
    grasps = json.loads((scene / 'out' / 'grasps.json').read_text())['grasps']
    assert {grasp['gripper'] for grasp in grasps} == {'parallel_jaw'}
    assert 0.040 < grasps[0]['width'] < 0.065
    head, best, *_ = capsys.readouterr().out.splitlines()
    assert 'closing' in head
    assert float(best.split()[-1]) == pytest.approx(1000 * grasps[0]['width'], abs=0.06)


def test_each_gripper_has_its_own_settings(scene, capsys):
    (scene / 'settings.yaml').write_text('max_residual: 0.002\n')
    assert plan(scene, '--settings', scene / 'settings.yaml') == 0
    assert plan(scene, '--settings', scene / 'settings.yaml', gripper='jaw') == 2
    assert 'max_residual' in capsys.readouterr().err


def test_a_model_of_another_gripper_is_named(scene, capsys):
    model = shipped_suction()
    assert plan(scene, '--model', model, gripper='jaw') == 2
    assert 'is for gripper suction, expected parallel_jaw' in capsys.readouterr().err


def test_settings_come_from_yaml(scene):
    assert plan(scene, '--settings', scene / 'settings.yaml') == 0
    assert len(json.loads((scene / 'out' / 'grasps.json').read_text())['grasps']) == 2
    assert plan(scene) == 0
    assert len(json.loads((scene / 'out' / 'grasps.json').read_text())['grasps']) > 2


def test_no_grasp_is_an_answer_with_a_reason(scene, capsys):
    np.save(scene / 'depth.npy', np.zeros((240, 320), np.float32))
    assert plan(scene) == 3
    assert 'nothing was measured' in capsys.readouterr().out
    assert json.loads((scene / 'out' / 'grasps.json').read_text())['status'] == 'NO_DEPTH'


def write(scene, name, content):
    path = scene / name
    if isinstance(content, np.ndarray):
        np.save(path, content)
    else:
        path.write_text(content)
    return path


@pytest.mark.parametrize(
    ('options', 'expected'),
    [
        ({'depth': 'missing.npy'}, 'missing.npy'),
        ({'camera': '0,300,159.5,119.5'}, 'fx'),
        ({'camera': 'missing.yaml'}, 'missing.yaml'),
        ({'mask': np.ones((3, 3))}, 'mask is'),
        ({'settings': 'max_grasp: 3'}, 'max_grasp'),
        ({'settings': 'max_grasps: many'}, 'max_grasps'),
        ({'settings': 'min_score: 2.0'}, 'min_score'),
        ({'model': 'not a model'}, 'model'),
        ({'missing_model': True}, 'does not exist'),
        ({'top': 0}, 'max_grasps'),
        ({'gripper': 'type: claw'}, "type 'claw', expected suction_cup"),
        ({'gripper': 'type: suction_cup\nradius: 0'}, 'radius is 0.0, expected > 0'),
        ({'up': '0,0'}, "--up is '0,0', expected three numbers x,y,z"),
        ({'up': '0,0,0'}, 'up is [0. 0. 0.], expected a direction'),
        ({'viewpoint': '0,0,1'}, '--viewpoint is for a --cloud with --up'),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else '',
)
def test_a_mistake_is_one_line_and_status_2(scene, capsys, options, expected):
    extra = []
    if 'mask' in options:
        extra += ['--mask', write(scene, 'small.npy', options['mask'])]
    if 'settings' in options:
        extra += ['--settings', write(scene, 'bad.yaml', options['settings'])]
    if 'model' in options:
        extra += ['--model', write(scene, 'model.onnx', options['model'])]
    if 'missing_model' in options:
        extra += ['--model', scene / 'nowhere.onnx']
    if 'gripper' in options:
        extra += ['--gripper', write(scene, 'gripper.yaml', options['gripper'])]
    for name in {'top', 'up', 'viewpoint'} & options.keys():
        extra += [f'--{name}', options[name]]
    paths = {key: options[key] for key in ('depth', 'camera') if key in options}
    assert plan(scene, *extra, **paths) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith('dexnet: ')
    assert expected in line
    assert not (scene / 'out').exists()


@pytest.mark.parametrize(
    ('words', 'expected'),
    [
        ('plan --depth none.npy --camera 1,1,1,1 --out jaw suction', 'none.npy'),
        ('plan --refused suction --depth none.npy --camera 1,1,1,1 --out o', 'none.npy'),
        ('bench --rounds 0 suction', 'rounds is 0'),
        ('generate --workers 0 graspnet --out o', 'workers is 0'),
        ('replay jaw bag --every 0', '--every is 0'),
        ('replay bag --planner jaw --every 0', '--every is 0'),
        ('replay --every 0 bag --planner=jaw', '--every is 0'),
        ('replay --plan jaw bag --every 0', '--every is 0'),
        ('plan jaw --we w --out o', '--weights is for graspnet, not for jaw'),
        ('bench suction --synth=3', '--synthetic is for data, not for suction'),
    ],
)
def test_options_may_be_before_the_kind_and_abbreviated(
    tmp_path, monkeypatch, capsys, words, expected
):
    monkeypatch.chdir(tmp_path)
    assert main(words.split()) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert expected in line


@pytest.mark.parametrize('shape', [(2000, 4), (4, 2000), (1, 1)])
def test_pictures_of_any_shape_can_be_drawn(scene, shape):
    np.save(scene / 'depth.npy', np.full(shape, 0.7, np.float32))
    camera = f'300,300,{(shape[1] - 1) / 2},{(shape[0] - 1) / 2}'
    assert plan(scene, camera=camera) == 3
    assert max(cv2.imread(str(scene / 'out' / 'overlay.png')).shape) < 1400


@pytest.mark.parametrize(
    ('arguments', 'expected'),
    [
        (['evaluate', 'graspnet', '--data', 'd', '--scenes', '0', '--out', 'o'], 'scenes is 0'),
        (['evaluate', 'graspnet', '--data', 'd', '--noise', 'loud', '--out', 'o'], 'noise'),
        (['bench', 'suction', '--rounds', '0'], 'rounds'),
        (['train', '--config', 'missing.yaml'], 'missing.yaml'),
        (['generate', 'suction', '--meshes', 'nowhere', '--out', 'o'], 'nowhere'),
        (['export', 'suction', '--weights', 'no.pt', '--out', 'o.onnx'], 'no.pt'),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else '',
)
def test_a_mistake_in_any_command_is_one_line(tmp_path, monkeypatch, capsys, arguments, expected):
    if arguments[0] in ('train', 'export'):
        pytest.importorskip('torch', reason='torch is not here: ./setup.sh --with-train')
    if arguments[0] in ('generate', 'evaluate', 'bench'):
        pytest.importorskip('mujoco', reason='mujoco is not here: ./setup.sh')
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert expected in line
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ('arguments', 'expected'),
    [
        ('plan suction --raw --out o', '--raw is for graspnet, not for suction'),
        ('plan jaw --weights x --out o', '--weights is for graspnet, not for jaw'),
        ('plan graspnet --cloud c --weights w --model m --out o', '--weights or --model'),
        ('plan graspnet --cloud c --camera 1,1,1,1 --out o', 'either --cloud'),
        ('bench suction --cloud x.npy', '--cloud is for graspnet, not for suction'),
        ('bench jaw --sides 40', '--sides is for networks, not for jaw'),
        ('bench graspnet --original', '--original is for suction or jaw, not for graspnet'),
        ('bench networks --model x', '--model is for suction or jaw or graspnet, not for'),
        ('bench data d --threads 2', '--threads is for suction or jaw or graspnet or networks'),
        ('bench data d --batches 1', '--batches is for networks, not for data'),
        ('bench suction d', 'folder is for data, not for suction'),
        ('bench networks --synthetic 0', '--synthetic is for data, not for networks'),
        ('generate suction --per-view 32 --out o', '--per-view is for crops of labelled views'),
        ('export jaw --mean 0.5 --weights w --out o', '--mean is for gqcnn or efficientnet or'),
        (
            'export suction --cloud c --weights w --out o',
            '--cloud is for graspnet, not for suction',
        ),
        ('export suction --size 8x8 --weights w --out o', '--size is for x5, not for onnxruntime'),
        ('export jaw --target x5 --half --weights w --out o', 'is for onnxruntime, not for x5'),
        *(
            (f'export {given} --target x5 --weights w --out o', expected)
            for given, expected in (
                ('graspnet --size 8x8', '--size is for suction or jaw or gqcnn or'),
                ('jaw-evaluator --size 8x8', 'fcgqcnn-highres, not for jaw-evaluator'),
                (
                    'jaw --depth d --camera 1,1,1,1 --images 3',
                    '--images is for generated images, not for images of --depth',
                ),
                (
                    'graspnet --cloud c --images 3',
                    '--images is for generated images, not for clouds of --cloud',
                ),
                (
                    'graspnet --cloud c --camera 1,1,1,1',
                    '--camera is for images of --depth, not for clouds of --cloud',
                ),
                (
                    'suction --camera 1,1,1,1',
                    '--camera is for images of --depth, not for generated images',
                ),
                ('suction --mask m', '--mask is for images of --depth, not for generated images'),
                ('suction --depth d', '--depth needs --camera'),
                ('suction --depth d --camera 1,1,1,1 --mask a b', 'got 2 masks, expected 1 or'),
            )
        ),
        ('visualize . --views 3 --out o.png', '--views is for a GraspNet set, not for a set of'),
        ('generate suction --model m --out o', 'suction-trials or jaw-trials, not for suction'),
        ('generate jaw-trials --format views --out o', 'not for jaw-trials'),
        ('generate graspnet --views 3 --out o', '--views is for suction or jaw, not for graspnet'),
        (
            'generate jaw --format dexnet --val-scenes 1 --out o',
            '--val-scenes is for labelled views',
        ),
        *(
            (
                f'generate jaw --format dexnet --views v {given} --out o',
                'not for crops of labelled',
            )
            for given in ('--config c', '--meshes m', '--objects 0', '--train-scenes 1')
        ),
        *(
            (f'generate tolerances {given} --out o', 'not for tolerances')
            for given in ('--config c', '--meshes m', '--mesh-scale 1', '--seed 0', '--objects 1')
        ),
    ],
)
def test_an_option_without_use_is_refused(tmp_path, monkeypatch, capsys, arguments, expected):
    monkeypatch.chdir(tmp_path)
    assert main(arguments.split()) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert expected in line
    assert not list(tmp_path.iterdir())


def test_verbose_tells_what_is_loaded_and_how_long_it_took(scene, capsys):
    arguments = ['plan', 'suction', '--depth', str(scene / 'depth.npy'), '--camera', CAMERA]
    for words in (['--verbose', *arguments], [*arguments, '-v']):
        assert main([*words, '--out', str(scene / 'out')]) == 0
        told = capsys.readouterr().err
        assert 'evaluator.onnx is loaded, for gripper suction' in told
        assert 'milliseconds: ' in told
        assert 'gripper: that of the network' in told
    assert main([*arguments, '--out', str(scene / 'out')]) == 0
    assert not capsys.readouterr().err


def test_verbose_tells_where_a_mistake_was_found(scene, capsys):
    arguments = ['plan', 'suction', '--depth', str(scene / 'none.npy'), '--camera', CAMERA]
    assert main(['-v', *arguments, '--out', str(scene / 'out')]) == 2
    *traceback, line = capsys.readouterr().err.splitlines()
    assert 'none.npy' in line
    assert any(told.startswith('Traceback') for told in traceback)
