"""Clouds are read from what cameras, libraries and programs write, in their axes and units."""

import json
import struct

import cv2
from dexnet_core.cli.main import main
from dexnet_core.io.files.cloud_files import read_cloud
from dexnet_core.io.files.lzf import decompressed
import numpy as np
import pytest

POINTS = np.random.default_rng(0).uniform(0.2, 0.5, (42, 3)).astype(np.float32)
ORGANISED = POINTS.reshape(6, 7, 3)
COLOURS = np.random.default_rng(1).integers(0, 255, (42, 3))


def fields(points):
    named = np.zeros(points.shape[:-1], [('z', 'f8'), ('rgb', 'u4'), ('X', 'f4'), ('y', 'f4')])
    named['X'], named['y'], named['z'] = np.moveaxis(points, -1, 0)
    return named


ONES = np.ones((42, 1))
NUMPY = {
    'rows': (POINTS, POINTS),
    'double': (POINTS.astype(float), POINTS),
    'transposed': (POINTS.T, POINTS),
    'coloured': (np.column_stack([POINTS, COLOURS]), POINTS),
    'homogeneous': (np.column_stack([POINTS, ONES]), POINTS),
    'homogeneous_transposed': (np.column_stack([POINTS, ONES]).T, POINTS),
    'batch': (POINTS[None], POINTS),
    'fields': (fields(POINTS), POINTS),
    'organised': (ORGANISED, ORGANISED),
    'organised_fields': (fields(ORGANISED), ORGANISED),
    'one_row': (POINTS[None, None], POINTS),
}


@pytest.mark.parametrize('name', NUMPY)
def test_arrays_in_the_shapes_that_people_have(tmp_path, name):
    array, expected = NUMPY[name]
    np.save(tmp_path / 'a.npy', array)
    np.testing.assert_allclose(read_cloud(tmp_path / 'a.npy'), expected, rtol=1e-6)


def test_channels_may_come_first(tmp_path):
    wide = np.random.default_rng(0).normal(size=(20, 30, 3))
    np.save(tmp_path / 'a.npy', np.moveaxis(wide, -1, 0))
    np.testing.assert_array_equal(read_cloud(tmp_path / 'a.npy'), wide)


@pytest.mark.parametrize(
    'arrays',
    [
        {'points': POINTS, 'normals': POINTS},
        {'XYZ': POINTS, 'rgb': COLOURS},
        {'pc_full': POINTS, 'pc_colors': COLOURS, 'pred_grasps_cam': np.array([{}], object)},
        {'arr_0': POINTS.T, 'K': np.eye(3)},
    ],
)
def test_archives_by_name_or_the_only_cloud(tmp_path, arrays):
    np.savez(tmp_path / 'a.npz', **arrays)
    np.testing.assert_array_equal(read_cloud(tmp_path / 'a.npz'), POINTS)


def text(points, separator=' '):
    return ''.join(f'{separator.join(map(repr, map(float, point)))}\n' for point in points)


COLOURED = np.column_stack([POINTS, COLOURS])
TEXTS = {
    'a.xyz': text(POINTS),
    'a.txt': '# x y z\n' + text(COLOURED),
    'a.asc': '//X Y Z R G B\n\n' + text(COLOURED, '\t'),
    'a.csv': text(POINTS, ', '),
    'b.csv': 'label,z,y,x\n' + text(np.column_stack([ONES, POINTS[:, ::-1]]), ','),
    'c.csv': '"x";"y";"z"\n' + text(POINTS, ';'),
    'a.pts': '42\n' + text(COLOURED),
}


@pytest.mark.parametrize('name', TEXTS)
def test_texts_with_a_row_for_each_point(tmp_path, name):
    (tmp_path / name).write_text(TEXTS[name])
    np.testing.assert_allclose(read_cloud(tmp_path / name), POINTS, rtol=1e-6)


