"""`dexnet view`: clouds and jaws become Open3D geometries; mistakes are one line."""

import json
import sys
from types import SimpleNamespace

import cv2
from dexnet_core.cli.main import main
from dexnet_core.geometry.transform import pose_matrix
from dexnet_core.io.drawing.solids import scene_solid
from dexnet_core.io.files.plan_files import plan_text, read_grasps
from dexnet_core.io.formats.grasp_format import GraspList
from dexnet_core.io.formats.graspnetapi import group_rows
from dexnet_core.planning.grasp import Grasp, GraspPlan, GripperKind, PlanStatus
import numpy as np
import pytest
from scipy.spatial.transform import Rotation


def jaw(x, score=0.5, gripper=GripperKind.PARALLEL_JAW, pixel=(3.0, 4.0), **more):
    turn = Rotation.from_euler('xyz', [0.2, 0.1, 1.0 + x]).as_matrix()
    contacts = np.array([[x, 0, 0.5], [x + 0.05, 0, 0.5]])
    pose = pose_matrix(np.array([x, 0, 0.5]), turn)
    return Grasp(gripper, pose, score, pixel, contacts, -contacts, 0.05, 0.02, **more)


def write(folder, *grasps):
    heatmap = np.zeros((2, 2), np.float32)
    plan = GraspPlan(grasps, PlanStatus.OK, '', heatmap, 'test')
    (folder / 'grasps.json').write_text(plan_text(plan, 'camera'))
    return folder / 'grasps.json'


@pytest.fixture
def cloud(tmp_path):
    """A file of a level square, 1 cm between its points, half a metre before the camera."""
    x, y = np.meshgrid(np.arange(-0.1, 0.1, 0.01), np.arange(-0.1, 0.1, 0.01))
    points = np.column_stack([x.ravel(), y.ravel(), np.full(x.size, 0.5)])
    np.save(tmp_path / 'cloud.npy', points)
    return tmp_path / 'cloud.npy'


@pytest.fixture
def open3d_window():
    """The module that draws, where Open3D itself can be imported."""
    try:
        import open3d  # noqa: F401
    except (ImportError, OSError) as error:
        pytest.skip(f'Open3D is not here: {error}; pip install -r requirements/viz.txt')
    from dexnet_core.io.viewer import open3d_window

    return open3d_window


@pytest.fixture
def drawing(open3d_window):
    """Skips where Open3D by itself opens no window, not even an invisible one."""
    probe = open3d_window.o3d.visualization.Visualizer()
    if not probe.create_window('probe', 64, 64, visible=False):
        pytest.skip('Open3D cannot open a window')
    probe.destroy_window()


def test_grasps_are_read_as_they_were_written(tmp_path):
    written = (jaw(0.1, 0.9), jaw(-0.1, 0.2, pixel=(np.nan, np.nan), object_id=7))
    for got, expected in zip(read_grasps(write(tmp_path, *written)), written, strict=True):
        for name in ('T_camera_grasp', 'contacts', 'normals', 'pixel'):
            np.testing.assert_allclose(getattr(got, name), getattr(expected, name), atol=1e-12)
        for name in ('gripper', 'score', 'width', 'depth', 'cup_radius', 'object_id'):
            assert getattr(got, name) == getattr(expected, name)


@pytest.mark.parametrize(
    ('change', 'expected'),
    [
        ({'gripper': 'tongs'}, 'tongs'),
        ({'position': [1, 2]}, r'shape \(2,\), expected \(3,\)'),
        ({'contacts': [[1, 2]]}, r'expected \(1, 3\)'),
        ({'quaternion': 'up'}, 'up'),
        ({'quaternion': [0, 0, 0, 0]}, 'grasps.json'),
        ({'width': None}, 'grasps.json'),
    ],
)
def test_what_is_no_plan_is_refused(tmp_path, change, expected):
    path = write(tmp_path, jaw(0.0))
    values = json.loads(path.read_text())
    values['grasps'][0].update(change)
    path.write_text(json.dumps(values))
    with pytest.raises(ValueError, match=expected):
        read_grasps(path)
    for text in ('no json', '[]', '{}'):
        path.write_text(text)
        with pytest.raises(ValueError, match='is not a plan of grasps'):
            read_grasps(path)


