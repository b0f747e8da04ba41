"""Crop networks are shown the right crops, and their answers lie where the crops were."""

from dataclasses import replace

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.contracts.crop_contract import CropContract
from dexnet_core.planning.contracts.view_contract import JawCells
from dexnet_core.planning.perception.segment import SegmentedImage
from dexnet_core.planning.planners.crop_scorer import CropScorer, HeatmapScorer
import numpy as np
import pytest

CAMERA = CameraIntrinsics(320, 240, 525.0, 500.0, 159.5, 119.5)
CROP = CropContract('net', '1', 'suction', mean=0.6, std=0.05)
FINE = replace(CROP, form='heatmap')
COARSE = replace(FINE, stride=2)
JAW = JawCells(angles=8, offsets=(0.01,))


class Session:
    """Answers with a function of each crop, as a network of the contract's form would."""

    def __init__(self, contract, network):
        self.contract = contract
        self.network = network
        self.poses = None

    def run(self, depth, poses=None):
        self.poses = poses
        if self.contract.form == 'crop':
            return self.network(depth[:, 0])
        crop, stride = self.contract.crop, self.contract.stride
        windows = np.lib.stride_tricks.sliding_window_view(depth[0, 0], (crop, crop))
        windows = windows[::stride, ::stride]
        quality = self.network(windows.reshape(-1, crop, crop))
        return quality.reshape(1, 1, *windows.shape[:2])


def centre(crops):
    """The mean of the four middle pixels."""
    return crops[:, 15:17, 15:17].mean(axis=(1, 2)).astype(np.float32)


def along_x(crops):
    """The slope along the middle rows."""
    return (crops[:, 15:17, 20:].mean(axis=(1, 2)) - crops[:, 15:17, :12].mean(axis=(1, 2))) * 1.0


def scene(low=0.7, bump=0.65):
    """A table with a block of 12 x 8 cm on it, and the block's pixels."""
    depth = np.full(CAMERA.shape, low, np.float32)
    half_u, half_v = round(0.06 * CAMERA.fx / bump), round(0.04 * CAMERA.fy / bump)
    depth[120 - half_v : 120 + half_v, 160 - half_u : 160 + half_u] = bump
    return SegmentedImage(depth, depth < low - 0.01, CAMERA)


def ramp(direction):
    """A plane that falls away from the camera along a direction, all of a middle part object."""
    rows, columns = np.indices(CAMERA.shape)
    u, v = np.cos(direction), np.sin(direction)
    depth = (0.7 + 2e-4 * (u * (columns - 160) + v * (rows - 120))).astype(np.float32)
    objects = np.zeros(CAMERA.shape, bool)
    objects[80:160, 110:210] = True
    return SegmentedImage(depth, objects, CAMERA)


@pytest.mark.parametrize(
    ('kind', 'contract'), [(CropScorer, CROP), (HeatmapScorer, FINE), (HeatmapScorer, COARSE)]
)
def test_cells_lie_where_their_crops_were(kind, contract):
    segmented = ramp(0.4)
    scorer = kind(Session(contract, lambda crops: 1 + centre(crops)))
    prepared = scorer.prepare(segmented)
    cells = scorer.score(prepared)
    assert cells.shape[0] == 1
    assert cells.dtype == np.float32
    on = prepared.grid.on(segmented.objects, cells.shape[1:])
    assert on.sum() > 50
    rows, columns = np.nonzero(on)
    u, v = np.round(prepared.grid.pixels_of_cells(np.column_stack([columns, rows]))).astype(int).T
    above = segmented.depth[v, u] - np.median(segmented.depth[segmented.objects])
    np.testing.assert_allclose(
        cells[0][on], 1 + above / contract.std, atol=2e-4 * 3 / contract.std
    )


@pytest.mark.parametrize('contract', [FINE, COARSE])
def test_heatmap_reaches_every_object_with_its_context(contract):
    scorer = HeatmapScorer(Session(contract, centre))
    segmented = scene()
    prepared = scorer.prepare(segmented)
    heatmap = prepared.grid.heatmap(scorer.score(prepared)[0], segmented.objects)
    assert np.isfinite(heatmap[segmented.objects]).all()
    assert np.isnan(heatmap[~segmented.objects]).all()
    spacing = np.array(prepared.grid.step) / contract.stride * 0.65 / np.array([525, 500])
    np.testing.assert_allclose(spacing, contract.metres_per_pixel)


@pytest.mark.parametrize('kind', [CropScorer, HeatmapScorer])
def test_camera_at_another_height_shows_the_same(kind):
    contract = CROP if kind is CropScorer else FINE
    answers = []
    for lift in (0.0, 0.2):
        segmented = scene(0.7 + lift, 0.65 + lift)
        scorer = kind(Session(contract, lambda crops: 5 + crops.max(axis=(1, 2))))
        prepared = scorer.prepare(segmented)
        cells = scorer.score(prepared)[0]
        answers.append(cells[prepared.grid.on(segmented.objects, cells.shape)].max())
    assert 5 < answers[0] < 5 + 0.05 / contract.std
    assert answers[1] == pytest.approx(answers[0], abs=0.05)