def runs(data):
    """Return data in the format of LibLZF: runs of 32 bytes, and repeats of a byte before."""
    out, at = bytearray(), 0
    while at < len(data):
        same = 1
        while same < 264 and data[at : at + 1] * (same + 1) == data[at : at + same + 1]:
            same += 1
        if same >= 9:  # a byte, and the others as a copy of the one before
            length = same - 1 - 2
            out += bytes([0, data[at]])
            out += bytes([7 << 5, length - 7, 0])
            at += same
        else:
            piece = data[at : at + 32]
            out += bytes([len(piece) - 1]) + piece
            at += len(piece)
    return bytes(out)


def pcd_text(data, height=1):
    width = 42 // height
    return (
        '# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS rgb z _ x y\n'
        'SIZE 4 8 1 4 4\nTYPE U F U F F\nCOUNT 1 1 3 1 1\n'
        f'WIDTH {width}\nHEIGHT {height}\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS 42\nDATA {data}\n'
    ).encode()


def write_pcd(path, data, height=1):
    """Write points with a field before them, one of 3 bytes between them, and z in 8 bytes."""
    columns = [
        np.full(42, 7, '<u4'),
        POINTS[:, 2].astype('<f8'),
        np.zeros((42, 3), 'u1'),
        *POINTS.T[:2].astype('<f4'),
    ]
    if data == 'ascii':
        lines = [f'7 {z!r} 0 0 0 {x!r} {y!r}\n' for x, y, z in POINTS.tolist()]
        body = ''.join(lines).encode()
    elif data == 'binary':
        rows = zip(*columns, strict=True)
        body = b''.join(b''.join(value.tobytes() for value in row) for row in rows)
    else:
        whole = b''.join(column.tobytes() for column in columns)
        packed = runs(whole)
        body = struct.pack('<II', len(packed), len(whole)) + packed
    path.write_bytes(pcd_text(data, height) + body)
    return path


@pytest.mark.parametrize('data', ['ascii', 'binary', 'binary_compressed'])
@pytest.mark.parametrize('height', [1, 6])
def test_pcd_files(tmp_path, data, height):
    got = read_cloud(write_pcd(tmp_path / 'a.pcd', data, height))
    np.testing.assert_allclose(got, ORGANISED if height == 6 else POINTS, rtol=1e-6)


