"""Reports on model files: their numbers are those of a slow count, their inputs are checked."""

import json

from dexnet_core.cli.main import main
from dexnet_core.datasets.crops.crop_cache import open_crops
from dexnet_core.datasets.views.candidate_crops import candidate_crops
from dexnet_core.datasets.views.candidates import Candidates, draw_candidates, gripper_of_views
from dexnet_core.datasets.views.jaw_labeller import JawGenerationConfig
from dexnet_core.datasets.views.stored_views import read_view, view_path
from dexnet_core.datasets.views.suction_labeller import SuctionGenerationConfig
from dexnet_core.evaluation.reports.candidate_scorers import open_candidate_scorer
from dexnet_core.evaluation.reports.crop_models import open_crop_models, score_rows
from dexnet_core.evaluation.reports.padding import _image
from dexnet_core.evaluation.reports.pictures import draw_lines
from dexnet_core.planning.contracts.crop_contract import CropScale
from dexnet_core.planning.networks.session import open_session
from dexnet_core.planning.perception.object_image import level_of
from dexnet_core.planning.perception.segment import SegmentedImage
from dexnet_core.planning.planners.crop_scorer import CropScorer
from dexnet_core.planning.planners.scorer import ViewScorer
import numpy as np
import pytest
from tiny_analysis import CAMERA, TABLE_DEPTH, TOP_DEPTH, write_models, write_views

pytestmark = pytest.mark.filterwarnings('ignore')  # of the exporter, about itself


@pytest.fixture(scope='module')
def views(tmp_path_factory):
    root = tmp_path_factory.mktemp('views')
    write_views(root / 'suction', (), SuctionGenerationConfig())
    write_views(root / 'jaw', (16, 3), JawGenerationConfig())
    return root


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp('models')
    write_models(folder)
    return folder


@pytest.fixture(scope='module')
def crops(views, tmp_path_factory):
    """Crops cut from the views of both grippers."""
    root = tmp_path_factory.mktemp('crops')
    for gripper in ('suction', 'jaw'):
        given = ['generate', gripper, '--format', 'dexnet', '--views', views / gripper]
        options = ['--per-view', '20', '--workers', '1', '--out', root / gripper]
        assert main(list(map(str, given + options))) == 0
    return root


@pytest.fixture
def folders(files, views, crops):
    """Short names of the folders of models, views and crops."""
    return {'M/': f'{files}/', 'C/': f'{crops}/', 'V/': f'{views}/'}


def analyze(*arguments):
    return main(['analyze', *map(str, arguments)])


def test_crops_of_views_are_centred_on_labelled_pixels(views, crops):
    images = np.load(crops / 'suction/tensors/depth_ims_tf_table_00000.npz')['arr_0'][..., 0]
    metric = np.load(crops / 'suction/tensors/robust_suction_wrench_resistance_00000.npz')['arr_0']
    assert len(images) == 4 * 20  # views without a label give none
    assert np.isin(metric, np.float32([0, 0.9])).all()
    assert (metric > 0.2).mean() == 0.5
    jaws = np.load(crops / 'jaw/tensors/robust_ferrari_canny_00000.npz')['arr_0']
    assert (jaws > 0.002).mean() == 0.5
    assert images.mean() == pytest.approx(0.7, abs=0.01)
    middle, rim = images[:, 14:18, 14:18].mean(), images[:, ::31, ::31].mean()
    assert middle < rim  # the box is nearer than the table
    poses = np.load(crops / 'jaw/tensors/hand_poses_00000.npz')['arr_0']
    assert np.unique(np.round(poses[:, 3] * 16 / np.pi)).size > 8


def test_candidates_know_where_and_how_the_gripper_is(views):
    stored = read_view(view_path(views / 'jaw', 'val', 0, 0))
    segmented = SegmentedImage(stored.depth, stored.object_mask, stored.camera)
    gripper = gripper_of_views(views / 'jaw', 'jaw')
    chosen = Candidates(np.array([[60.0, 60.0], [60.0, 60.0]]), np.array([2, 24]), np.zeros(2))
    found = candidate_crops(segmented, chosen, gripper, CropScale())
    assert found.turns == pytest.approx([0, np.pi / 2])
    assert found.depths + found.level == pytest.approx([TOP_DEPTH + 0.026, TOP_DEPTH + 0.006])
    assert found.relief[:, 15:17, 15:17] + found.level == pytest.approx(TOP_DEPTH, abs=1e-4)
    drawn = draw_candidates(stored, segmented, 10**9, np.random.default_rng(0))
    assert len(drawn.quality) == stored.labels.quality.size
    assert drawn.quality.sum() == pytest.approx(stored.labels.quality.sum(), rel=1e-5)


