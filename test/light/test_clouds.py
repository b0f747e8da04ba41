"""Clouds are read from what people have; grippers are drawn where they are."""

import json
import struct

from dexnet_core.cli.main import main
from dexnet_core.geometry.camera import deproject
from dexnet_core.geometry.transform import pose_along
from dexnet_core.io.drawing.solids import scene_solid, seen_cloud
from dexnet_core.io.files.cloud_files import read_cloud
from dexnet_core.io.files.ply import write_mesh
from dexnet_core.planning.grasp import Grasp, GripperKind
import numpy as np
import pytest

POINTS = np.random.default_rng(0).uniform(0.2, 0.5, (40, 3)).astype(np.float32)


def grasp(position=(0.3, 0.3, 0.4), width=0.05):
    T = pose_along(np.array(position), np.array([0.0, 0.0, 1.0]))
    return Grasp(
        GripperKind.PARALLEL_JAW, T, 0.5, (np.nan, np.nan), np.zeros((2, 3)), np.eye(3)[:2], width
    )


@pytest.mark.parametrize('suffix', ['.npy', '.npz', '.ply'])
def test_clouds_come_back(tmp_path, suffix):
    path = tmp_path / f'cloud{suffix}'
    if suffix == '.npy':
        np.save(path, POINTS)
    elif suffix == '.npz':
        np.savez(path, cloud=POINTS)
    else:
        write_mesh(path, POINTS, np.zeros((40, 3), np.uint8), np.array([[0, 1, 2]]))
    np.testing.assert_array_equal(read_cloud(path), POINTS)


