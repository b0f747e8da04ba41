"""Reading published crops: layouts, crop_cache, splits and every kind of damaged file."""

from dataclasses import replace
import os
import pickle

from dexnet_core.datasets.crops.crop_cache import open_crops
from dexnet_core.datasets.crops.release_files import find_source
from dexnet_core.datasets.crops.releases import DEXNET_2, DEXNET_3, DEXNET_4_SUCTION
from dexnet_core.datasets.crops.splits import split_rows
import numpy as np
import pytest

LAST = 7


def write_release(folder, release, files=3, rows=20):
    """Write a small data set in a release's layout; return images, poses and metric."""
    rng = np.random.default_rng(5)
    total = (files - 1) * rows + LAST
    shape = (total, release.crop, release.crop, 1)
    arrays = {
        release.image_field: rng.uniform(0.5, 0.8, shape).astype(np.float32),
        release.pose_field: rng.uniform(0.1, 1, (total, release.pose_width)).astype(np.float32),
        release.metric_field: rng.uniform(0, 2 * release.threshold, total),
        'obj_labels': np.arange(total) // 5,
        'pose_labels': np.arange(total) // 3,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        for k in range(files):
            part = array[k * rows : (k + 1) * rows]
            np.savez_compressed(folder / f'{name}_{k:05d}.npz', part)
    return list(arrays.values())[:3]


def spoil(path, change):
    """Replace the array of a file by what `change` makes of it."""
    with np.load(path) as archive:
        array = archive['arr_0']
    np.savez_compressed(path, change(array))


@pytest.mark.parametrize(
    ('release', 'below'),
    [
        (DEXNET_2, '.'),
        (DEXNET_3, 'tensors'),
        (DEXNET_3, 'dexnet_09_13_17/tensors'),
        (DEXNET_4_SUCTION, 'tensors'),
    ],
)
def test_each_layout_is_read_as_it_was_written(tmp_path, release, below):
    root = tmp_path / 'suction' / 'set'
    images, poses, metric = write_release(root / below, release)
    crops = open_crops(root)
    assert crops.release == release
    everything = np.arange(len(metric))
    assert len(crops) == len(metric)
    np.testing.assert_array_equal(crops.images.read(everything), images[..., 0])
    np.testing.assert_array_equal(crops.poses.read(everything), poses)
    np.testing.assert_array_equal(crops.metric.read(everything), metric.astype(np.float32))
    np.testing.assert_array_equal(crops.network_poses(everything), poses[:, release.pose_columns])


def test_rows_come_in_the_order_asked_for(tmp_path):
    images, _, _ = write_release(tmp_path, DEXNET_2)
    rows = np.array([30, 2, 2, 46, 0])
    np.testing.assert_array_equal(open_crops(tmp_path).images.read(rows), images[rows, ..., 0])


def test_a_second_start_reads_no_published_array(tmp_path, monkeypatch):
    write_release(tmp_path, DEXNET_2)
    first = open_crops(tmp_path)
    monkeypatch.setattr('dexnet_core.datasets.crops.crop_cache.read_shard', None)
    assert len(open_crops(tmp_path)) == len(first)


def test_changed_files_are_unpacked_again(tmp_path):
    write_release(tmp_path, DEXNET_2)
    open_crops(tmp_path)
    spoil(tmp_path / 'robust_ferrari_canny_00001.npz', np.zeros_like)
    assert not open_crops(tmp_path).metric.read(np.arange(20, 40)).any()


def test_a_killed_build_goes_on(tmp_path, monkeypatch):
    images, _, _ = write_release(tmp_path, DEXNET_2)
    from dexnet_core.datasets.crops import crop_cache

    read, seen = crop_cache.read_shard, []

    def read_until_killed(source, number):
        if number == 2 and 'again' not in seen:
            raise MemoryError
        seen.append(number)
        return read(source, number)

    monkeypatch.setattr(crop_cache, 'read_shard', read_until_killed)
    with pytest.raises(MemoryError):
        open_crops(tmp_path)
    assert not (tmp_path / 'cache').exists()
    seen.append('again')
    crops = open_crops(tmp_path)
    assert seen == [0, 1, 'again', 2]
    np.testing.assert_array_equal(crops.images.read(np.arange(len(crops))), images[..., 0])


def test_several_threads_build_the_same(tmp_path):
    images, _, _ = write_release(tmp_path, DEXNET_2)
    crops = open_crops(tmp_path, workers=2)
    np.testing.assert_array_equal(crops.images.read(np.arange(len(crops))), images[..., 0])


def test_a_full_disk_is_said_and_leaves_no_cache(tmp_path, monkeypatch):
    write_release(tmp_path, DEXNET_2)

    def full(*_):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(os, 'posix_fallocate', full)
    with pytest.raises(OSError, match='No space'):
        open_crops(tmp_path)
    monkeypatch.undo()
    assert len(open_crops(tmp_path)) == 47


def test_mapped_rows_travel_to_other_processes_as_a_path(tmp_path):
    write_release(tmp_path, DEXNET_2)
    crops = open_crops(tmp_path)
    sent = pickle.dumps(crops)
    assert len(sent) < 5000
    rows = np.arange(5)
    np.testing.assert_array_equal(pickle.loads(sent).images.read(rows), crops.images.read(rows))


def test_crops_begin_with_a_page(tmp_path):
    write_release(tmp_path, DEXNET_2)
    open_crops(tmp_path)
    assert np.load(tmp_path / 'cache' / 'images.npy', mmap_mode='r').offset == 4096


def test_rows_without_an_approach_angle_are_dropped_and_counted(tmp_path):
    write_release(tmp_path, DEXNET_3)

    def without_angle(poses):
        poses[[3, 9], 3] = np.nan, np.inf
        return poses

    spoil(tmp_path / 'hand_poses_00001.npz', without_angle)
    crops = open_crops(tmp_path)
    np.testing.assert_array_equal(crops.dropped, [23, 29])
    assert len(crops) == 47
    assert len(crops.rows) == 45
    for kind in ('object', 'pose', 'image', 'ordered'):
        split = split_rows(crops, kind)
        np.testing.assert_array_equal(np.sort(np.concatenate(split)), crops.rows)


def set_nan(array):
    array[4] = np.nan
    return array


@pytest.mark.parametrize(
    ('name', 'change', 'message'),
    [
        ('robust_ferrari_canny_00001.npz', set_nan, 'not finite in 1 rows, first in row 4'),
        ('hand_poses_00000.npz', set_nan, 'not finite'),
        ('depth_ims_tf_table_00002.npz', set_nan, 'not finite'),
        ('depth_ims_tf_table_00001.npz', lambda a: a[:-1], '19 rows, expected 20 as in'),
        ('hand_poses_00002.npz', lambda a: a[:-1], '6 rows, expected 7'),
        ('hand_poses_00001.npz', lambda a: a[:, :6], 'expected'),
        ('depth_ims_tf_table_00001.npz', lambda a: a[:, :16], 'expected'),
        ('robust_ferrari_canny_00000.npz', lambda a: a.astype(str), 'expected numbers'),
        ('depth_ims_tf_table_00002.npz', lambda a: 1000 * a, 'over 6.. m .* in millimetres'),
    ],
)
def test_a_wrong_array_is_named(tmp_path, name, change, message):
    write_release(tmp_path, DEXNET_2)
    spoil(tmp_path / name, change)
    with pytest.raises(ValueError, match=f'{name}.*{message}'):
        open_crops(tmp_path)


def test_a_truncated_file_is_named(tmp_path):
    write_release(tmp_path, DEXNET_2)
    path = tmp_path / 'depth_ims_tf_table_00001.npz'
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=path.name):
        open_crops(tmp_path)


