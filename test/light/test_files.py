"""Reading what people have, and refusing what cannot be used, with the file's name."""

import json

import cv2
from dexnet_core.files.atomic import atomic_path, read_arrays, write_arrays
from dexnet_core.files.images import (
    read_camera,
    read_cloud_mask,
    read_depth,
    read_depth_image,
    read_mask,
    write_picture,
)
import numpy as np
import pytest
from scipy.io import savemat

SHAPE = (6, 8)


def test_float_metres_and_uint16_millimetres_read_alike(tmp_path):
    depth = np.random.default_rng(0).integers(300, 2000, SHAPE).astype(np.uint16)
    np.save(tmp_path / 'm.npy', (depth * 1e-3).astype(np.float64)[..., None])
    cv2.imwrite(str(tmp_path / 'mm.png'), depth)
    np.testing.assert_allclose(
        read_depth(tmp_path / 'm.npy'), read_depth(tmp_path / 'mm.png'), rtol=1e-6
    )


CAMERA_INFO = """
image_width: 8
image_height: 6
camera_matrix: {rows: 3, cols: 3, data: [9, 0, 4, 0, 8, 3, 0, 0, 1]}
"""
MESSAGE = """
width: 8
height: 6
k: [1, 0, 0, 0, 1, 0, 0, 0, 1]
p: [9, 0, 4, 0, 0, 8, 3, 0, 0, 0, 1, 0]
"""
INTR = json.dumps({'_fx': 9, '_fy': 8, '_cx': 4, '_cy': 3, '_width': 8, '_height': 6, '_K': 0})


@pytest.mark.parametrize(
    ('name', 'text'),
    [
        ('c.yaml', CAMERA_INFO),
        ('m.yaml', MESSAGE),
        ('echo.yaml', MESSAGE + '---\n'),
        ('twice.yaml', f'---{MESSAGE}---{MESSAGE.replace("9", "5")}---\n'),
        ('c.intr', INTR),
        ('', ''),
    ],
)
def test_every_way_to_give_a_camera(tmp_path, name, text):
    (tmp_path / (name or 'unused')).write_text(text)
    camera = read_camera(str(tmp_path / name) if name else '9,8,4,3', SHAPE)
    assert (camera.fx, camera.fy, camera.cx, camera.cy, *camera.shape) == (9, 8, 4, 3, 6, 8)


@pytest.mark.parametrize(
    ('name', 'text'),
    [
        ('zero.yaml', CAMERA_INFO.replace('9', '0', 1)),
        ('size.yaml', CAMERA_INFO.replace('8', '80', 1)),
        ('list.yaml', '[1, 2]'),
        ('broken.yaml', 'a: [1'),
        ('empty.intr', '{}'),
        ('infinite.yaml', CAMERA_INFO.replace('8', '.inf', 1)),
        ('short.yaml', 'width: 8\nheight: 6\nk: [9]'),
        ('unsafe.yaml', '!!python/object/apply:os.getcwd []'),
    ],
)
def test_what_is_no_camera_is_refused_by_name(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=name):
        read_camera(str(tmp_path / name), SHAPE)


def test_a_matrix_takes_the_size_of_the_image(tmp_path):
    matrix = np.array([[9, 0, 4], [0, 8, 3], [0, 0, 1]])
    np.save(tmp_path / 'camK.npy', matrix)
    savemat(tmp_path / '0000.mat', {'intrinsic_matrix': matrix, 'factor_depth': 1000})
    for name in ('camK.npy', '0000.mat'):
        camera = read_camera(str(tmp_path / name), SHAPE)
        assert (camera.fx, camera.fy, camera.cx, camera.cy, *camera.shape) == (9, 8, 4, 3, 6, 8)
    np.save(tmp_path / 'turned.npy', matrix.T)
    np.save(tmp_path / 'short.npy', matrix[:2])
    savemat(tmp_path / 'other.mat', {'poses': matrix})
    (tmp_path / 'text.mat').write_text('no')
    for name in ('turned.npy', 'short.npy', 'other.mat', 'text.mat'):
        with pytest.raises(ValueError, match=f'{name} is not a camera'):
            read_camera(str(tmp_path / name), SHAPE)


