"""Files of a set, and which labels belong to which seed, against a search over everything."""

import re

import numpy as np
import pytest
from scipy.io import loadmat, savemat
from tiny_graspnet import block_labels, block_view, CAMERA, TINY, write_tiny_set

torch = pytest.importorskip('torch')

from dexnet_core.cli.main import main  # noqa: E402
from dexnet_core.datasets.graspnet.cloud_samples import (  # noqa: E402
    CloudSamples,
    CloudSettings,
    ViewNumber,
)
from dexnet_core.datasets.graspnet.cloud_surroundings import surroundings  # noqa: E402
from dexnet_core.datasets.graspnet_files.label_store import LabelStore  # noqa: E402
from dexnet_core.datasets.graspnet_files.set_layout import index_path, Layout  # noqa: E402
from dexnet_core.datasets.graspnet_files.set_reader import (  # noqa: E402
    read_index,
    read_labels,
    read_tolerance,
    read_view,
    read_views,
)
from dexnet_core.models.graspnet_backbone import ViewEstimator  # noqa: E402
from dexnet_core.planning.graspnet.approach_directions import grasp_views  # noqa: E402

STILL = CloudSettings(mirror=False, tilt_degrees=0.0)
TURNED = CloudSettings(mirror=True, tilt_degrees=30.0, roll_degrees=180.0)


def unseen(items, what, total):
    return items


@pytest.fixture
def layout(tmp_path):
    return write_tiny_set(tmp_path)


def samples_of(layout, settings=STILL, seed=0):
    source = layout, LabelStore(layout, (0, 1), unseen)
    views = [ViewNumber(scene, view) for scene in (0, 1) for view in (0, 1)]
    return CloudSamples(views, source, TINY, settings, seed)


def test_what_is_written_is_read(layout):
    view, expected = read_view(layout, 1, 1), block_view(0.3 + 0.7)
    np.testing.assert_allclose(view.depth, expected.depth, atol=0.5e-4)
    np.testing.assert_array_equal(view.instances, expected.instances)
    np.testing.assert_allclose(view.T_camera_object, expected.T_camera_object)
    assert view.camera == CAMERA
    assert view.object_ids.tolist() == [3]
    assert read_views(layout, 0) == (0, 1)
    assert dict(read_index(layout.root).splits) == {'train': (0, 1), 'val': (2,)}
    np.testing.assert_array_equal(read_labels(layout, 3).scores, block_labels().scores)


def test_without_an_index_the_published_splits_hold(layout):
    index_path(layout.root).unlink()
    (layout.root / 'scenes' / 'scene_0000' / 'kinect').mkdir()
    (layout.root / 'scenes' / 'scene_0131').mkdir()
    index = read_index(layout.root)
    assert index.camera == 'kinect'
    assert index.splits['train'] == (0, 1, 2)
    assert index.splits['test_similar'] == (131,)


def test_labels_of_each_seed_are_those_of_the_nearest_point_and_turned_view(layout):
    """Brute force: every point, every view, every turn."""
    labels, tolerance = block_labels(), np.load(layout.tolerance(3))
    sample = samples_of(layout, TURNED)[2]  # of scene 1, where the first point is out of reach
    targets = sample.targets
    cloud = sample.cloud.numpy()
    seeds = cloud[sample.around.levels[1].numpy()]
    turn = sample.targets.rotation[0].numpy().astype(float)
    T = block_view(0.3).T_camera_object[0]
    points = (labels.points @ T[:3, :3].T + T[:3, 3]) @ (turn @ T[:3, :3].T).T
    views = grasp_views().astype(float)
    for m, seed in enumerate(seeds):
        nearest = np.linalg.norm(points - seed, axis=1).argmin()
        matched = targets.views[m].long().numpy()
        turned = views @ turn.T
        for v in range(0, 300, 7):
            assert matched[v] == np.linalg.norm(turned - views[v], axis=1).argmin()
            for d in range(4):
                scores = labels.scores[nearest, matched[v], :, d].astype(float)
                if nearest == 0 or not (scores > 0).any():
                    assert targets.friction[m, v, d] == 0
                    continue
                best = np.where(scores > 0, scores, np.inf).argmin()
                assert targets.friction[m, v, d] == round(100 * scores[best])
                assert targets.angle[m, v, d] == best
                assert targets.width[m, v, d] == 100  # 5 cm
                borne = tolerance[nearest, matched[v], best, d]
                assert targets.tolerance[m, v, d] == round(4000 * borne)
    assert (targets.friction > 0).any()
    assert (np.linalg.norm(points - seeds[:, None], axis=2).argmin(axis=1) == 0).any()