def test_a_grasp_group_is_shown_best_first(tmp_path, monkeypatch, cloud):
    grasps = (jaw(0.1, 0.2), jaw(-0.1, 0.9))
    np.save(tmp_path / 'group.npy', group_rows(GraspList(grasps, 'camera')))
    shown = []
    fake = SimpleNamespace(geometries=lambda points, some: shown.extend(some), show=lambda *_: 0)
    monkeypatch.setitem(sys.modules, 'dexnet_core.io.viewer.open3d_window', fake)
    assert main(['view', '--cloud', str(cloud), '--grasps', str(tmp_path / 'group.npy')]) == 0
    for got, expected in zip(shown, grasps[::-1], strict=True):
        np.testing.assert_allclose(got.T_camera_grasp, expected.T_camera_grasp, atol=1e-12)
        assert (got.score, got.width) == (expected.score, expected.width)


def test_geometries_are_the_cloud_and_the_jaws(open3d_window, cloud):
    points, grasps = np.load(cloud), (jaw(0.05), jaw(-0.05))
    shown = open3d_window.geometries(points, grasps)
    np.testing.assert_allclose(np.asarray(shown.cloud.points), points)
    np.testing.assert_allclose(np.asarray(shown.cloud.normals), np.tile([0, 0, -1], (400, 1)))
    solid = scene_solid(points, grasps)
    corners, faces = np.asarray(shown.jaws.vertices), np.asarray(shown.jaws.triangles)
    np.testing.assert_allclose(corners[faces], solid.corners[solid.faces])
    colours = np.asarray(shown.jaws.vertex_colors)
    assert colours[0, 1] > colours[0, 0]  # the best is green
    assert colours[-1, 0] > colours[-1, 1]
    assert open3d_window.geometries(points, ()).jaws.is_empty()


def test_a_window_without_display_is_refused(open3d_window, monkeypatch, cloud, capsys):
    monkeypatch.delenv('DISPLAY', raising=False)
    monkeypatch.delenv('WAYLAND_DISPLAY', raising=False)
    assert main(['view', '--cloud', str(cloud)]) == 2
    assert 'no display' in capsys.readouterr().err


@pytest.mark.usefixtures('drawing')
def test_a_picture_shows_cloud_and_jaws(tmp_path, cloud, capfd):
    path = write(tmp_path, jaw(0.0))
    picture = tmp_path / 'view.png'
    status = main(['view', '--cloud', str(cloud), '--grasps', str(path), '--out', str(picture)])
    assert status == 0, capfd.readouterr().err
    drawn = cv2.imread(str(picture)).astype(int)
    blue, green, red = np.moveaxis(drawn, -1, 0)
    assert (drawn.max(axis=2) < 250).sum() > 400  # the cloud, on white
    assert ((green > red + 40) & (green > blue + 40)).sum() > 200  # the jaw


def test_without_open3d_the_command_that_installs_it_is_named(monkeypatch, cloud, capsys):
    monkeypatch.setitem(sys.modules, 'open3d', None)
    monkeypatch.delitem(sys.modules, 'dexnet_core.io.viewer.open3d_window', raising=False)
    assert main(['view', '--cloud', str(cloud)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "pip install './dexnet_core[viz]'" in line


@pytest.mark.parametrize(
    ('options', 'expected'),
    [
        ([], 'either --cloud'),
        (['--cloud', 'CLOUD', '--depth', 'x.png', '--camera', '1,1,1,1'], 'either --cloud'),
        (['--cloud', 'missing.npy'], 'missing.npy'),
        (['--cloud', 'CLOUD', '--grasps', 'missing.json'], 'missing.json'),
        (['--cloud', 'CLOUD', '--grasps', 'SUCTION'], 'suction grasps'),
        (['--cloud', 'CLOUD', '--top', '0'], 'top is 0'),
        (['--cloud', 'CLOUD', '--out', 'view.bmp'], 'expected a .png'),
        (['--cloud', 'EMPTY'], 'no measured point'),
    ],
)
def test_a_mistake_is_one_line(tmp_path, cloud, capsys, options, expected):
    np.save(tmp_path / 'empty.npy', np.zeros((5, 3)))
    suction = write(tmp_path, jaw(0.0, gripper=GripperKind.SUCTION))
    files = {'CLOUD': cloud, 'EMPTY': tmp_path / 'empty.npy', 'SUCTION': suction}
    assert main(['view', *(str(files.get(option, option)) for option in options)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert expected in line