def test_a_camera_may_say_the_units_of_its_depth(tmp_path):
    matrix = np.array([[9, 0, 4], [0, 8, 3], [0, 0, 1]])
    cv2.imwrite(str(tmp_path / 'depth.png'), np.full(SHAPE, 7500, np.uint16))
    for factor, metres in ((1000, 7.5), (10000, 0.75)):
        savemat(tmp_path / 'meta.mat', {'intrinsic_matrix': matrix, 'factor_depth': factor})
        image = read_depth_image(tmp_path / 'depth.png', str(tmp_path / 'meta.mat'))
        np.testing.assert_allclose(image.depth, metres, rtol=1e-6)
        assert (image.camera.fx, image.mask) == (9, None)
    for wrong in (0, [1, 2], 'no'):
        savemat(tmp_path / 'meta.mat', {'intrinsic_matrix': matrix, 'factor_depth': wrong})
        with pytest.raises(ValueError, match=r'meta\.mat is not a camera: factor_depth is'):
            read_depth_image(tmp_path / 'depth.png', str(tmp_path / 'meta.mat'))


def test_camera_that_is_neither_file_nor_numbers():
    with pytest.raises(FileNotFoundError, match='nowhere'):
        read_camera('nowhere.yaml', SHAPE)
    with pytest.raises(ValueError, match='fx,fy,cx,cy'):
        read_camera('1,2,3,four', SHAPE)
    with pytest.raises(ValueError, match='fx'):
        read_camera('0,2,3,4', SHAPE)


@pytest.mark.parametrize(
    'name',
    ['text.npy', 'text.png', 'pickle.npy', 'colour.png', 'empty.png', 'archive.npy', 'half.npy'],
)
def test_what_is_no_depth_image_is_refused_by_name(tmp_path, name):
    path = tmp_path / name
    if name == 'pickle.npy':
        np.save(path, np.array([{}], object), allow_pickle=True)
    elif name == 'empty.png':
        path.write_bytes(b'')
    elif name == 'archive.npy':
        with path.open('wb') as file:
            np.savez(file, a=np.zeros(SHAPE))
    elif name == 'half.npy':
        np.save(path, np.zeros(SHAPE))
        path.write_bytes(path.read_bytes()[:200])
    elif name == 'colour.png':
        cv2.imwrite(str(path), np.zeros((6, 8, 3), np.uint8))
    else:
        path.write_text('not an image')
    with pytest.raises(ValueError, match=name):
        read_depth(path)


def test_missing_files_are_named(tmp_path):
    for name in ('no.npy', 'no.png'):
        with pytest.raises(FileNotFoundError, match=name):
            read_depth(tmp_path / name)


def test_mask_is_what_is_not_zero(tmp_path):
    image = np.zeros(SHAPE, np.uint8)
    image[2:4] = 7
    cv2.imwrite(str(tmp_path / 'grey.png'), image)
    cv2.imwrite(str(tmp_path / 'colour.png'), np.dstack([image] * 3))
    for name in ('grey.png', 'colour.png'):
        np.testing.assert_array_equal(read_mask(tmp_path / name), image > 0)


def test_only_a_cloud_has_a_flat_mask(tmp_path):
    np.save(tmp_path / 'flat.npy', np.array([0, 1, 2]))
    assert read_cloud_mask(tmp_path / 'flat.npy').tolist() == [False, True, True]
    with pytest.raises(ValueError, match=r'flat\.npy has shape \(3,\), expected a mask \(height'):
        read_mask(tmp_path / 'flat.npy')
    np.save(tmp_path / 'deep.npy', np.arange(24).reshape(2, 3, 4))
    with pytest.raises(ValueError, match=r'deep\.npy has shape'):
        read_cloud_mask(tmp_path / 'deep.npy')


@pytest.mark.parametrize('name', ['sheet', 'sheet.unknown', 'folder.png', '.'])
def test_what_is_no_picture_is_refused_before_anything_is_written(tmp_path, name):
    (tmp_path / 'folder.png').mkdir()
    with pytest.raises(ValueError, match='expected a'):
        write_picture(tmp_path / name, np.zeros(SHAPE, np.uint8))
    assert [path.name for path in tmp_path.iterdir()] == ['folder.png']


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / 'a.npz'
    write_arrays(path, x=np.arange(3))

    def fill_the_disk():
        with atomic_path(path) as scratch:
            scratch.write_bytes(b'half')
            raise OSError('disk full')

    with pytest.raises(OSError, match='disk full'):
        fill_the_disk()
    np.testing.assert_array_equal(read_arrays(path, 'x')[0], [0, 1, 2])
    assert [file.name for file in tmp_path.iterdir()] == ['a.npz']


def test_truncated_and_foreign_archives_are_refused_by_name(tmp_path):
    path = tmp_path / 'a.npz'
    write_arrays(path, x=np.arange(1000))
    with pytest.raises(ValueError, match=r'a\.npz does not hold arrays y: it has x$'):
        read_arrays(path, 'y')
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match=r'a\.npz'):
        read_arrays(path, 'x')
