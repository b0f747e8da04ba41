"""Mapped rows: exact, small in memory, and honest about a file that lost its end."""

import os
from pathlib import Path

from dexnet_core.datasets.crops.disk_rows import create_rows, DiskRows, write_rows
import numpy as np
import pytest


def held_mb():
    """Megabytes that this process holds, shared pages included."""
    lines = Path('/proc/self/status').read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith('VmRSS:'))


@pytest.mark.parametrize('shape', [(), (7,), (31, 33), (32, 32), (96, 96)])
def test_rows_are_read_as_written(tmp_path, shape):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(50, *shape)).astype(np.float32)
    create_rows(tmp_path / 'rows.npy', values.shape, 'float32')
    for first in (20, 0, 40):
        write_rows(tmp_path / 'rows.npy', first, values[first : first + 20])
    rows = DiskRows(tmp_path / 'rows.npy')
    assert rows.shape == values.shape
    for index in (
        np.arange(50),
        rng.integers(0, 50, 200),
        np.zeros(0, int),
        np.array([49]),
        np.array([49, 1]),
    ):
        np.testing.assert_array_equal(rows.read(index), values[index])


@pytest.mark.parametrize('shape', [(16_384, 32, 32), (4_000_000, 4)])
def test_reading_everything_holds_next_to_nothing(tmp_path, shape):
    create_rows(tmp_path / 'rows.npy', shape, 'float32')
    rows = DiskRows(tmp_path / 'rows.npy')
    rng = np.random.default_rng(0)
    rows.read(rng.integers(0, shape[0], 256))
    before = held_mb()
    most = 0
    for _ in range(100):
        rows.read(rng.integers(0, shape[0], 256))
        most = max(most, held_mb())
    size = np.prod(shape) * 4 / 2**20
    assert size > 60
    assert most - before < size / 2


def test_a_file_that_lost_its_end_is_named(tmp_path):
    create_rows(tmp_path / 'rows.npy', (50, 32, 32), 'float32')
    rows = DiskRows(tmp_path / 'rows.npy')
    os.truncate(tmp_path / 'rows.npy', 40 * 4096)
    for index in ([45], [2, 45], [45, 46]):
        with pytest.raises(ValueError, match=r'rows\.npy ends before byte'):
            rows.read(np.array(index))
    with pytest.raises(ValueError, match=r'rows\.npy is not an array'):
        DiskRows(tmp_path / 'rows.npy')