def test_crops_of_data_are_those_that_a_planner_shows(files, views):
    stored = read_view(view_path(views / 'suction', 'val', 0, 0))
    segmented = SegmentedImage(stored.depth, stored.object_mask, stored.camera)
    session = open_session(files / 'crop.onnx')
    prepared = CropScorer(session).prepare(segmented)
    pixels = prepared.grid.pixels_of_cells(prepared.cells[[2, 1]].T)
    chosen = Candidates(pixels, np.zeros(len(pixels), int), np.zeros(len(pixels)))
    gripper = gripper_of_views(views / 'suction', 'suction')
    found = candidate_crops(segmented, chosen, gripper, session.contract.scale)
    shown = prepared.inputs[0][:, 0] * session.contract.std
    assert len(shown) > 20
    np.testing.assert_allclose(found.relief, shown, atol=1e-6)


def test_model_report(files, crops, tmp_path, capsys):
    given = ['models', files / 'crop.onnx', files / 'pose.onnx', '--data', crops / 'suction']
    assert analyze(*given, '--split', 'object_wise', '--no-timing', '--out', tmp_path) == 0
    facts = json.loads((tmp_path / 'report.json').read_text())
    assert set(facts['networks']) == {'crop', 'pose'}
    whole, parts = facts['networks']['crop'], facts['objects']['crop']
    assert sum(part['count'] for part in parts.values()) == whole['count'] == 40
    assert sum(part['positives'] * part['count'] for part in parts.values()) == 20
    assert sum(facts['reliability']['crop']['count']) == 40
    assert {path.name for path in tmp_path.glob('*.png')} == {'pr.png', 'reliability.png'}
    assert 'made for other data' in capsys.readouterr().out


def test_crops_and_poses_are_normalised_by_the_contract(files, crops):
    stored = open_crops(crops / 'suction')
    (model,) = open_crop_models([files / 'pose.onnx'])
    rows = np.array([70, 3, 41])
    images = (stored.images.read(rows) - 0.7) / 0.03
    poses = (stored.network_poses(rows) - [0.7, 0.3]) / [0.1, 0.2]
    one_by_one = [
        model.session.run(
            *(part[k : k + 1].astype(np.float32) for part in (images[:, None], poses))
        )
        for k in range(3)
    ]
    scored = score_rows(model, stored, rows, lambda items, what, total: items)
    assert scored == pytest.approx(np.concatenate(one_by_one), abs=1e-6)


def test_speed_is_drawn(files, crops, tmp_path, monkeypatch):
    monkeypatch.setattr('dexnet_core.evaluation.reports.model_report._BEYOND', (4, 8))
    monkeypatch.setattr('dexnet_core.evaluation.reports.model_report._BATCHES', (1, 2))
    (tmp_path / 'twin.onnx').write_bytes((files / 'crop.onnx').read_bytes())
    models = files / 'crop.onnx', tmp_path / 'twin.onnx', files / 'map.onnx'
    drawn = []

    def draw(path, lines, *labels, **scale):
        drawn.append(set(lines))
        draw_lines(path, lines, *labels, **scale)

    monkeypatch.setattr('dexnet_core.evaluation.reports.model_report.draw_lines', draw)
    given = ['models', *models, '--data', crops / 'suction']
    assert analyze(*given, '--split', 'object_wise', '--out', tmp_path) == 0
    facts = json.loads((tmp_path / 'report.json').read_text())
    assert set(facts['networks']) == {'crop', 'twin'}  # a heat map is only timed
    assert 'only timed here' in (tmp_path / 'report.md').read_text()
    ways = [row['how'] for row in facts['speed']]
    assert ways == 2 * (['crops'] * 2 + ['sliding window'] * 2) + ['heat map'] * 2
    both = {f'{name}, {how}' for name in ('crop', 'twin') for how in ('crops', 'sliding window')}
    assert drawn == [{*both, 'tiny 1, heat map'}]
    assert (tmp_path / 'scaling.png').stat().st_size > 0


