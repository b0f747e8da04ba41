"""Our own data in the published files: round trips, kills and full disks."""

from dataclasses import replace
import json

from dexnet_core.datasets.crops.crop_cache import open_crops
from dexnet_core.datasets.crops.crop_writer import GraspRows, no_rows, TensorWriter, Unit
from dexnet_core.datasets.crops.releases import DEXNET_2, DEXNET_3
from dexnet_core.datasets.crops.splits import split_rows
from dexnet_core.geometry.array_records import concatenated
import numpy as np
import pytest

SHORT = replace(DEXNET_3, rows_per_file=100)
COUNTS = (70, 0, 90, 210, 13)
SPLITS = ('train', 'test', 'val', 'train', 'train')


def plain(items, what, total):
    return items


def made(number):
    """The rows of a unit, decided by its number."""
    rng, count = np.random.default_rng(number), COUNTS[number]
    labels = [np.full(count, k, np.uint32) for k in (1, number, 10 * number, 100 * number)]
    return GraspRows(
        rng.uniform(0.5, 0.7, (count, 32, 32)).astype(np.float32),
        rng.uniform(0, 1, (count, 7)).astype(np.float32),
        rng.uniform(0, 1, count).astype(np.float32),
        *labels,
        np.tile(np.array([525, 525, 299.5, 299.5], np.float32), (count, 1)),
        np.tile(np.arange(7, dtype=np.float32), (count, 1)),
    )


def stage(root, numbers=range(5)):
    writer = TensorWriter(root, SHORT)
    for number in numbers:
        writer.stage(Unit(number, f'thing_{number}', SPLITS[number]), made(number))
    return writer


def contents(root):
    return {path.relative_to(root): path.read_bytes() for path in root.rglob('*.*')}


def test_what_is_written_is_read_again(tmp_path):
    assert stage(tmp_path).assemble(range(5), plain) == sum(COUNTS)
    crops = open_crops(tmp_path)
    expected = concatenated(made(number) for number in range(5))
    everything = np.arange(len(crops))
    assert crops.release == DEXNET_3
    np.testing.assert_array_equal(crops.images.read(everything), expected.images)
    np.testing.assert_array_equal(crops.poses.read(everything), expected.poses)
    np.testing.assert_array_equal(crops.metric.read(everything), expected.metric)
    for name, numbers in (
        ('object_labels', expected.obj_labels),
        ('pose_labels', expected.pose_labels),
        ('image_labels', expected.image_labels),
    ):
        np.testing.assert_array_equal(crops.label(name), numbers)


def test_files_are_those_of_the_published_layout(tmp_path):
    stage(tmp_path).assemble(range(5), plain)
    names = {path.name for path in (tmp_path / 'tensors').iterdir()}
    fields = {name.rsplit('_', 1)[0] for name in names}
    assert len(names) == 4 * len(fields)
    with np.load(tmp_path / 'tensors' / 'depth_ims_tf_table_00003.npz') as archive:
        assert archive['arr_0'].shape == (sum(COUNTS) - 300, 32, 32, 1)
    config = json.loads((tmp_path / 'config.json').read_text())
    assert config['datapoints_per_file'] == 100
    assert set(config['fields']) == fields
    image = {'dtype': 'float32', 'height': 32, 'width': 32, 'channels': 1}
    assert config['fields']['depth_ims_tf_table'] == image
    assert config['fields']['hand_poses'] == {'dtype': 'float32', 'height': 7}
    metadata = json.loads((tmp_path / 'metadata.json').read_text())
    assert metadata['objects']['thing_3'] == 3
    assert not (tmp_path / 'staging').exists()


def test_the_split_is_by_object_as_the_units_say(tmp_path):
    stage(tmp_path).assemble(range(5), plain)
    crops = open_crops(tmp_path)
    split = split_rows(crops, 'object_wise')
    assert set(crops.label('object_labels')[split.val]) == {2}
    assert len(split.train) == sum(COUNTS) - COUNTS[2]


def test_the_order_of_work_does_not_show(tmp_path):
    stage(tmp_path / 'a').assemble(range(5), plain)
    stage(tmp_path / 'b', (3, 0, 4, 1, 2)).assemble(range(5), plain)
    assert contents(tmp_path / 'a') == contents(tmp_path / 'b')


@pytest.mark.parametrize('calls', [1, 7, 20, 36, 38])
def test_a_full_disk_leaves_no_half_set_and_is_made_good(tmp_path, monkeypatch, calls):
    stage(tmp_path / 'whole').assemble(range(5), plain)
    writer = stage(tmp_path / 'full')
    save, left = np.savez_compressed, [calls]

    def half_written(path, **arrays):
        left[0] -= 1
        if not left[0]:
            path.write_bytes(b'PK half an archive')
            raise OSError(28, 'No space left on device')
        save(path, **arrays)

    monkeypatch.setattr(np, 'savez_compressed', half_written)
    with pytest.raises(OSError, match='No space'):
        writer.assemble(range(5), plain)
    assert not writer.complete
    with pytest.raises(ValueError, match=r'have no \.npz files'):
        open_crops(tmp_path / 'full')
    monkeypatch.undo()
    left_by_a_kill = tmp_path / 'full' / 'tensors.partial' / '.hand_poses_00000.7.npz'
    left_by_a_kill.write_bytes(b'PK')
    writer.assemble(range(5), plain)
    assert writer.complete
    assert contents(tmp_path / 'full') == contents(tmp_path / 'whole')


def test_a_unit_is_staged_whole_or_not_at_all(tmp_path, monkeypatch):
    def half_written(path, **arrays):
        path.write_bytes(b'PK')
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(np, 'savez_compressed', half_written)
    with pytest.raises(OSError, match='No space'):
        stage(tmp_path, [0])
    monkeypatch.undo()
    assert not TensorWriter(tmp_path, SHORT).staged(0)
    assert stage(tmp_path, [0]).staged(0)


def test_a_damaged_unit_is_named(tmp_path):
    writer = stage(tmp_path)
    path = tmp_path / 'staging' / 'unit_000002.npz'
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(ValueError, match=r'unit_000002\.npz'):
        writer.assemble(range(5), plain)


def test_bad_rows_are_refused(tmp_path):
    writer, rows = TensorWriter(tmp_path, DEXNET_2), made(0)
    unit = Unit(0, 'thing', 'train')
    with pytest.raises(ValueError, match=r'poses is \(69, 7\)'):
        writer.stage(unit, rows._replace(poses=rows.poses[1:]))
    with pytest.raises(ValueError, match=r'images is .*float64'):
        writer.stage(unit, rows._replace(images=rows.images.astype(float)))
    with pytest.raises(ValueError, match='metric is not finite'):
        writer.stage(unit, rows._replace(metric=np.full_like(rows.metric, np.nan)))
    assert not writer.staged(0)


def test_a_set_without_any_row_is_refused(tmp_path):
    writer = TensorWriter(tmp_path, DEXNET_2)
    writer.stage(Unit(0, 'sphere', 'train'), no_rows(DEXNET_2))
    with pytest.raises(ValueError, match='none of 1 objects'):
        writer.assemble(range(1), plain)