@pytest.mark.parametrize('data', ['ascii', 'binary', 'binary_compressed'])
def test_pcd_files_that_are_cut_off_are_refused_by_name(tmp_path, data):
    path = write_pcd(tmp_path / 'a.pcd', data)
    whole = path.read_bytes()
    for length in (0, 30, 150, 230, len(whole) // 2, len(whole) - 30):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r'a\.pcd is not a \.pcd cloud'):
            read_cloud(path)


def test_bytes_that_repeat_are_decompressed():
    data = b'abcabcabcabc' + bytes(600) + bytes(range(90))
    assert decompressed(runs(data), len(data)) == data
    assert decompressed(bytes([2, *b'abc', 7 << 5, 0, 2]), 12) == b'abcabcabcabc'


@pytest.mark.parametrize(
    ('data', 'size'),
    [
        (bytes([2, *b'abc', 7 << 5, 0]), 12),  # cut off
        (bytes([2, *b'abc', 7 << 5, 0, 3]), 12),  # from before the start
        (bytes([2, *b'abc']), 4),
        (bytes([2, *b'abc']), 2),
        (bytes([2, *b'abc']), 2**31),
        (b'', 3),
    ],
)
def test_damaged_compression_is_refused(data, size):
    with pytest.raises(ValueError, match='compressed'):
        decompressed(data, size)


CAMERA = 'element camera 1\nproperty float view_px\nproperty list uchar int more\n'
VERTEX = 'element vertex 42\nproperty float x\nproperty float y\nproperty float z\n'


def ply(kind, before='', comment=''):
    head = f'ply\nformat {kind} 1.0\ncomment {comment}\n{before}{VERTEX}end_header\n'
    return head.encode('utf-8')


@pytest.mark.parametrize('before', ['', CAMERA, 'element camera 2\nproperty double a\n'])
@pytest.mark.parametrize('kind', ['ascii', 'binary_little_endian', 'binary_big_endian'])
def test_ply_files_with_other_elements_first(tmp_path, kind, before):
    order = '>' if 'big' in kind else '<'
    first = {
        '': b'',
        CAMERA: struct.pack(f'{order}fBii', 1.5, 2, 8, 9),
        'element camera 2\nproperty double a\n': struct.pack(f'{order}dd', 1, 2),
    }[before]
    body = POINTS.astype(f'{order}f4').tobytes()
    if kind == 'ascii':
        lines = {'': '', CAMERA: '1.5 2 8 9\n\n'}.get(before, '1\n2\n')
        first, body = lines.encode(), text(POINTS).replace('\n', '\r\n\r\n', 3).encode()
    (tmp_path / 'a.ply').write_bytes(ply(kind, before, 'gemessen für Käthe') + first + body)
    np.testing.assert_allclose(read_cloud(tmp_path / 'a.ply'), POINTS, rtol=1e-6)


@pytest.mark.parametrize(
    ('name', 'array', 'reason'),
    [
        ('depth.npy', np.ones((60, 80)), 'is it a depth image, which --depth reads?'),
        ('picture.npy', np.ones((60, 80, 3), np.uint8), 'is it an image?'),
        ('pairs.npy', np.ones((60, 2)), 'expected (n, 3) or (H, W, 3)'),
        ('row.npy', np.ones(60), 'expected (n, 3) or (H, W, 3)'),
        ('fields.npy', np.zeros(5, [('a', 'f4')]), 'it has fields a, expected x, y, z'),
        ('words.npy', np.array([['a', 'b', 'c']]), 'expected lengths'),
        ('complex.npy', np.ones((60, 3), complex), 'expected lengths'),
    ],
)
def test_arrays_that_are_no_cloud_say_what_they_look_like(tmp_path, name, array, reason):
    np.save(tmp_path / name, array)
    with pytest.raises(ValueError, match=name) as refused:
        read_cloud(tmp_path / name)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ('name', 'content', 'reason'),
    [
        ('a.txt', '1 2 3\n1 2\n', 'line 2 has another number of columns'),
        ('a.csv', '1,2\n', 'it has 2 columns'),
        ('a.xyz', '', 'expected x y z in each row'),
        ('a.xyz', '1 2 x\n', 'could not convert'),
        ('a.pcd', 'FIELDS x y\nSIZE 4 4\nTYPE F F\nWIDTH 1\nDATA ascii\n', 'expected x, y, z'),
        (
            'a.pcd',
            'FIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nWIDTH 1\nDATA zip\n',
            'expected ascii or',
        ),
        ('a.pcd', 'FIELDS x y z\nSIZE 4 4 4\nTYPE F F Q\nWIDTH 1\nDATA ascii\n', 'not a .pcd'),
        ('a.pcd', 'FIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nWIDTH -1\nDATA ascii\n', 'negative'),
        ('a.obj', 'v 1 2 3\n', "ends in '.obj', expected .npy"),
        ('a.png', '', "ends in '.png', expected .npy"),
    ],
)
def test_files_that_are_no_cloud_say_why(tmp_path, name, content, reason):
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=name) as refused:
        read_cloud(tmp_path / name)
    assert reason in str(refused.value)


def test_objects_of_python_are_not_loaded_and_said_so(tmp_path):
    np.save(tmp_path / 'a.npy', np.array({'xyz': POINTS}, object), allow_pickle=True)
    with pytest.raises(ValueError, match=r'a\.npy is not a plain .* it holds Python objects'):
        read_cloud(tmp_path / 'a.npy')


def test_an_archive_of_a_depth_image_names_its_option(tmp_path):
    np.savez(tmp_path / 'a.npz', depth=np.ones((60, 80)), K=np.eye(3), rgb=np.ones((60, 80, 3)))
    with pytest.raises(ValueError, match=r'has a depth image and no points: --depth .*a\.npz r'):
        read_cloud(tmp_path / 'a.npz')


@pytest.fixture
def scene(tmp_path):
    """Return (H, W, 3) of a box of 6 by 6 by 5 cm before a camera that looks straight down."""
    x, y = np.meshgrid(np.arange(-0.15, 0.15, 0.002), np.arange(-0.12, 0.12, 0.002))
    z = np.where((np.abs(x - 0.04) < 0.03) & (np.abs(y + 0.02) < 0.03), 0.55, 0.6)
    return np.dstack([x, y, z]).astype(np.float32)


