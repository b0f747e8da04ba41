"""Reading what people have, and refusing what cannot be used, with the file's name."""

import subprocess
import sys

import cv2
from dexnet_core.io.files.atomic import atomic_path, read_arrays, write_arrays
from dexnet_core.io.files.depth_files import read_depth
from dexnet_core.io.files.folder_lock import folder_lock
from dexnet_core.io.files.image_files import write_picture
import numpy as np
import pytest

SHAPE = (6, 8)


def test_float_metres_and_uint16_millimetres_read_alike(tmp_path):
    depth = np.random.default_rng(0).integers(300, 2000, SHAPE).astype(np.uint16)
    np.save(tmp_path / 'm.npy', (depth * 1e-3).astype(np.float64)[..., None])
    cv2.imwrite(str(tmp_path / 'mm.png'), depth)
    np.testing.assert_allclose(
        read_depth(tmp_path / 'm.npy'), read_depth(tmp_path / 'mm.png'), rtol=1e-6
    )


@pytest.mark.parametrize(
    'name',
    [
        *('text.npy', 'text.png', 'pickle.npy', 'colour.png', 'empty.png', 'archive.npy'),
        *('half.npy', 'head.npy', 'zip.npy'),
    ],
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
    elif name == 'head.npy':
        np.save(path, np.zeros(SHAPE))
        path.write_bytes(path.read_bytes().replace(b')', b'(', 1))
    elif name == 'zip.npy':
        path.write_bytes(b'PK\x03\x04 and no more')
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


OTHER = """
from pathlib import Path
import sys
from dexnet_core.io.files.folder_lock import folder_lock
with folder_lock(Path(sys.argv[1])):
    print('in', flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_free_again_once_the_program_in_it_is_killed(tmp_path):
    folder = tmp_path / 'made'
    command = [sys.executable, '-c', OTHER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        with pytest.raises(ValueError, match='another program works in'), folder_lock(folder):
            pass
        other.kill()
        other.wait()
    with folder_lock(folder):
        assert folder.is_dir()