def test_foreign_ply_files_are_read(tmp_path):
    head = 'ply\nformat {}\ncomment by hand\nelement vertex 2\nproperty double z\n'
    head += 'property uchar red\nproperty float x\nproperty float y\n{}end_header\n'
    text, big = tmp_path / 'text.ply', tmp_path / 'big.ply'
    face = 'element face 1\nproperty list uchar int vertex_indices\n'
    text.write_text(head.format('ascii 1.0', face) + '3 255 1 2\n6 0 4 5e0\n3 0 1 0\n')
    rows = struct.pack('>dBff', 3, 255, 1, 2) + struct.pack('>dBff', 6, 0, 4, 5)
    big.write_bytes(head.format('binary_big_endian 1.0', '').encode() + rows)
    for path in (text, big):
        np.testing.assert_array_equal(read_cloud(path), [[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize(
    ('name', 'content'),
    [
        ('cloud.ply', b'nonsense'),
        ('cloud.ply', b'ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nend_header\n1'),
        ('cloud.ply', b'ply\nformat ascii 1.0\nelement vertex x\nend_header\n'),
        ('cloud.ply', b'ply\nformat binary_little_endian 1.0\nelement vertex 9\nproperty float x\n'
         b'property float y\nproperty float z\nend_header\n1234567890123'),
        ('cloud.npy', b'nonsense'),
        ('cloud.npz', b'nonsense'),
        ('cloud.pcd', b''),
    ],
)  # fmt: skip
def test_files_that_are_no_cloud_are_named(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=name):
        read_cloud(path)


def test_jaws_stand_around_what_they_hold():
    solid = scene_solid(POINTS, [grasp(), grasp((0, 0, 1), 0.02)])
    assert len(solid.corners) == len(solid.colours) == len(POINTS) + 2 * 4 * 8
    assert solid.faces.min() == len(POINTS)
    assert solid.faces.max() == len(solid.corners) - 1
    jaw = solid.corners[len(POINTS) : len(POINTS) + 32] - [0.3, 0.3, 0.4]
    assert jaw[:, 2].max() == pytest.approx(0)
    assert np.abs(jaw[:16, 0]).min() == pytest.approx(0.025)
    assert (solid.colours[len(POINTS)] != solid.colours[-1]).any()


def test_boxes_are_closed_and_face_outwards():
    solid = scene_solid(np.zeros((0, 3)), [grasp()])
    corners = solid.corners[solid.faces]
    volumes = np.einsum('fi,fi->f', corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6
    sizes = [np.ptp(solid.corners[k : k + 8], axis=0).prod() for k in range(0, 32, 8)]
    np.testing.assert_allclose(volumes.reshape(4, 12).sum(axis=1), sizes)


def test_a_scene_without_grasps_is_its_points():
    solid = scene_solid(POINTS, [])
    assert solid.faces.shape == (0, 3)
    np.testing.assert_array_equal(solid.corners, POINTS)


def test_clouds_are_seen_where_they_are():
    plane = np.stack(np.meshgrid(*[np.linspace(-0.2, 0.2, 90)] * 2), axis=-1).reshape(-1, 2)
    points = np.column_stack([plane + 0.3, np.full(len(plane), 0.8)])
    depth, camera = seen_cloud(points)
    seen = depth > 0
    assert 0.2 < seen.mean() < 0.9
    np.testing.assert_allclose(depth[seen], 0.8, rtol=1e-6)
    found = deproject(depth, camera)[seen]
    np.testing.assert_allclose(found[:, :2].min(axis=0), 0.1, atol=0.01)
    np.testing.assert_allclose(found[:, :2].max(axis=0), 0.5, atol=0.01)
    behind, _ = seen_cloud(-points)
    assert behind.shape == depth.shape
    assert not behind.any()


def test_a_cloud_without_a_point_is_answered_whole(tmp_path, capsys):
    np.save(tmp_path / 'cloud.npy', np.full((50, 3), np.nan, np.float32))
    out = tmp_path / 'out'
    words = ['--cloud', str(tmp_path / 'cloud.npy'), '--out', str(out)]
    assert main(['plan', 'graspnet', *words]) == 3
    assert 'nothing was measured' in capsys.readouterr().out
    assert {path.name for path in out.iterdir()} == {'grasps.json', 'grasps.ply', 'overlay.png'}


@pytest.mark.parametrize('planner', ['jaw', 'suction'])
def test_any_planner_takes_a_cloud_of_a_robot(tmp_path, planner, capsys):
    """A block of 4 by 6 cm, 5 cm high, on a table seen from above, z upwards."""
    side = np.arange(-0.15, 0.15, 0.001)
    x, y = np.meshgrid(side, side)
    on_block = (np.abs(x) < 0.02) & (np.abs(y) < 0.03)
    cloud = np.stack([x + 0.5, y, np.where(on_block, 0.05, 0.0)], axis=-1)
    np.save(tmp_path / 'cloud.npy', cloud.reshape(-1, 3))
    gripper = (
        'parallel_jaw\nmax_opening: 0.07' if planner == 'jaw' else 'suction_cup\nradius: 0.01'
    )
    (tmp_path / 'gripper.yaml').write_text(f'type: {gripper}\n')
    words = ['--cloud', tmp_path / 'cloud.npy', '--up', '0,0,2', '--approach', 'down']
    words += ['--gripper', tmp_path / 'gripper.yaml', '--frame', 'base', '--top', '3']
    assert main(['plan', planner, *map(str, words), '--out', str(tmp_path / 'out')]) == 0
    plan = json.loads((tmp_path / 'out' / 'grasps.json').read_text())
    assert (plan['frame'], plan['approach']) == ('base', 'given')
    assert 1 <= len(plan['grasps']) <= 3
    for grasp in plan['grasps']:
        np.testing.assert_allclose(grasp['approach'], [0, 0, -1], atol=0.01)
        assert abs(grasp['position'][0] - 0.5) < 0.02
        assert abs(grasp['position'][1]) < 0.03
        assert grasp['pixel'] is None
        assert grasp['width'] <= 0.07
        assert grasp['cup_radius'] == (0 if planner == 'jaw' else 0.01)
    files = {path.name for path in (tmp_path / 'out').iterdir()}
    assert files - {'grasps.ply'} == {'grasps.json', 'overlay.png'}
    assert ('grasps.ply' in files) == (planner == 'jaw')
    assert 'score' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('given', 'expected'),
    [
        ([], 'give either --cloud, or --depth with --camera'),
        (['--depth', 'x.npy'], 'give either --cloud, or --depth with --camera'),
        (['--cloud', 'x.npy', '--depth', 'x.npy', '--camera', '1,1,1,1'], 'give either --cloud'),
        (['--cloud', 'x.npy', '--depth', 'x.npy'], 'give either --cloud'),
        (['--cloud', 'x.npy', '--weights', 'missing.tar'], 'missing.tar'),
        (['--cloud', 'missing.npy'], 'missing.npy'),
        (['--cloud', 'x.npy', '--model', 'nowhere'], 'there is no folder nowhere'),
    ],
)
def test_command_line_says_what_it_needs(tmp_path, given, expected, capsys):
    if '--weights' in given:
        pytest.importorskip('torch', reason='torch is not here: ./setup.sh --with-train')
    assert main(['plan', 'graspnet', *given, '--out', str(tmp_path / 'out')]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith('dexnet: ')
    assert expected in line
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('option', [['--weights', 'x'], ['--raw']])
def test_command_line_refuses_for_others_what_is_for_graspnet(tmp_path, option, capsys):
    words = ['plan', 'suction', '--depth', 'x.npy', '--camera', '1,1,1,1', *option]
    assert main([*words, '--out', str(tmp_path)]) == 2
    assert f'{option[0]} is for graspnet, not for suction' in capsys.readouterr().err