def plan(folder, *options):
    words = ['--cloud', folder / 'a.npy', '--top', 3, *options, '--out', folder / 'out']
    status = main(['plan', 'suction', *map(str, words)])
    if status:
        return None
    grasps = json.loads((folder / 'out' / 'grasps.json').read_text())['grasps']
    return np.array([grasp['position'] for grasp in grasps])


TURNS = {
    'optical': lambda p: p,
    'opengl': lambda p: p * [1, -1, -1],
    'forward': lambda p: np.stack([p[..., 2], -p[..., 0], -p[..., 1]], axis=-1),
}


@pytest.mark.parametrize('axes', TURNS)
def test_axes_of_a_camera_are_turned(tmp_path, scene, axes, capsys):
    np.save(tmp_path / 'a.npy', TURNS[axes](scene))
    up = ','.join(map(str, TURNS[axes](np.array([0, 0, -1]))))
    for more in ([], [f'--up={up}']):
        found = plan(tmp_path, '--cloud-axes', axes, *more)
        assert len(found)
        assert (np.abs(found - [0.04, -0.02, 0.55]) < [0.031, 0.031, 0.003]).all()
    assert 'optical frame' not in capsys.readouterr().err


@pytest.mark.parametrize('axes', ['opengl', 'forward'])
def test_axes_that_nobody_said_are_named(tmp_path, scene, axes, capsys):
    np.save(tmp_path / 'a.npy', TURNS[axes](scene))
    assert plan(tmp_path) is None
    assert f'with --cloud-axes {axes}, 100% are in front' in capsys.readouterr().err


def test_a_scale_says_the_units_of_a_cloud(tmp_path, scene, capsys):
    np.save(tmp_path / 'a.npy', np.rint(scene * 1000).astype(np.int16))
    assert plan(tmp_path) is None
    assert 'is it in millimetres? --depth-scale says' in capsys.readouterr().err
    found = plan(tmp_path, '--depth-scale', 0.001)
    assert (np.abs(found - [0.04, -0.02, 0.55]) < [0.031, 0.031, 0.003]).all()


@pytest.mark.parametrize('shape', [(-1, 3), (120, 150, 3)])
@pytest.mark.parametrize('mask_shape', [(-1,), (120, 150)])
def test_a_mask_is_put_in_the_shape_of_the_cloud(tmp_path, scene, shape, mask_shape):
    mask = (scene[..., 0] > 0.04) & (scene[..., 2] < 0.58)
    np.save(tmp_path / 'a.npy', scene.reshape(shape))
    np.save(tmp_path / 'mask.npy', mask.reshape(mask_shape))
    found = plan(tmp_path, '--mask', tmp_path / 'mask.npy')
    assert len(found)
    assert (found[:, 0] > 0.035).all()


@pytest.mark.parametrize(
    ('options', 'expected'),
    [
        (
            ['--cloud-axes', 'opengl', '--up', '0,1,0', '--viewpoint', '0,0,0'],
            '--viewpoint is for',
        ),
        (['--cloud', 'a.npy', '--cloud-axes', 'opengl', '--up', '0,1,0'], 'several --cloud'),
    ],
)
def test_options_that_do_not_go_together(tmp_path, scene, capsys, options, expected):
    np.save(tmp_path / 'a.npy', scene)
    assert plan(tmp_path, *options) is None
    assert expected in capsys.readouterr().err


def test_axes_are_for_clouds(tmp_path, capsys):
    cv2.imwrite(str(tmp_path / 'd.png'), np.full((48, 64), 700, np.uint16))
    words = ['--depth', tmp_path / 'd.png', '--camera', '60,60,31.5,23.5', '--out', tmp_path]
    assert main(['plan', 'suction', '--cloud-axes', 'opengl', *map(str, words)]) == 2
    assert '--cloud-axes is for --cloud' in capsys.readouterr().err
