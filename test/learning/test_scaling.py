"""Costs are counted as by hand, and measurements are of what they say."""

import shutil

from dexnet_core.cli import bench
from dexnet_core.cli.main import main
from dexnet_core.evaluation import crop_network_speed
from dexnet_core.evaluation.crop_network_speed import speed_table, time_networks
from dexnet_core.evaluation.sliding_window import slide
from dexnet_core.export.graph_cost import graph_cost
from dexnet_core.export.half import store_half
from dexnet_core.export.onnx_file import write_onnx
from dexnet_core.planning.contracts.crop_contract import CropContract
from dexnet_core.planning.networks.model_file import shipped_suction
from dexnet_core.planning.networks.session import open_session
import numpy as np
import pytest
import torch
from torch import nn

pytestmark = pytest.mark.filterwarnings('ignore')  # of the exporter, about itself
CROP = CropContract('tiny', '1', 'suction', 0.6, 0.06)


class Tiny(nn.Module):
    """A network whose cost is easily counted: one convolution and two products."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 5, stride=2, padding=2)
        self.grouped = nn.Conv2d(4, 6, 16, groups=2)
        self.full = nn.Linear(6, 3)
        self.weights = nn.Parameter(torch.randn(3, 2))

    def forward(self, crops):
        x = self.grouped(self.conv(crops)).flatten(1)
        return torch.sigmoid(self.full(x) @ self.weights).mean(dim=1)


class TinyMap(nn.Module):
    """The first of its layers as a heat map at every pixel."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 32)

    def forward(self, images):
        return torch.sigmoid(self.conv(images))


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp('tiny')
    write_onnx(folder / 'crop.onnx', Tiny(), CROP)
    heatmap = CropContract('tiny', '1', 'suction', 0.6, 0.06, 'heatmap')
    write_onnx(folder / 'map.onnx', TinyMap(), heatmap)
    return folder


@pytest.mark.parametrize('batch', [1, 7])
def test_cost_is_counted_as_by_hand(files, batch):
    cost = graph_cost(files / 'crop.onnx', [(batch, 1, 32, 32)])
    assert cost.parameters == 4 * 26 + 6 * (2 * 256 + 1) + 3 * 7 + 6
    each = 16 * 16 * 4 * 25 + 6 * 2 * 256 + 6 * 3 + 3 * 2
    assert cost.multiply_adds == batch * each


def test_cost_of_a_map_grows_with_the_image(files):
    cost = graph_cost(files / 'map.onnx', [(1, 1, 40, 50)])
    assert cost == (32 * 32 + 1, 9 * 19 * 32 * 32)