@pytest.mark.parametrize(('gripper', 'model'), [('suction', 'pose'), ('jaw', 'jaw')])
def test_angle_report(files, crops, tmp_path, gripper, model):
    given = ['angle', files / f'{model}.onnx', '--data', crops / gripper, '--bins', 3]
    assert analyze(*given, '--split', 'object_wise', '--out', tmp_path) == 0
    facts = json.loads((tmp_path / 'report.json').read_text())
    counts = [part['metrics'][model]['count'] for part in facts['parts']]
    assert sum(counts) == 40
    edges = [value for part in facts['parts'] for value in (part['low'], part['high'])]
    assert edges == sorted(edges)
    assert facts['unit'] == {'suction': 'degrees', 'jaw': 'm'}[gripper]


def test_padding_report(files, views, tmp_path):
    given = ['padding', 'suction', '--crop', files / 'crop.onnx', '--map', files / 'map.onnx']
    assert analyze(*given, '--data', views / 'suction', '--views', 1, '--out', tmp_path) == 0
    facts = json.loads((tmp_path / 'report.json').read_text())
    assert 0 < facts['difference']['mean'] <= facts['difference']['most'] <= 1
    assert set(facts['average_precision']) == {'crop', 'map'}
    assert {path.name for path in tmp_path.glob('*.png')} == {'maps.png', 'pr.png'}


@pytest.mark.parametrize(
    ('gripper', 'models'), [('suction', ('view', 'crop', 'pose')), ('jaw', ('jaw_view', 'jaw'))]
)
def test_comparison(files, views, tmp_path, gripper, models):
    paths = [files / f'{name}.onnx' for name in models]
    given = ['compare', gripper, '--data', views / gripper, '--models', *paths]
    assert analyze(*given, '--candidates', 30, '--out', tmp_path) == 0
    facts = json.loads((tmp_path / 'report.json').read_text())
    assert facts['candidates'] == 60
    compact, *singles = facts['networks']
    assert compact['cost']['parameters'] == {'view': 17, 'jaw_view': 48 * 17}[models[0]]
    for row in singles:
        assert row['cost']['multiply_adds'] >= 2 * 25 * 32 * 32 + 2 * 32 * 32
        assert 0 <= row['metrics']['average_precision'] <= 1
    # each cell off the objects costs as much as one on them
    assert compact['cost']['multiply_adds'] > 16


def test_compact_networks_are_read_at_the_candidates_own_cell(files, views):
    stored = read_view(view_path(views / 'suction', 'val', 0, 0))
    segmented = SegmentedImage(stored.depth, stored.object_mask, stored.camera)
    gripper = gripper_of_views(views / 'suction', 'suction')
    candidates = draw_candidates(stored, segmented, 50, np.random.default_rng(0))
    answer = open_candidate_scorer(files / 'view.onnx', gripper).score(segmented, candidates)
    scorer = ViewScorer(open_session(files / 'view.onnx'))
    prepared = scorer.prepare(segmented)
    cells = scorer.score(prepared)[0]
    rows, columns = np.indices(cells.shape)
    centres = prepared.grid.pixels_of_cells(np.column_stack([columns.ravel(), rows.ravel()]))
    apart = np.linalg.norm(candidates.pixels[:, None] - centres, axis=2)
    assert answer.quality == pytest.approx(cells.ravel()[apart.argmin(axis=1)])


@pytest.mark.parametrize(
    ('arguments', 'expected'),
    [
        (('models', 'M/none.onnx', '--data', 'C/suction'), 'none.onnx does not exist'),
        (('models', 'M/jaw.onnx', '--data', 'C/suction'), 'is for gripper parallel_jaw'),
        (('models', 'M/view.onnx', '--data', 'C/suction'), 'is no crop network'),
        (('models', 'M/map.onnx', '--data', 'C/suction'), 'got heat maps only: '),
        (('models', 'M/jaw.onnx', 'M/jaw.onnx', '--data', 'C/jaw'), 'all different'),
        (('models', 'M/crop.onnx', '--data', 'C/nowhere'), 'nowhere'),
        (('angle', 'M/crop.onnx', '--data', 'C/suction', '--bins', '0'), 'bins is 0'),
        (('compare', 'jaw', '--data', 'V/jaw', '--models', 'M/view.onnx'), 'gripper suction'),
        (('compare', 'jaw', '--data', 'V/jaw', '--models', 'M/other_view.onnx'), '8 directions'),
        (('compare', 'jaw', '--data', 'V/suction', '--models', 'M/jaw.onnx'), 'dataset.json'),
        (('compare', 'jaw', '--data', 'V/none', '--models', 'M/jaw.onnx'), 'No such file'),
        (('compare', 'suction', '--data', 'V/suction', '--models', 'M/map.onnx'), 'heat map'),
        (
            ('compare', 'jaw', '--data', 'V/jaw', '--models', 'M/jaw.onnx', '--candidates', '0'),
            '0 candidates',
        ),
        (
            (
                *('padding', 'suction', '--data', 'V/suction'),
                *('--crop', 'M/pose.onnx', '--map', 'M/map.onnx'),
            ),
            'without pose inputs',
        ),
    ],
    ids=lambda value: '' if isinstance(value, tuple) else value,
)
def test_a_mistake_is_one_line(folders, tmp_path, capsys, arguments, expected):
    for short, folder in folders.items():
        arguments = [argument.replace(short, folder) for argument in arguments]
    split = ['--split', 'object_wise'] if arguments[0] in ('models', 'angle') else []
    capsys.readouterr()
    assert analyze(*arguments, *split, '--out', tmp_path / 'out') == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith('dexnet: ')
    assert expected in line
    assert not (tmp_path / 'out').exists()


