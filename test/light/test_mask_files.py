"""Masks and labels are read as they are stored, and one object can be named."""

import json
import zlib

import cv2
from dexnet_core.cli.main import main
from dexnet_core.io.files.mask_files import read_selection
import numpy as np
import pytest

SHAPE = (24, 32)
LABELS = np.zeros(SHAPE, np.uint8)
LABELS[2:8, 3:9], LABELS[12:20, 15:28], LABELS[3:6, 20:30] = 1, 2, 5
MASK = LABELS > 0
BLACK, RED, GREEN, GREY = (0, 0, 0), (255, 0, 0), (0, 255, 0), (9, 9, 9)


def chunk(name, body):
    return len(body).to_bytes(4, 'big') + name + body + zlib.crc32(name + body).to_bytes(4, 'big')


def write_palette(path, indices, palette, *, bits=8, more=()):
    """Write a PNG as the standard says: a header, the palette, and rows without a filter."""
    places = np.arange(bits)[::-1]
    rows = [
        np.packbits((row[:, None] >> places) & 1).tobytes() for row in indices.astype(np.uint8)
    ]
    height, width = indices.shape
    header = width.to_bytes(4, 'big') + height.to_bytes(4, 'big') + bytes([bits, 3, 0, 0, 0])
    pixels = zlib.compress(b''.join(b'\0' + row for row in rows))
    chunks = [
        (b'IHDR', header),
        (b'PLTE', bytes(np.ravel(palette).tolist())),
        *more,
        (b'IDAT', pixels),
    ]
    parts = [chunk(*one) for one in [*chunks, (b'IEND', b'')]]
    path.write_bytes(b'\x89PNG\r\n\x1a\n' + b''.join(parts))
    return path


def write(path, values):
    if path.suffix == '.npy':
        np.save(path, values)
    elif path.suffix == '.npz':
        np.savez(path, **values)
    else:
        assert cv2.imwrite(str(path), values)
    return path


@pytest.mark.parametrize(
    ('name', 'values'),
    [
        ('bool.npy', MASK),
        ('flat.npy', MASK.ravel()),
        ('column.npy', MASK.reshape(-1, 1)),
        ('channel.npy', MASK[..., None]),
        ('first.npy', MASK[None]),
        ('soft.npy', np.where(MASK, 0.97, 0.003)),
        ('soft.png', np.where(MASK, 247, 1).astype(np.uint8)),
        ('m01.png', MASK.astype(np.uint8)),
        ('m255.png', 255 * MASK.astype(np.uint8)),
        ('white.png', np.dstack([255 * MASK.astype(np.uint8)] * 3)),
        ('lossy.jpg', 255 * np.kron(MASK, np.ones((1, 1))).astype(np.uint8)),
        ('m.npz', {'mask': MASK, 'depth': np.ones(SHAPE)}),
        ('only.npz', {'arr_0': MASK}),
    ],
)
def test_a_mask_is_read_in_its_ways(tmp_path, name, values):
    found = read_selection(write(tmp_path / name, values), SHAPE)
    assert found.labels is None
    np.testing.assert_array_equal(found.mask, MASK)


@pytest.mark.parametrize(
    ('name', 'values'),
    [
        ('ids.png', LABELS),
        ('ids16.png', LABELS.astype(np.uint16)),
        ('ids.npy', LABELS.astype(np.int64)),
        ('flat.npy', LABELS.ravel().astype(float)),
        ('scene.npz', {'depth': np.ones(SHAPE), 'segmap': LABELS.astype(float), 'K': np.eye(3)}),
    ],
)
def test_labels_are_read_and_one_can_be_named(tmp_path, name, values):
    path = write(tmp_path / name, values)
    found = read_selection(path, SHAPE)
    assert found.mask is None
    np.testing.assert_array_equal(found.labels, LABELS)
    np.testing.assert_array_equal(read_selection(path, SHAPE, 5).labels, 5 * (LABELS == 5))
    with pytest.raises(ValueError, match=rf'{name}: label 3 is not in the mask, which has 1, 2'):
        read_selection(path, SHAPE, 3)


