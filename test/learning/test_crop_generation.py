"""Generated crops against the geometry they were made from."""

from dataclasses import replace

from dexnet_core.datasets.crops.crop_cache import open_crops
from dexnet_core.datasets.crops.crop_generation import generate_crops, object_of, rows_of
from dexnet_core.datasets.crops.crop_jaw import JawCropConfig, JawGrasps
from dexnet_core.datasets.crops.crop_suction import SuctionCropConfig, SuctionGrasps
from dexnet_core.datasets.crops.crop_view import CameraRange, draw_camera
from dexnet_core.datasets.crops.crop_writer import no_rows, TensorWriter, Unit
from dexnet_core.datasets.crops.splits import split_rows
from dexnet_core.geometry.array_records import concatenated
from dexnet_core.geometry.camera import project
from dexnet_core.geometry.transform import invert, rotation_of, transform_points
from dexnet_core.simulation.objects.grasp_object import grasp_object
from dexnet_core.simulation.scenes.scene import Scene, SceneObject
import numpy as np
import pytest
import trimesh

SMALL = {'objects': 5, 'poses': 1, 'images': 1, 'grasps': 20, 'perturbations': 4}


def small(config):
    """A configuration that is quick: few of everything, and images without much table."""
    return replace(config, cameras=replace(config.cameras, side=300), **SMALL)


SUCTION = SuctionGrasps(small(SuctionCropConfig(candidates=80)))
JAW = JawGrasps(small(JawCropConfig(candidates=150)))


def plain(items, what, total):
    return items


def block(side=0.05, length=0.09):
    return grasp_object('block', [trimesh.creation.box((length, side, side))])


def rows_on_block(finder):
    return concatenated(rows_of(finder, block(), 0))


@pytest.mark.parametrize('seed', range(4))
def test_cameras_have_the_published_ranges_and_the_object_in_the_middle(seed):
    rng = np.random.default_rng(seed)
    T = np.eye(4)
    T[:3, 3] = 0.02, -0.05, 0.03
    ranges = CameraRange((0.65, 0.75), (0.05 * np.pi, 0.1 * np.pi))
    camera, T_world_camera = draw_camera(Scene((SceneObject(block(), T),)), ranges, rng)
    assert 520 <= camera.fx == camera.fy <= 530
    axis, position = T_world_camera[:3, 2], T_world_camera[:3, 3]
    polar = np.arccos(-axis[2])
    assert 0.05 * np.pi <= polar <= 0.1 * np.pi
    radius = position[2] / np.cos(polar)
    assert 0.65 <= radius <= 0.75
    aim = position + radius * axis
    assert np.abs(aim[:2] - T[:2, 3]).max() <= 0.1
    pixel = project(transform_points(invert(T_world_camera), T[:3, 3]), camera)
    np.testing.assert_allclose(pixel, 299.5, atol=0.51)


def test_suction_crops_show_the_contact_in_their_centre():
    rows = rows_on_block(SUCTION)
    assert len(rows.metric) > 10
    centre = rows.images[:, 15:17, 15:17].mean(axis=(1, 2))
    assert np.median(np.abs(centre - rows.poses[:, 2])) < 0.002
    assert np.abs(centre - rows.poses[:, 2]).max() < 0.03
    assert ((rows.metric > 0) <= (rows.collision_free == 1)).all()


def test_the_approach_angle_is_the_slope_along_the_middle_column():
    """On the flat top of a block the camera's tilt is all there is, and it shows in the crop."""
    rows = rows_on_block(SUCTION)
    T = np.array([rotation_of(pose[:4]) for pose in rows.camera_poses])
    tilt = np.arccos(-T[:, 2, 2])
    on_top = np.abs(rows.poses[:, 3] - tilt) < 1e-3
    assert on_top.sum() > 5
    for image, pose in zip(rows.images[on_top], rows.poses[on_top], strict=True):
        down, right = (np.median(np.diff(image[12:20, 12:20], axis=k)) / 0.004 for k in (0, 1))
        assert down == pytest.approx(-np.tan(pose[3]), abs=0.03)
        assert right == pytest.approx(0, abs=0.03)


