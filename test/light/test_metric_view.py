"""The same metric patch looks the same, wherever the camera hangs."""

from dataclasses import replace

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.contracts.view_contract import ModelContract
from dexnet_core.planning.perception.metric_view import (
    CHANNELS,
    metric_view,
    MOST_PIXELS,
    PixelBox,
)
import numpy as np
import pytest

CONTRACT = ModelContract('test', '1', 'suction')


def camera_of(focal: float) -> CameraIntrinsics:
    return CameraIntrinsics(640, 480, focal, focal, 319.5, 239.5)


def box_on_table(distance: float, focal: float) -> np.ndarray:
    """Depth of a 100 x 60 x 10 mm box, seen from straight above; its top is at `distance`."""
    half = np.array([0.05, 0.03]) * focal / distance
    v, u = np.mgrid[:480, :640]
    top = (np.abs(u - 319.5) < half[0]) & (np.abs(v - 239.5) < half[1])
    return np.where(top, distance, distance + 0.01).astype(np.float32)


def middle(view) -> np.ndarray:
    """The 240 x 160 mm around the principal point."""
    h, w = (round(side * scale) for side, scale in zip((480, 640), view.scale[::-1], strict=True))
    return view.tensor[0, :, h // 2 - 40 : h // 2 + 40, w // 2 - 60 : w // 2 + 60]


@pytest.mark.parametrize(('distance', 'focal'), [(0.5, 800), (1.2, 1000), (0.9, 500)])
def test_same_patch_looks_the_same(distance, focal):
    reference, other = (
        middle(metric_view(box_on_table(d, f), camera_of(f), d, CONTRACT))
        for d, f in ((0.7, 525), (distance, focal))
    )
    assert np.ptp(reference[0]) > 1  # the box is to be seen at all
    inner = np.abs(other[:3] - reference[:3])
    assert np.median(inner) < 0.02
    assert np.mean(inner > 0.3) < 0.06  # only along the edges, by fractions of a pixel


def test_a_tilted_plane_has_no_relief():
    camera = camera_of(525)
    v, u = np.mgrid[:480, :640]
    depth = 1 / (1.2 + 0.4 * (u - 319.5) / 525 + 0.2 * (v - 239.5) / 525)
    tensor = metric_view(depth.astype(np.float32), camera, 0.83, CONTRACT).tensor[0]
    inner = tensor[:2, 80:-80, 80:-80]
    assert np.abs(inner).max() < 0.1


def test_nearer_is_positive_and_unseen_is_zero():
    depth = box_on_table(0.7, 525)
    depth[:, :100] = 0
    view = metric_view(depth, camera_of(525), 0.7, CONTRACT)
    assert middle(view)[1, 40, 60] > 0
    assert not view.tensor[0, :, :, :60].any()
    assert view.tensor.dtype == np.float32
    assert view.tensor.shape[1] == CHANNELS
    assert all(side % CONTRACT.multiple == 0 for side in view.tensor.shape[2:])


def test_cells_and_pixels_undo_each_other():
    box = PixelBox(100, 50, 500, 430)
    view = metric_view(box_on_table(0.7, 525), camera_of(525), 0.7, CONTRACT, box)
    pixels = np.random.default_rng(0).uniform((100, 50), (499, 429), (50, 2))
    np.testing.assert_allclose(
        view.grid.pixels_of_cells(view.grid.cells_of_pixels(pixels)), pixels
    )


def test_heatmap_puts_a_cell_where_its_pixel_is():
    view = metric_view(box_on_table(0.7, 525), camera_of(525), 0.7, CONTRACT)
    cells = np.zeros(tuple(side // view.stride for side in view.tensor.shape[2:]), np.float32)
    cells[40, 70] = 1
    v, u = np.unravel_index(
        view.grid.heatmap(cells, np.ones((480, 640), bool)).argmax(), (480, 640)
    )
    np.testing.assert_allclose(view.grid.pixels_of_cells([[70, 40]])[0], (u, v), atol=0.51)


def test_bad_input_is_refused():
    depth = box_on_table(0.7, 525)
    with pytest.raises(ValueError, match='camera is'):
        metric_view(depth[:-1], camera_of(525), 0.7, CONTRACT)
    with pytest.raises(ValueError, match='reference depth'):
        metric_view(depth, camera_of(525), 0.0, CONTRACT)


@pytest.mark.parametrize('excess', [1.0001, 1.1, 1.9])
def test_a_view_that_would_be_a_little_too_large_becomes_coarser(excess):
    camera, depth = camera_of(500), np.ones((480, 640), np.float32)
    step = (640 * 480 / (excess * MOST_PIXELS)) ** 0.5 / 500
    view = metric_view(depth, camera, 1.0, replace(CONTRACT, metres_per_pixel=step))
    shown = 640 * 480 * view.scale[0] * view.scale[1]
    assert shown == pytest.approx(MOST_PIXELS, rel=0.01)


def test_a_view_that_would_be_far_too_large_is_refused():
    step = (640 * 480 / (2.2 * MOST_PIXELS)) ** 0.5 / 500
    with pytest.raises(ValueError, match='are the intrinsics in pixels'):
        metric_view(
            np.ones((480, 640), np.float32),
            camera_of(500),
            1.0,
            replace(CONTRACT, metres_per_pixel=step),
        )
