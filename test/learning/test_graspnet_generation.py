"""A small generated GraspNet set: what is in it, what a killed run leaves, what is refused."""

from dataclasses import replace
from pathlib import Path

import cv2
from dexnet_core.cli.main import main, USER_ERROR
from dexnet_core.datasets.graspnet.graspnet_config import GraspNetSetConfig, set_objects
from dexnet_core.datasets.graspnet.graspnet_generation import CAMERA, generate_graspnet
from dexnet_core.datasets.graspnet_files.labelled_grasps import view_grasps
from dexnet_core.datasets.graspnet_files.set_layout import index_path, Layout
from dexnet_core.datasets.graspnet_files.set_reader import (
    read_collisions,
    read_index,
    read_labels,
    read_table_poses,
    read_tolerance,
    read_view,
    read_views,
)
from dexnet_core.datasets.graspnet_labels.object_labels import LabelSettings
from dexnet_core.geometry.camera import deproject
from dexnet_core.geometry.transform import invert, transform_points
from dexnet_core.io.configuration import read_config
from dexnet_core.simulation.objects.grasp_object import Split
import numpy as np
import pytest
import trimesh

CONFIG = GraspNetSetConfig(
    objects=5,
    train_scenes=1,
    val_scenes=1,
    views_per_scene=2,
    heap=(3, 3),
    labels=LabelSettings(most_points=8),
)


def plain(items, what, total):
    return items


def contents(root):
    """Return every file of a set but its meta files, which hold the time they were written."""
    files = sorted(path for path in root.rglob('*') if path.is_file() and path.suffix != '.mat')
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


@pytest.fixture(scope='module')
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp('graspnet') / 'set'
    generate_graspnet(CONFIG, root, 1, plain)
    return Layout(root, CAMERA)


def test_a_set_has_all_its_parts(made):
    index = read_index(made.root)
    assert index.camera == CAMERA
    assert index.splits == {'train': (0,), 'val': (1,)}
    for number in range(len(set_objects(CONFIG))):
        labels = read_labels(made, number)
        tolerance = read_tolerance(made, number, len(labels.points))
        assert ((tolerance > 0) <= (labels.scores > 0)).all()
    for scene in (0, 1):
        assert read_views(made, scene) == (0, 1)
        collisions = read_collisions(made, scene)
        assert len(set(collisions.object_ids)) == len(collisions.object_ids)
        for number, hit in zip(collisions.object_ids, collisions.collision, strict=True):
            assert hit.shape == read_labels(made, number).scores.shape


def test_scenes_hold_only_the_objects_of_their_split(made):
    things = set_objects(CONFIG)
    for scene, split in ((0, Split.TRAIN), (1, Split.VAL)):
        for number in read_collisions(made, scene).object_ids:
            assert things[number].split is split


def test_pixels_of_an_object_lie_on_its_surface(made):
    for scene in (0, 1):
        view = read_view(made, scene, 0)
        points = deproject(view.depth, view.camera)
        for number, T in zip(view.object_ids, view.T_camera_object, strict=True):
            own = points[view.instances == number + 1][::50]
            mesh = trimesh.load_mesh(made.model(number))
            distance = trimesh.proximity.closest_point(mesh, transform_points(invert(T), own))[1]
            assert distance.max(initial=0) < 2 / view.factor_depth
        assert (view.instances > 0).any()


def test_views_see_the_same_table(made):
    for number, T_table_camera in enumerate(read_table_poses(made, 0)):
        view = read_view(made, 0, number)
        table = deproject(view.depth, view.camera)[(view.instances == 0) & (view.depth > 0)]
        assert np.abs(transform_points(T_table_camera, table)[:, 2]).max() < 1e-3


def test_grasps_of_a_view_close_on_the_object_they_are_of(made):
    grasps, ids = view_grasps(made, 0, 0)
    assert len(grasps) > 0
    assert (grasps.scores >= 0.7 - 1e-6).all()
    view = read_view(made, 0, 0)
    chosen = np.random.default_rng(0).permutation(len(grasps))[:30]
    for k in chosen:
        pose = view.T_camera_object[list(view.object_ids).index(ids[k])]
        mesh = trimesh.load_mesh(made.model(ids[k])).apply_transform(pose)
        line = np.linspace(-0.5, 0.5, 41)[:, None] * grasps.widths[k]
        between = grasps.tips()[k] + line * grasps.rotations[k][:, 1]
        inside = mesh.contains(between)
        assert inside.any()
        assert not inside[[0, -1]].any()