class TinyResized(nn.Module):
    """A network that enlarges its crops and repeats them, whose shapes cannot be inferred."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 5)

    def forward(self, crops):
        large = nn.functional.interpolate(crops, (64, 64), mode='bilinear')
        return torch.sigmoid(self.conv(large.expand(-1, 3, -1, -1))).mean(dim=(1, 2, 3))


def test_weights_stored_as_half_are_counted_as_well(files, tmp_path):
    shutil.copy(files / 'crop.onnx', tmp_path / 'half.onnx')
    store_half(tmp_path / 'half.onnx')
    shapes = [(2, 1, 32, 32)]
    assert graph_cost(tmp_path / 'half.onnx', shapes) == graph_cost(files / 'crop.onnx', shapes)


def test_cost_of_a_network_that_resizes_is_counted(tmp_path):
    write_onnx(tmp_path / 'resized.onnx', TinyResized(), CROP)
    cost = graph_cost(tmp_path / 'resized.onnx', [(3, 1, 32, 32)])
    assert cost == (2 * 76, 3 * 60 * 60 * 2 * 75)


@pytest.mark.parametrize('shapes', [[(1, 1, 40)], [(1, 2, 40, 40)], [], [(1, 1, 8, 8)]])
def test_inputs_that_do_not_fit_are_refused(files, shapes):
    with pytest.raises(ValueError, match=r'map\.onnx'):
        graph_cost(files / 'map.onnx', shapes)


def test_files_that_are_none_are_named(tmp_path):
    (tmp_path / 'text.onnx').write_text('hello')
    with pytest.raises(ValueError, match=r'text\.onnx'):
        graph_cost(tmp_path / 'text.onnx', [(1,)])
    with pytest.raises(FileNotFoundError):
        graph_cost(tmp_path / 'missing.onnx', [(1,)])


def test_rows_say_what_was_evaluated(files):
    paths = [files / 'crop.onnx', files / 'map.onnx']
    two, five, window, heatmap = time_networks(paths, [2, 5], [36], rounds=1)
    assert (two.candidates, five.candidates) == (2, 5)
    assert two.per_candidate == five.per_candidate
    assert (window.how, window.candidates) == ('sliding window', 25)
    assert window.per_candidate == two.per_candidate
    assert (heatmap.candidates, heatmap.multiply_adds) == (25, 25 * 1024)
    assert all(row.seconds > 0 for row in (two, five, window, heatmap))
    table = speed_table([two, heatmap])
    assert table.count('\n') == 3
    assert '| tiny 1 | heat map | 36 | 25 |' in table


def test_slide_is_the_network_at_every_place(files):
    session = open_session(files / 'crop.onnx')
    image = np.random.default_rng(0).normal(size=(35, 40)).astype(np.float32)
    quality = slide(session.run, image, 32)
    assert quality.shape == (4, 9)
    for row, column in ((0, 0), (3, 8), (2, 5)):
        crop = np.ascontiguousarray(image[row : row + 32, column : column + 32])[None, None]
        assert quality[row, column] == pytest.approx(session.run(crop)[0], abs=1e-6)


@pytest.mark.parametrize(('size', 'stride'), [((60, 70), 1), ((61, 70), 3), ((10, 400), 1)])
def test_slide_goes_through_large_images_in_parts(size, stride):
    image = np.random.default_rng(0).normal(size=size).astype(np.float32)
    parts = []

    def first_pixel(crops):
        parts.append(len(crops))
        return crops[:, 0, 0, 0]

    quality = slide(first_pixel, image, 8, stride)
    np.testing.assert_array_equal(quality, image[:-7:stride, :-7:stride])
    assert len(parts) > 1
    assert max(parts) <= max(256, quality.shape[1])


@pytest.mark.parametrize('name', ['crop.onnx', 'map.onnx'])
def test_images_that_hold_no_window_are_refused(files, name):
    with pytest.raises(ValueError, match='image side is 20'):
        time_networks([files / name], [], [20])


def test_a_network_of_whole_views_is_refused():
    with pytest.raises(ValueError, match=r'proposals\.onnx is not a crop network'):
        time_networks([shipped_suction() / 'proposals.onnx'], [1], [40])


@pytest.mark.parametrize(
    ('name', 'sides', 'message'),
    [
        ('missing.onnx', [40], r'missing\.onnx'),
        ('text.onnx', [40], r'text\.onnx'),
        ('map.onnx', [40, 32], r'image side is 32, expected over 32 pixels'),
    ],
)
def test_nothing_is_timed_before_all_is_checked(files, monkeypatch, name, sides, message):
    (files / 'text.onnx').write_text('hello')
    monkeypatch.setattr(crop_network_speed, '_timed', lambda *_: pytest.fail('timed'))
    with pytest.raises((FileNotFoundError, ValueError), match=message):
        time_networks([files / 'crop.onnx', files / name], [1], sides)


def test_command_prints_a_line_for_each_size(files, capsys):
    sizes = ['--batches', '3', '--sides', '34', '36', '--rounds', '1']
    networks = ['--files', str(files / 'crop.onnx'), str(files / 'map.onnx')]
    assert main(['bench', 'networks', *networks, *sizes]) == 0
    assert capsys.readouterr().out.count('| tiny 1 |') == 1 + 2 + 2
    assert main(['bench', 'networks']) == 2
    assert 'nothing to time' in capsys.readouterr().err


def test_two_networks_of_one_name_are_told_apart_by_their_files(files, tmp_path, capsys):
    (tmp_path / 'a').mkdir()
    for copy in ('second.onnx', 'a/crop.onnx'):
        shutil.copy(files / 'crop.onnx', tmp_path / copy)
    words = ['bench', 'networks', '--batches', '3', '--sides', '34', '--rounds', '1', '--files']
    paths = [files / 'crop.onnx', tmp_path / 'second.onnx', files / 'map.onnx']
    assert main([*words, *map(str, paths)]) == 0
    table = capsys.readouterr().out
    assert [table.count(f'| {name} |') for name in ('crop', 'second', 'tiny 1')] == [2, 2, 1]
    assert main([*words, str(files / 'crop.onnx'), str(tmp_path / 'a' / 'crop.onnx')]) == 0
    assert capsys.readouterr().out.count(f'| {tmp_path / "a" / "crop.onnx"} |') == 2


def test_dexnets_own_network_can_be_timed(capsys):
    class Planner:
        model = 'ours 1'

    bench._compare(Planner(), (36, 40), network_ms=1.0, threads=1)
    printed = capsys.readouterr().out
    assert 'ours 1: 1.0 ms' in printed
    assert 'original high-resolution network' in printed
