"""Depth is read in metres from what cameras and programs write, or refused with the reason."""

import json

import cv2
from dexnet_core.cli.main import main
from dexnet_core.io.files.depth_files import read_depth
from dexnet_core.io.files.depth_images import read_depth_image
import numpy as np
import pytest

SHAPE = (60, 80)
METRES = np.random.default_rng(0).uniform(0.4, 0.7, SHAPE).astype(np.float32)
METRES[:5] = 0
MILLIMETRES = np.rint(METRES * 1000).astype(np.uint16)
CAMERA = '80,80,39.5,29.5'


def write(path, image):
    if path.suffix == '.npy':
        np.save(path, image)
    elif not cv2.imwrite(str(path), image):
        pytest.skip(f'OpenCV writes no {path.suffix} here')
    return path


@pytest.mark.parametrize(
    ('name', 'image'),
    [
        ('metres.npy', METRES),
        ('double.npy', METRES.astype(float)),
        ('column.npy', METRES[..., None]),
        ('first.npy', METRES[None]),
        ('copies.npy', np.dstack([METRES] * 3)),
        ('metres.tif', METRES),
        ('metres.pfm', METRES),
        ('mm.npy', MILLIMETRES),
        ('mm.png', MILLIMETRES),
        ('mm.tiff', MILLIMETRES),
        ('copies.png', np.dstack([MILLIMETRES] * 3)),
    ],
)
def test_metres_of_floating_point_and_millimetres_of_uint16(tmp_path, name, image):
    np.testing.assert_allclose(read_depth(write(tmp_path / name, image)), METRES, atol=5.1e-4)


@pytest.mark.parametrize(
    'arrays',
    [
        {'depth': METRES, 'other': METRES[:9]},
        {'DEPTH': METRES, 'rgb': np.ones((*SHAPE, 3))},
        {'arr_0': METRES[..., None], 'K': np.eye(3), 'rgb': np.ones((*SHAPE, 3))},
    ],
)
def test_an_archive_has_depth_by_name_or_as_its_only_image(tmp_path, arrays):
    np.savez(tmp_path / 'a.npz', **arrays)
    np.testing.assert_array_equal(read_depth(tmp_path / 'a.npz'), METRES)


def test_an_archive_with_objects_in_it_is_read_without_them(tmp_path):
    np.savez(tmp_path / 'a.npz', depth=METRES, extra=np.array([{}], object))
    np.testing.assert_array_equal(read_depth(tmp_path / 'a.npz'), METRES)
    np.savez(tmp_path / 'two.npz', a=METRES, b=METRES)
    with pytest.raises(ValueError, match=r'two\.npz has a \(60, 80\), b .*, expected an array n'):
        read_depth(tmp_path / 'two.npz')


@pytest.mark.parametrize('scale', [0.001, 0.00025, 0.0001, 0.01])
@pytest.mark.parametrize('kind', ['uint16', 'int32', 'uint32', 'int64', 'float32'])
def test_a_scale_says_the_units(tmp_path, scale, kind):
    stored = np.rint(METRES / scale).astype(kind)
    got = read_depth(write(tmp_path / 'a.npy', stored), scale)
    np.testing.assert_allclose(got, METRES, atol=0.51 * scale)


def test_a_scale_takes_8_bits_and_shares_as_lengths(tmp_path):
    stored = np.rint(METRES * 100).astype(np.uint8)
    np.testing.assert_allclose(
        read_depth(write(tmp_path / 'cm.png', stored), 0.01), METRES, atol=0.0051
    )
    clipped = np.minimum(METRES + 0.4, 1)
    np.testing.assert_array_equal(read_depth(write(tmp_path / 'c.npy', clipped), 1.0), clipped)


def buffer(depth, near=0.01, far=10.0):
    """Return the z-buffer that OpenGL would have, 1 where there is nothing."""
    seen = np.where(depth > 0, depth, far)
    return (far / (far - near) * (1 - near / seen)).astype(np.float32)


COLOURS = cv2.applyColorMap((METRES * 255).astype(np.uint8), cv2.COLORMAP_JET)


@pytest.mark.parametrize(
    ('name', 'image', 'reason'),
    [
        ('grey.png', (METRES * 255).astype(np.uint8), 'it has 8 bits, 0 to 178: a grey image'),
        ('grey3.png', np.dstack([(METRES * 255).astype(np.uint8)] * 3), 'it has 8 bits'),
        ('jet.png', COLOURS, 'a colour image'),
        ('jet.jpg', COLOURS, 'a colour image'),
        ('jet.npy', np.dstack([COLOURS, COLOURS[..., 0]]), 'a colour image'),
        ('points.npy', np.random.default_rng(0).normal(size=(*SHAPE, 3)), 'points, which --cloud'),
        ('opengl.npy', -METRES, 'every depth is negative, as OpenGL looks along -z: save -depth'),
        ('opengl_int.npy', -MILLIMETRES.astype(np.int16), 'every depth is negative'),
        ('buffer.npy', buffer(METRES), 'is it a z-buffer?'),
        ('buffer.tif', buffer(METRES, 0.1, 100), 'is it a z-buffer?'),
        ('mm.npy', METRES * 1000, 'is it in millimetres? Then give --depth-scale'),
        ('fine.npy', np.full(SHAPE, 60000, np.uint16), 'Then give --depth-scale'),
        ('int.npy', MILLIMETRES.astype(np.int32), 'need a depth scale'),
        ('complex.npy', METRES.astype(complex), 'expected floating point'),
        ('rows.npy', METRES[0], 'expected (height, width)'),
        ('stack.npy', np.stack([METRES] * 7), 'expected (height, width)'),
    ],
)
def test_what_is_no_depth_says_what_it_looks_like(tmp_path, name, image, reason):
    with pytest.raises(ValueError, match=name) as refused:
        read_depth(write(tmp_path / name, image))
    assert reason in str(refused.value)