def test_a_pickle_is_not_loaded(tmp_path):
    write_release(tmp_path, DEXNET_2)
    path = tmp_path / 'hand_poses_00001.npz'
    np.savez(path, np.array([object()]))
    with pytest.raises(ValueError, match=path.name):
        open_crops(tmp_path)


@pytest.mark.parametrize(
    'name', ['depth_ims_tf_table_00000.npz', 'hand_poses_00001.npz', 'obj_labels_00002.npz']
)
def test_a_missing_file_is_named(tmp_path, name):
    write_release(tmp_path, DEXNET_2)
    (tmp_path / name).unlink()
    with pytest.raises(ValueError, match=f'lacks {name}'):
        find_source(tmp_path)


def test_a_misnamed_file_is_named(tmp_path):
    write_release(tmp_path, DEXNET_2)
    (tmp_path / 'hand_poses_00001.npz').rename(tmp_path / 'hand_poses_00001 (1).npz')
    with pytest.raises(ValueError, match=r'hand_poses_00001 \(1\).npz is misnamed'):
        find_source(tmp_path)


@pytest.mark.parametrize('field', ['depth_ims_tf_table', 'robust_ferrari_canny'])
def test_a_missing_field_is_named(tmp_path, field):
    write_release(tmp_path, DEXNET_2)
    for path in tmp_path.glob(f'{field}_*.npz'):
        path.unlink()
    with pytest.raises(ValueError, match=f'lacks.*{field}'):
        find_source(tmp_path)