@pytest.mark.parametrize(('kind', 'contract'), [(CropScorer, CROP), (HeatmapScorer, FINE)])
def test_crops_that_are_shown_have_the_mean_of_training(kind, contract):
    segmented = scene()
    scorer = kind(Session(contract, lambda crops: 5 + crops.mean(axis=(1, 2))))
    prepared = scorer.prepare(segmented)
    cells = scorer.score(prepared)[0]
    on = prepared.grid.on(segmented.objects, cells.shape)
    assert cells[on].mean() == pytest.approx(5, abs=0.05)
    assert cells[on].std() > 0.05


@pytest.mark.parametrize(
    ('kind', 'contract'), [(CropScorer, CROP), (HeatmapScorer, FINE), (HeatmapScorer, COARSE)]
)
@pytest.mark.parametrize('channel', [0, 1, 3, 6])
def test_channel_of_a_jaw_sees_its_closing_direction(kind, contract, channel):
    """A network that measures the slope along its rows is highest where they run downhill."""
    direction = channel * np.pi / JAW.angles
    segmented = ramp(direction)
    scorer = kind(Session(contract, along_x), JAW)
    prepared = scorer.prepare(segmented)
    cells = scorer.score(prepared)
    assert cells.shape[0] == JAW.angles
    middle = prepared.grid.cells_of_pixels(np.array([[160.0, 120.0]]))
    column, row = np.round(middle[0]).astype(int)
    assert cells[:, row, column].argmax() == channel


def test_turned_heatmaps_lie_upright():
    segmented = ramp(0.9)
    scorer = HeatmapScorer(Session(COARSE, centre), JAW)
    cells = scorer.score(scorer.prepare(segmented))
    on = scorer.prepare(segmented).grid.on(segmented.objects, cells.shape[1:])
    for turned in cells[1:]:
        np.testing.assert_allclose(turned[on], cells[0][on], atol=2e-4 * 6 / COARSE.std)


def test_suction_crops_have_the_approach_down_the_middle_column():
    """On a slope the approach leans; the surface does not change across it."""
    for direction in (0.0, 1.0, 2.5, 4.0):
        prepared = CropScorer(Session(CROP, centre)).prepare(ramp(direction))
        crops = prepared.inputs[0][:, 0]
        across = np.abs(np.diff(crops.mean(axis=1), axis=1)).mean()
        down = np.abs(np.diff(crops.mean(axis=2), axis=1)).mean()
        assert down > 5 * across


def test_poses_are_depth_and_angle_as_in_training():
    contract = replace(
        CROP, pose_inputs=('depth', 'angle'), pose_mean=(0.5, 0.1), pose_std=(0.1, 0.2)
    )
    session = Session(contract, centre)
    scorer = CropScorer(session)
    segmented = ramp(0.0)
    prepared = scorer.prepare(segmented)
    scorer.score(prepared)
    assert prepared.inputs[1].shape == (len(prepared.inputs[0]), 2)
    depth, angle = (prepared.inputs[1] * contract.pose_std + contract.pose_mean).T
    assert depth.mean() == pytest.approx(contract.mean, abs=2e-3)
    assert depth.std() > 1e-3
    slope = 2e-4 * CAMERA.fx / 0.7
    np.testing.assert_allclose(angle, np.arctan(slope), atol=0.02)
    assert session.poses is not None


def test_crops_grow_sparse_on_large_objects():
    whole = SegmentedImage(
        np.full(CAMERA.shape, 2.0, np.float32), np.ones(CAMERA.shape, bool), CAMERA
    )
    prepared = CropScorer(Session(CROP, centre)).prepare(whole)
    assert 300 < len(prepared.inputs[0]) <= 900
    far = whole._replace(depth=np.full(CAMERA.shape, 9.0, np.float32))
    with pytest.raises(ValueError, match='objects span'):
        HeatmapScorer(Session(FINE, centre)).prepare(far)


def test_a_single_object_pixel_is_enough():
    depth = np.full(CAMERA.shape, 0.7, np.float32)
    objects = np.zeros(CAMERA.shape, bool)
    objects[100, 140] = True
    for kind, contract in ((CropScorer, CROP), (HeatmapScorer, COARSE)):
        scorer = kind(Session(contract, centre))
        prepared = scorer.prepare(SegmentedImage(depth, objects, CAMERA))
        cells = scorer.score(prepared)
        assert prepared.grid.on(objects, cells.shape[1:]).any()
        assert scorer.name == 'net 1'


def test_heatmap_of_crops_does_not_fade_at_the_edges():
    segmented = scene()
    scorer = CropScorer(Session(CROP, lambda crops: np.full(len(crops), 0.5, np.float32)))
    prepared = scorer.prepare(segmented)
    heatmap = prepared.grid.heatmap(scorer.score(prepared)[0], segmented.objects)
    np.testing.assert_allclose(heatmap[segmented.objects], 0.5, atol=1e-6)


def test_worst_crop_is_not_taken_for_none():
    segmented = scene()
    scorer = CropScorer(Session(CROP, lambda crops: (np.arange(len(crops)) % 2).astype('f4')))
    prepared = scorer.prepare(segmented)
    cells = scorer.score(prepared)[tuple(prepared.cells)]
    np.testing.assert_allclose(cells, np.arange(len(cells)) % 2, atol=1e-5)