def test_jaw_crops_close_on_the_block_along_the_middle_row():
    rows = rows_on_block(JAW)
    assert len(rows.metric) == 20
    assert ((rows.poses[:, 3] >= 0) & (rows.poses[:, 3] < 2 * np.pi)).all()
    assert ((rows.metric > 0) <= (rows.collision_free == 1)).all()
    free = rows.collision_free == 1
    assert free.sum() > 5
    half = rows.poses[:, 6] * 32 / 96 / 2
    for image, reach, depth in zip(
        rows.images[free], half[free], rows.poses[free, 2], strict=True
    ):
        left, right = (int(np.clip(round(15.5 + s * (reach + 1.5)), 0, 31)) for s in (-1, 1))
        assert image[15:17, 15:17].mean() < depth
        assert image[15:17, left].min() > depth - 0.002
        assert image[15:17, right].min() > depth - 0.002


@pytest.mark.parametrize('finder', [SUCTION, JAW], ids=['suction', 'jaw'])
def test_a_killed_run_goes_on_and_gives_the_same_files(tmp_path, finder):
    seen = []

    def kill_after_two(items, what, total):
        for item in items:
            seen.append(what)
            if len(seen) == 3:
                raise KeyboardInterrupt
            yield item

    generate_crops(finder, tmp_path / 'whole', 1, plain)
    with pytest.raises(KeyboardInterrupt):
        generate_crops(finder, tmp_path / 'killed', 1, kill_after_two)
    staged = len(list((tmp_path / 'killed' / 'staging').glob('unit_*.npz')))
    assert staged == 3
    assert not (tmp_path / 'killed' / 'tensors').exists()
    generate_crops(finder, tmp_path / 'killed', 2, plain)
    whole, killed = (
        {p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob('*.*')}
        for name in ('whole', 'killed')
    )
    assert whole == killed
    crops = open_crops(tmp_path / 'killed')
    assert crops.release == finder.release
    things = {k: object_of(finder.config, k) for k in range(SMALL['objects'])}
    wanted = {
        k
        for k, thing in things.items()
        if thing.split.value != 'test' and len(concatenated(rows_of(finder, thing, k)).metric)
    }
    assert wanted
    assert set(crops.label('object_labels')) == wanted


def test_no_test_object_is_in_the_data(tmp_path):
    config = replace(SUCTION.config, objects=17)
    sides = {k: object_of(config, k).split.value for k in range(17)}
    assert {'val', 'test'} <= set(sides.values())
    generate_crops(SuctionGrasps(config), tmp_path, 1, plain)
    crops = open_crops(tmp_path)
    labels = crops.label('object_labels')
    split = split_rows(crops, 'object_wise')
    for side, rows in zip(('train', 'val'), split, strict=True):
        assert {sides[k] for k in labels[rows]} == {side}


def test_without_any_grasp_the_splits_are_counted(tmp_path):
    writer = TensorWriter(tmp_path, SUCTION.release)
    for number, split in enumerate(('train', 'test')):
        writer.stage(Unit(number, str(number), split), no_rows(SUCTION.release))
    with pytest.raises(ValueError, match=r'none of 2 .* \(1 for train, 1 for test; '):
        writer.assemble(range(2), plain)


def test_another_configuration_is_refused(tmp_path):
    generate_crops(SUCTION, tmp_path, 1, plain)
    generate_crops(SUCTION, tmp_path, 1, plain)
    with pytest.raises(ValueError, match='another configuration'):
        generate_crops(SuctionGrasps(replace(SUCTION.config, seed=1)), tmp_path, 1, plain)
    with pytest.raises(ValueError, match='objects is 0'):
        generate_crops(SuctionGrasps(replace(SUCTION.config, objects=0)), tmp_path / 'x', 1, plain)


def test_what_no_jaw_spans_makes_no_rows():
    assert len(concatenated(rows_of(JAW, block(side=0.2, length=0.2), 0)).metric) == 0


@pytest.mark.parametrize(
    ('values', 'message'),
    [({'poses': 0}, 'poses is 0'), ({'objects': -1}, 'objects is -1'), ({'grasps': 0}, 'grasps')],
)
def test_impossible_settings_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        replace(SuctionCropConfig(), **values)
    with pytest.raises(ValueError, match='radius is'):
        CameraRange((0.7, 0.5), (0.1, 0.2))
    with pytest.raises(ValueError, match='side is 16'):
        CameraRange((0.5, 0.7), (0.1, 0.2), side=16)