def test_an_exr_that_cannot_be_read_says_what_can(tmp_path):
    (tmp_path / 'a.exr').write_bytes(b'v/1\x01')
    with pytest.raises(ValueError, match=r'a\.exr is not an image.*save it as \.npy or as \.tif'):
        read_depth(tmp_path / 'a.exr')


@pytest.mark.parametrize(
    'image',
    [
        np.where(METRES > 0, METRES, np.inf),
        np.where(METRES > 0, METRES, np.nan),
        np.where(METRES > 0, METRES, -1),
        np.where(METRES > 0.6, METRES, 1e10),
    ],
)
def test_background_of_simulators_is_not_measured_for_the_units(tmp_path, image):
    got = read_depth(write(tmp_path / 'a.npy', image))
    np.testing.assert_allclose(got[METRES > 0.6], METRES[METRES > 0.6])


def test_a_z_buffer_without_a_background_is_told(tmp_path, caplog):
    read_depth(write(tmp_path / 'far.npy', METRES[5:] + 0.3))
    assert not caplog.text
    read_depth(write(tmp_path / 'a.npy', buffer(METRES[5:])))
    assert 'a.npy is 0.9 to 1 throughout: if it is a z-buffer, z = near * far /' in caplog.text


def test_the_largest_number_of_16_bits_is_unseen(tmp_path):
    stored = np.where(METRES > 0.6, MILLIMETRES, 65535).astype(np.uint16)
    got = read_depth(write(tmp_path / 'a.png', stored))
    np.testing.assert_allclose(got, np.where(METRES > 0.6, METRES, 0), atol=5.1e-4)


def test_one_metre_throughout_is_depth(tmp_path):
    np.testing.assert_array_equal(read_depth(write(tmp_path / 'a.npy', np.ones(SHAPE))), 1)


def test_what_a_person_says_of_units_goes_before_the_camera(tmp_path):
    path = write(tmp_path / 'a.npy', MILLIMETRES)
    (tmp_path / 'c.json').write_text(
        json.dumps({'fx': 80, 'fy': 80, 'ppx': 39.5, 'ppy': 29.5, 'depth_scale': 0.0005})
    )
    np.testing.assert_allclose(
        read_depth_image(path, str(tmp_path / 'c.json')).depth, MILLIMETRES * 5e-4, rtol=1e-5
    )
    np.testing.assert_allclose(
        read_depth_image(path, str(tmp_path / 'c.json'), scale=0.001).depth,
        MILLIMETRES * 1e-3,
        rtol=1e-5,
    )


def test_fine_units_taken_for_millimetres_are_told(tmp_path, caplog):
    read_depth_image(write(tmp_path / 'mm.npy', MILLIMETRES), CAMERA)
    assert not caplog.text
    read_depth_image(write(tmp_path / 'l515.png', MILLIMETRES * 4), CAMERA)
    assert 'l515.png is read as millimetres, and its median depth is 2.' in caplog.text


def test_an_archive_may_have_its_camera_in_it(tmp_path):
    K = np.array([[80, 0, 39.5], [0, 80, 29.5], [0, 0, 1]])  # noqa: N806
    np.savez(tmp_path / 'a.npz', depth=METRES, K=K, segmap=METRES > 0)
    image = read_depth_image(tmp_path / 'a.npz', None)
    assert (image.camera.fx, image.camera.cx, image.camera.shape) == (80, 39.5, SHAPE)


@pytest.mark.parametrize(
    ('scale', 'reason'),
    [
        ('1000', '--depth-scale is 1000.0, expected metres per unit, such as 0.001'),
        ('0', '--depth-scale is 0.0, expected'),
        ('-0.001', '--depth-scale is -0.001, expected'),
        ('nan', '--depth-scale is nan, expected'),
    ],
)
def test_a_scale_is_metres_per_unit(tmp_path, capsys, scale, reason):
    depth = write(tmp_path / 'a.npy', MILLIMETRES)
    words = ['--depth', depth, '--camera', CAMERA, f'--depth-scale={scale}', '--out', tmp_path]
    assert main(['plan', 'suction', *map(str, words)]) == 2
    assert reason in capsys.readouterr().err