def test_a_killed_run_goes_on_and_gives_the_same(made, tmp_path):
    cut = tmp_path / 'cut'
    generate_graspnet(CONFIG, cut, 1, plain)
    whole = contents(cut)
    assert whole == contents(made.root)
    layout = Layout(cut, CAMERA)
    index_path(cut).unlink()
    layout.tolerance(1).unlink()
    layout.collisions(1).unlink()
    layout.depth(1, 1).unlink()
    kept = layout.tolerance(0).stat().st_mtime_ns, layout.depth(0, 0).stat().st_mtime_ns
    generate_graspnet(CONFIG, cut, 1, plain)
    assert contents(cut) == whole
    after = layout.tolerance(0).stat().st_mtime_ns, layout.depth(0, 0).stat().st_mtime_ns
    assert after == kept


def test_a_folder_of_another_configuration_is_refused(made):
    with pytest.raises(ValueError, match='another configuration'):
        generate_graspnet(replace(CONFIG, factor_depth=1000.0), made.root, 1, plain)


def test_a_sheet_shows_the_views(made, tmp_path):
    main(['visualize', str(made.root), '--out', str(tmp_path / 'sheet.png'), '--views', '2'])
    picture = cv2.imread(str(tmp_path / 'sheet.png'))
    assert picture.shape == (720, 1920, 3)
    saturated = picture.max(axis=2).astype(int) - picture.min(axis=2)
    assert (saturated > 100).any()


def meshes(folder, mesh):
    folder.mkdir()
    mesh.export(folder / 'part.stl')
    return replace(CONFIG, objects=0, meshes=folder)


def test_the_file_of_the_shipped_set_says_the_defaults():
    path = Path(__file__).parents[2] / 'config' / 'generate' / 'graspnet.yaml'
    assert read_config(GraspNetSetConfig, path) == GraspNetSetConfig()


def test_meshes_in_millimetres_are_refused(tmp_path):
    config = meshes(tmp_path / 'parts', trimesh.creation.box((40, 30, 60)))
    with pytest.raises(ValueError, match='mesh-scale'):
        generate_graspnet(config, tmp_path / 'out', 1, plain)


def test_open_meshes_are_refused(tmp_path):
    box = trimesh.creation.box((0.04, 0.03, 0.06))
    box.update_faces(np.arange(12) > 1)
    with pytest.raises(ValueError, match='watertight'):
        generate_graspnet(meshes(tmp_path / 'parts', box), tmp_path / 'out', 1, plain)
    assert not (tmp_path / 'out').exists()


def test_a_split_without_objects_is_refused(tmp_path):
    said = 'none of the 2 objects is for val.* train, 0 val, . test'
    with pytest.raises(ValueError, match=said):
        generate_graspnet(replace(CONFIG, objects=2), tmp_path, 1, plain)


@pytest.mark.parametrize(
    ('wrong', 'expected'),
    [
        ({'objects': -1}, 'objects is -1'),
        ({'views_per_scene': 0}, 'views_per_scene is 0'),
        ({'heap': (0, 3)}, r'heap is \(0, 3\)'),
        ({'heap': (4, 3)}, r'heap is \(4, 3\)'),
    ],
)
def test_numbers_of_a_configuration_are_checked(wrong, expected):
    with pytest.raises(ValueError, match=expected):
        replace(CONFIG, **wrong)


@pytest.mark.parametrize(
    ('wrong', 'expected'),
    [
        (['graspnet', '--format', 'dexnet'], '--format is for'),
        (['jaw', '--format', 'dexnet', '--views-per-scene', '3'], '--views-per-scene is for'),
    ],
)
def test_the_command_refuses_what_has_no_meaning(wrong, expected, tmp_path, capsys):
    assert main(['generate', *wrong, '--out', str(tmp_path / 'out')]) == USER_ERROR
    assert expected in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()