def test_wide_grasps_and_colliding_ones_are_bad(layout):
    narrow = CloudSettings(mirror=False, tilt_degrees=0.0, maximum_width=0.045)
    assert not samples_of(layout, narrow)[0].targets.friction.any()
    assert samples_of(layout)[0].targets.friction.any()


def test_seeds_are_on_objects_where_the_mask_says(layout):
    sample = samples_of(layout)[1]
    depth = sample.cloud[sample.around.levels[1], 2]
    np.testing.assert_array_equal(sample.targets.on_object.numpy() == 1, depth.numpy() < 0.48)


def test_half_of_the_drawn_views_are_good_and_others_face_the_camera(layout):
    targets = samples_of(layout)[1].targets
    graspable = (targets.friction > 0).flatten(1).any(dim=1)
    friction = targets.turns.friction.flatten(1)
    good = ((friction > 0) & (friction <= 40)).any(dim=1)
    assert 0.3 < good[graspable].float().mean() < 0.9
    assert not friction[~graspable].any()
    assert (grasp_views()[targets.turns.view[~graspable].numpy(), 2] <= -0.5).all()


def test_every_turn_of_the_drawn_views_is_known(layout):
    targets = samples_of(layout, TURNED)[1].targets
    rows = torch.arange(len(targets.turns.view))
    for best, codes in zip(
        (targets.friction, targets.width, targets.tolerance), targets.turns[1:], strict=True
    ):
        best = best[rows, targets.turns.view]  # (m, 4), of the best turn
        turn = targets.angle[rows, targets.turns.view].long()
        held = targets.friction[rows, targets.turns.view] > 0
        assert held.any()
        found = codes.gather(1, turn[:, None])[:, 0]
        torch.testing.assert_close(found[held], best[held])
    friction = targets.turns.friction
    assert ((friction > 0).sum(dim=1) <= 2).all()  # only the turn across the block holds


def test_a_seed_decides_a_sample(layout):
    first, second = (samples_of(layout, TURNED, seed)[0].cloud for seed in (0, 0))
    torch.testing.assert_close(first, second, rtol=0, atol=0)
    assert not torch.equal(first, samples_of(layout, TURNED, 1)[0].cloud)
    later = samples_of(layout, TURNED)
    later.epoch = 1
    assert not torch.equal(first, later[0].cloud)


def test_prepared_surroundings_are_those_of_the_torch_operators(layout):
    cloud = samples_of(layout)[0].cloud
    torch.manual_seed(0)
    network = ViewEstimator(TINY).eval()
    around = surroundings(cloud.numpy(), TINY)
    batched = type(around)(*(tuple(part[None] for part in parts) for parts in around))
    with torch.no_grad():
        whole, known = network(cloud[None]), network.known(cloud[None], batched)
    torch.testing.assert_close(known.points, whole.points, rtol=0, atol=0)
    torch.testing.assert_close(known.view_score, whole.view_score)
    torch.testing.assert_close(known.objectness, whole.objectness)


def test_labels_are_made_once_and_again_when_files_change(layout):
    LabelStore(layout, (0,), unseen)
    cached = sorted((layout.root / 'cache').rglob('*.npy'))
    times = [path.stat().st_mtime_ns for path in cached]
    LabelStore(layout, (0,), unseen)
    assert [path.stat().st_mtime_ns for path in cached] == times
    tolerance = np.load(layout.tolerance(3))
    np.save(layout.tolerance(3), np.zeros_like(tolerance))
    grasps = LabelStore(layout, (0,), unseen).grasps(0, 3, np.arange(2))
    assert not grasps.tolerance.any()


