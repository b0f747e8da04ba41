"""What a user sees of crop data: sheets, statistics and the comparison of readers."""

from functools import partial
from itertools import count
from types import SimpleNamespace

import cv2
from dexnet_core.cli.main import main
from dexnet_core.datasets.crops import crop_speed
from dexnet_core.datasets.crops.crop_cache import open_crops
from dexnet_core.datasets.crops.crop_sheet import draw_sheet
from dexnet_core.datasets.crops.crop_speed import compare_data, data_table, write_synthetic
from dexnet_core.datasets.crops.releases import DEXNET_2, DEXNET_3, DEXNET_4_SUCTION
import numpy as np
import pytest
from test_crops import write_release
import torch

GREEN, RED, YELLOW = (60, 200, 60), (60, 60, 230), (0, 220, 255)


def has(picture, colour):
    return (picture == colour).all(axis=-1)


@pytest.mark.parametrize('release', [DEXNET_2, DEXNET_3, DEXNET_4_SUCTION])
def test_good_crops_have_green_frames(tmp_path, release):
    _, _, metric = write_release(tmp_path / 'suction', release, files=1)
    crops = open_crops(tmp_path / 'suction')
    rows = np.arange(7)
    picture = draw_sheet(crops, rows)
    corners = picture[0, :: picture.shape[1] // 8][:8]
    for corner, good in zip(corners, metric > release.threshold, strict=False):
        assert tuple(corner) == (GREEN if good else RED)
    assert not has(corners[7:], GREEN).any()
    assert not has(corners[7:], RED).any()


def test_plates_are_as_far_apart_as_the_jaw_is_open(tmp_path):
    write_release(tmp_path, DEXNET_2, files=1)
    path = tmp_path / 'hand_poses_00000.npz'
    with np.load(path) as archive:
        poses = archive['arr_0']
    poses[:, 6] = 37.5
    np.savez_compressed(path, poses)
    picture = draw_sheet(open_crops(tmp_path), np.array([0]))
    plates = np.flatnonzero(has(picture, YELLOW)[5 + 96 - 12, :202])
    assert np.ptp(plates) == pytest.approx(37.5 / 96 * 192, abs=5)


def test_commands(tmp_path, capsys):
    write_release(tmp_path / 'data', DEXNET_3)
    sheet = tmp_path / 'out' / 'sheet.png'
    assert main(['visualize', str(tmp_path / 'data'), '--out', str(sheet), '--crops', '9']) == 0
    assert cv2.imread(str(sheet)).shape[2] == 3
    assert main(['analyze', 'stats', str(tmp_path / 'data')]) == 0
    assert '47 crops, dexnet_3' in capsys.readouterr().out
    assert (tmp_path / 'data' / 'cache' / 'stats.json').exists()


@pytest.mark.parametrize(
    ('command', 'message'),
    [
        (['visualize', 'nowhere', '--out', 'x.png'], 'nowhere is not a folder'),
        (['visualize', 'nowhere', '--out', 'sheet'], "picture sheet ends in ''"),
        (['visualize', 'nowhere', '--out', 'x.png', '--views', '3'], 'nowhere is not a folder'),
        (['visualize', '.', '--out', 'x.png', '--crops', '0'], 'crops is 0'),
        (['analyze', 'stats', 'nowhere'], 'nowhere is not a folder'),
        (['bench', 'data', 'nowhere'], 'nowhere is not a folder'),
        (['bench', 'data', '.', '--synthetic', '9'], 'exists'),
    ],
)
def test_mistakes_are_said_in_one_line(tmp_path, monkeypatch, capsys, command, message):
    monkeypatch.chdir(tmp_path)
    assert main(command) == 2
    assert message in capsys.readouterr().err


def test_readers_are_compared_on_the_same_files(tmp_path):
    write_synthetic(tmp_path, DEXNET_3, 1500)
    found = compare_data(tmp_path, batches=4)
    assert found.rows == 1500
    assert np.isfinite([found.mapped, found.in_memory]).all()
    assert data_table(found).count('|') == 25
    with pytest.raises(ValueError, match='1500 crops, expected 5376'):
        compare_data(tmp_path, batches=20)


def test_rates_are_those_of_the_clock(tmp_path, monkeypatch):
    """Every look at the clock is two seconds after the last: each thing measured takes two."""
    clock = SimpleNamespace(perf_counter=partial(next, count(0, 2)))
    monkeypatch.setattr(crop_speed, 'time', clock)
    monkeypatch.setattr(crop_speed, '_in_fresh_process', lambda work, *args: work(*args))
    monkeypatch.setattr(torch, 'set_num_threads', lambda number: None)
    write_synthetic(tmp_path, DEXNET_3, 1500)
    found = compare_data(tmp_path, batches=4)
    assert found.unpack_s == 2
    for way in (found.mapped, found.in_memory):
        assert (way.start_s, way.crops_per_s) == (2, 4 * 256 / 2)