def test_no_folder_no_file_no_release(tmp_path):
    with pytest.raises(ValueError, match=r'have no \.npz files'):
        find_source(tmp_path)
    with pytest.raises(FileNotFoundError, match='nowhere'):
        find_source(tmp_path / 'nowhere')
    write_release(tmp_path / '4', replace(DEXNET_4_SUCTION, crop=96), files=1)
    with pytest.raises(ValueError, match='dexnet_4_jaw, dexnet_4_suction'):
        find_source(tmp_path / '4')
    assert find_source(tmp_path / '4', 'dexnet_4_suction').release == DEXNET_4_SUCTION
    with pytest.raises(ValueError, match='dexnet_5'):
        find_source(tmp_path / '4', 'dexnet_5')


@pytest.mark.parametrize(('kind', 'label'), [('object', 'object_labels'), ('pose', 'pose_labels')])
def test_a_group_is_on_one_side_only(tmp_path, kind, label):
    write_release(tmp_path, DEXNET_2)
    crops = open_crops(tmp_path)
    split = split_rows(crops, kind, val_share=0.3)
    train, val = (set(crops.label(label)[rows]) for rows in split)
    assert not train & val
    assert len(val) == round(0.3 * len(train | val))
    again, other = (split_rows(crops, kind, 0.3, seed) for seed in (0, 1))
    np.testing.assert_array_equal(split.val, again.val)
    assert set(split.val) != set(other.val)


def test_ordered_takes_the_first_fifth_and_image_any(tmp_path):
    write_release(tmp_path, DEXNET_2)
    crops = open_crops(tmp_path)
    np.testing.assert_array_equal(split_rows(crops, 'ordered').val, np.arange(10))
    val = split_rows(crops, 'image').val
    assert len(val) == round(0.2 * 47)
    assert val.max() > 10


def test_published_indices_are_taken_as_they_are(tmp_path):
    write_release(tmp_path / 'tensors', DEXNET_2)
    folder = tmp_path / 'splits' / 'image_wise'
    folder.mkdir(parents=True)
    np.savez_compressed(folder / 'train_indices.npz', np.arange(2, 40))
    np.savez_compressed(folder / 'val_indices.npz', np.arange(40, 47))
    crops = open_crops(tmp_path)
    split = split_rows(crops, 'image_wise')
    assert (split.train.min(), split.train.max(), split.val.min()) == (2, 39, 40)
    np.savez_compressed(folder / 'val_indices.npz', np.arange(40, 48))
    with pytest.raises(ValueError, match=r'val_indices.npz has row indices 40 to 47'):
        split_rows(crops, 'image_wise')
    np.savez_compressed(folder / 'val_indices.npz', np.arange(39, 47))
    with pytest.raises(ValueError, match='both train and val'):
        split_rows(crops, 'image_wise')
    with pytest.raises(ValueError, match="'scene_wise'"):
        split_rows(crops, 'scene_wise')


def test_a_split_needs_its_labels(tmp_path):
    write_release(tmp_path, DEXNET_2)
    for path in tmp_path.glob('obj_labels_*'):
        path.unlink()
    with pytest.raises(ValueError, match=r'has no object_labels.*; expected the split image$'):
        split_rows(open_crops(tmp_path), 'object')
    (tmp_path / 'splits' / 'image_wise').mkdir(parents=True)
    with pytest.raises(ValueError, match=r'expected the split image_wise or image$'):
        split_rows(open_crops(tmp_path), 'object')