def test_tolerances_that_a_set_lacks_are_made(layout, capsys):
    made = np.load(layout.tolerance(3))
    layout.tolerance(3).unlink()
    hint = f'does not exist: create it with dexnet generate tolerances --out {layout.root}'
    for attempt in (
        lambda: LabelStore(layout, (0,), unseen),
        lambda: read_tolerance(layout, 3, len(made)),
    ):
        with pytest.raises(FileNotFoundError, match=re.escape(hint)):
            attempt()
    words = ['generate', 'tolerances', '--workers', '1', '--out']
    assert main([*words, str(layout.root)]) == 0
    np.testing.assert_array_equal(np.load(layout.tolerance(3)), made)
    assert main([*words, str(layout.root / 'scenes')]) == 2
    assert 'has no files such as 000_labels.npz' in capsys.readouterr().err


def damage(layout, what):
    """Spoil one file of a set."""
    labels = dict(np.load(layout.grasp_labels(3)))
    if what == 'no labels':
        layout.grasp_labels(3).unlink()
    elif what == 'no tolerance':
        layout.tolerance(3).unlink()
    elif what == 'field':
        del labels['offsets']
        np.savez(layout.grasp_labels(3), **labels)
    elif what == 'views':
        np.savez(layout.grasp_labels(3), **{**labels, 'scores': labels['scores'][:, :299]})
    elif what == 'nan':
        labels['scores'][0, 0, 0, 0] = np.nan
        np.savez(layout.grasp_labels(3), **labels)
    elif what == 'points':
        hits = np.load(layout.collisions(0))['arr_0']
        np.savez(layout.collisions(0), arr_0=hits[:-1])
    elif what == 'objects':
        layout.object_list(0).write_text('3\n3\n')
    elif what == 'pickle':
        np.save(layout.tolerance(3), np.array([{}], object), allow_pickle=True)


@pytest.mark.parametrize(
    ('what', 'error', 'message'),
    [
        ('no labels', FileNotFoundError, '003_labels.npz'),
        ('no tolerance', FileNotFoundError, '003_tolerance.npy'),
        ('field', ValueError, '003_labels.npz.*offsets'),
        ('views', ValueError, r'003_labels.npz: scores.*\(15, 299, 12, 4\)'),
        ('nan', ValueError, '003_labels.npz: scores have NaN'),
        ('points', ValueError, '14 points of object 3, its labels have 15'),
        ('objects', ValueError, 'collision_labels.npz.*arr_1'),
        ('pickle', ValueError, '003_tolerance.npy is not a plain'),
    ],
)
def test_a_damaged_set_is_named(layout, what, error, message):
    damage(layout, what)
    with pytest.raises(error, match=message):
        LabelStore(layout, (0,), unseen)


def test_damaged_views_are_named(layout, tmp_path):
    path = layout.meta(0, 0)
    values = {key: array for key, array in loadmat(path).items() if key[0] != '_'}
    savemat(path, {**values, 'poses': values['poses'][:, :3]})
    with pytest.raises(ValueError, match=r'0000.mat.*\(3, 4, 1\)'):
        read_view(layout, 0, 0)
    savemat(path, {'poses': values['poses']})
    with pytest.raises(ValueError, match=r'0000\.mat lacks cls_indexes'):
        read_view(layout, 0, 0)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r'0000\.mat'):
        read_view(layout, 0, 0)
    with pytest.raises(FileNotFoundError, match='no depth images'):
        read_views(layout, 7)
    with pytest.raises(FileNotFoundError, match='neither index'):
        read_index(tmp_path / 'nothing')
    with pytest.raises(FileNotFoundError, match='object_id_list'):
        LabelStore(Layout(layout.root, 'kinect'), (9,), unseen)