def test_views_without_a_good_candidate_are_refused(files, views, tmp_path, capsys):
    write_views(tmp_path / 'bad', (), SuctionGenerationConfig())
    for path in (tmp_path / 'bad').glob('views/val/*.npz'):
        stored = dict(np.load(path))
        stored['quality'][:] = 0
        np.savez_compressed(path, **stored)
    given = ['compare', 'suction', '--data', tmp_path / 'bad', '--models', files / 'view.onnx']
    assert analyze(*given, '--out', tmp_path / 'out') == 2
    assert 'include no good one' in capsys.readouterr().err


def test_cells_of_padding_lie_where_their_crops_are(files, views):
    """The middle of each cell's crop shows the depth of the pixel that the grid says."""
    stored = read_view(view_path(views / 'suction', 'val', 0, 0))
    v, u = np.indices(CAMERA.shape)
    slanted = (TABLE_DEPTH + 1e-4 * u + 3e-4 * v).astype(np.float32)
    segmented = SegmentedImage(slanted, stored.object_mask, stored.camera)
    contract = open_session(files / 'crop.onnx').contract
    image, grid = _image(segmented, contract, 2)
    level = level_of(slanted, segmented, contract.scale)
    rows, columns = np.mgrid[: (len(image) - 32) // 2 + 1, : (len(image) - 32) // 2 + 1]
    pixels = grid.pixels_of_cells(np.column_stack([columns.ravel(), rows.ravel()]))
    inside = ((pixels > 4) & (pixels < [155, 115])).all(axis=1)
    expected = TABLE_DEPTH + pixels[inside] @ [1e-4, 3e-4]
    middle = (image[15:-16:2, 15:-16:2] + image[16:-15:2, 16:-15:2]) / 2 + level
    assert inside.sum() > 100
    assert middle.ravel()[inside] == pytest.approx(expected, abs=2.1e-4)


@pytest.mark.parametrize(
    ('arguments', 'expected'),
    [
        (('suction', '--views', 'V/suction'), 'expected --format dexnet'),
        (('jaw', '--format', 'dexnet', '--views', 'V/suction'), 'dataset.json'),
        (('jaw', '--format', 'dexnet', '--views', 'V/none'), 'No such file'),
        (('jaw', '--format', 'dexnet', '--views', 'V/jaw', '--per-view', '0'), 'per_view is 0'),
    ],
    ids=lambda value: '' if isinstance(value, tuple) else value,
)
def test_views_that_give_no_crops_are_refused(folders, tmp_path, capsys, arguments, expected):
    given = [argument.replace('V/', folders['V/']) for argument in arguments]
    assert main(['generate', *given, '--workers', '1', '--out', str(tmp_path / 'out')]) == 2
    assert expected in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('what', ['no file', 'no label'])
def test_empty_sets_of_views_are_refused(files, tmp_path, capsys, what):
    write_views(tmp_path / 'views', (), SuctionGenerationConfig())
    for path in (tmp_path / 'views').glob('views/val/*.npz'):
        if what == 'no file' or path.stem != 'scene_000002_0':
            path.unlink()
    given = ['compare', 'suction', '--data', tmp_path / 'views', '--models', files / 'view.onnx']
    assert analyze(*given, '--out', tmp_path / 'out') == 2
    expected = {'no file': 'holds no val views', 'no label': 'no labelled pixel in 1 validation'}
    assert expected[what] in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()