@pytest.mark.parametrize('bits', [4, 8])
@pytest.mark.parametrize('more', [(), ((b'tRNS', b'\0\xff'),)])
def test_a_palette_of_colours_is_read_as_its_numbers(tmp_path, bits, more):
    palette = [BLACK, RED, GREEN, GREY, RED, RED]
    path = write_palette(tmp_path / 'p.png', LABELS, palette, bits=bits, more=more)
    np.testing.assert_array_equal(read_selection(path, SHAPE).labels, LABELS)
    np.testing.assert_array_equal(read_selection(path, SHAPE, 5).labels, 5 * (LABELS == 5))


@pytest.mark.parametrize('palette', [[(255, 255, 255), BLACK], [GREEN, BLACK]])
def test_a_palette_that_a_tool_has_ordered_is_read_as_its_colours(tmp_path, palette):
    path = write_palette(tmp_path / 'p.png', ~MASK, palette, bits=1)
    found = read_selection(path, SHAPE)
    where = found.mask if found.labels is None else found.labels > 0
    np.testing.assert_array_equal(where, MASK)


def test_a_palette_that_is_broken_is_refused_by_name(tmp_path):
    path = write_palette(tmp_path / 'p.png', LABELS, [BLACK, RED, GREEN, GREY, RED, RED])
    whole = path.read_bytes()
    for length in (10, 30, 45, 60):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r'p\.png'):
            read_selection(path, SHAPE)


def test_what_is_odd_about_a_mask_is_told(tmp_path, caplog):
    inverted = np.ones(SHAPE, bool)
    inverted[8:12, 8:12] = False
    read_selection(write(tmp_path / 'm.npy', inverted), SHAPE)
    assert 'm.npy: the mask covers' in caplog.text


@pytest.fixture
def scene(tmp_path):
    """Files of two boxes on a table, one nearer, and of which pixel shows which."""
    depth = np.full((240, 320), 0.7, np.float32)
    labels = np.zeros(depth.shape, np.uint8)
    for number, columns in ((3, slice(60, 130)), (7, slice(190, 260))):
        depth[90:150, columns], labels[90:150, columns] = 0.65 - 0.003 * number, number
    np.save(tmp_path / 'depth.npy', depth)
    cv2.imwrite(str(tmp_path / 'labels.png'), labels)
    y, x = np.mgrid[:240, :320]
    cloud = np.dstack([(x - 159.5) * depth / 300, (y - 119.5) * depth / 300, depth])
    np.save(tmp_path / 'cloud.npy', cloud)
    return tmp_path


IMAGE = ('--depth', 'depth.npy', '--camera', '300,300,159.5,119.5')
CLOUD = ('--cloud', 'cloud.npy')


def plan(scene, *options):
    words = [str(scene / word) if '.' in word and ',' not in word else word for word in options]
    status = main(['plan', 'suction', *words, '--out', str(scene / 'out')])
    if status:
        return status, set()
    grasps = json.loads((scene / 'out' / 'grasps.json').read_text())['grasps']
    return status, {(grasp['object_id'], grasp['position'][0] > 0) for grasp in grasps}


@pytest.mark.parametrize('given', [IMAGE, CLOUD])
def test_grasps_say_their_object_and_stay_on_the_one_that_is_named(scene, given):
    assert plan(scene, *given, '--mask', 'labels.png') == (0, {(3, False), (7, True)})
    status, found = plan(scene, *given, '--mask', 'labels.png', '--label', '7')
    assert (status, {right for _, right in found}) == (0, {True})


@pytest.mark.parametrize(
    ('options', 'expected'),
    [
        (['--mask', 'labels.png', '--label', '2'], 'label 2 is not in the mask, which has 3, 7'),
        (['--label', '2'], '--label is for --mask'),
    ],
)
def test_a_label_that_is_not_there_is_one_line(scene, capsys, options, expected):
    assert plan(scene, *IMAGE, *options) == (2, set())
    (line,) = capsys.readouterr().err.splitlines()
    assert expected in line
