"""Crops around grasps show the right metres in the right direction, and holes are filled."""

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.contracts.crop_contract import CropScale
from dexnet_core.planning.perception.crop import aligned_crops, filled, suction_angles
import numpy as np
import pytest

CAMERA = CameraIntrinsics(160, 120, 525.0, 525.0, 79.5, 59.5)
SCALE = CropScale()


def crop(depth, camera=CAMERA, pixel=(80.0, 60.0), angle=0.0, distance=0.7, scale=SCALE):
    return aligned_crops(
        depth, camera, np.array([pixel]), np.array([angle]), np.array([distance]), scale
    )[0]


def ramp(u, v, camera=CAMERA):
    """A depth image that rises by these metres per pixel of u and of v."""
    rows, columns = np.indices(camera.shape)
    return (1 + u * columns + v * rows).astype(np.float32)


def test_scale_of_dexnet_takes_every_third_pixel():
    depth = np.random.default_rng(0).uniform(0.5, 1, CAMERA.shape).astype(np.float32)
    seen = crop(depth, pixel=(80.0, 60.0))
    assert seen.shape == (32, 32)
    assert seen.dtype == np.float32
    np.testing.assert_array_equal(seen, depth[14:108:3, 34:128:3])


@pytest.mark.parametrize('angle', np.deg2rad([0, 30, 90, 135, 200, 270]))
def test_direction_at_the_angle_becomes_the_middle_row(angle):
    u, v = np.cos(angle) * 1e-3, np.sin(angle) * 1e-3
    seen = crop(ramp(u, v), angle=angle)
    step = SCALE.metres_per_pixel * CAMERA.fx / 0.7 * 1e-3
    columns = seen.mean(axis=0)
    np.testing.assert_allclose(np.diff(columns).mean(), step, rtol=0.02)
    np.testing.assert_allclose(seen.mean(axis=1), seen.mean(), atol=1.5e-3)
    centre = 1 + u * 80 + v * 60
    assert seen.mean() == pytest.approx(centre, abs=1e-3)


def test_quarter_turn_further_points_down():
    seen = crop(ramp(-1e-3, 0.0), angle=np.pi / 2)
    assert (np.diff(seen.mean(axis=1)) > 0).all()


def test_scale_follows_distance_and_each_focal_length():
    camera = CameraIntrinsics(400, 400, 300.0, 600.0, 199.5, 199.5)
    for distance in (0.5, 1.0):
        step = SCALE.metres_per_pixel / distance
        across = crop(ramp(1e-3, 0, camera), camera, (200, 200), distance=distance)
        along = crop(ramp(0, 1e-3, camera), camera, (200, 200), distance=distance)
        assert np.diff(across, axis=1).mean() == pytest.approx(300e-3 * step, rel=0.05)
        assert np.diff(along, axis=0).mean() == pytest.approx(600e-3 * step, rel=0.05)


def test_unseen_stays_unseen_and_never_blends():
    depth = np.full(CAMERA.shape, 0.7, np.float32)
    depth[::2, 1::2] = 0
    seen = crop(depth, angle=0.3)
    assert set(np.unique(seen)) == {np.float32(0), np.float32(0.7)}


def test_edge_of_the_image_goes_on():
    seen = crop(ramp(1e-3, 0), pixel=(0.0, 60.0))
    assert (seen[:, :16] == 1).all()
    assert (seen[:, 17:] > 1).all()


def test_many_crops_are_the_single_ones():
    rng = np.random.default_rng(1)
    depth = rng.uniform(0.5, 1, CAMERA.shape).astype(np.float32)
    pixels, angles = rng.uniform(20, 100, (5, 2)), rng.uniform(0, 6, 5)
    distances = rng.uniform(0.4, 1, 5)
    together = aligned_crops(depth, CAMERA, pixels, angles, distances, SCALE)
    for k in range(5):
        alone = crop(depth, CAMERA, pixels[k], angles[k], distances[k])
        np.testing.assert_array_equal(together[k], alone)
    none = aligned_crops(depth, CAMERA, pixels[:0], angles[:0], distances[:0], SCALE)
    assert none.shape == (0, 32, 32)


@pytest.mark.parametrize(
    ('pixels', 'angles', 'distances', 'named'),
    [
        (np.zeros((2, 3)), np.zeros(2), np.ones(2), 'pixels'),
        (np.zeros((2, 2)), np.zeros(1), np.ones(2), 'angles'),
        (np.zeros((2, 2)), np.zeros(2), np.ones((2, 1)), 'distances'),
        (np.zeros((2, 2)), np.zeros(2), np.array([1, 0.0]), 'distance'),
        (np.zeros((2, 2)), np.zeros(2), np.array([1, np.nan]), 'distance'),
    ],
)
def test_rows_that_do_not_fit_are_refused(pixels, angles, distances, named):
    with pytest.raises(ValueError, match=named):
        aligned_crops(ramp(0, 0), CAMERA, pixels, angles, distances, SCALE)


def test_image_of_another_camera_is_refused():
    with pytest.raises(ValueError, match='depth'):
        crop(np.ones((3, 4), np.float32))


@pytest.mark.parametrize('heading', np.deg2rad([0, 40, 90, 170, 250, 330]))
def test_approach_runs_down_the_middle_column(heading):
    approach = np.array([[np.cos(heading) * 0.4, np.sin(heading) * 0.4, 0.9]])
    (angle,) = suction_angles(approach)
    along = ramp(np.cos(heading) * 1e-3, np.sin(heading) * 1e-3)
    seen = crop(along, angle=angle)
    step = SCALE.metres_per_pixel * CAMERA.fx / 0.7 * 1e-3
    assert np.diff(seen.mean(axis=1)).mean() == pytest.approx(step, rel=0.02)


def test_approach_along_the_optical_axis_is_not_turned():
    assert suction_angles(np.array([[0, 0, 1.0]])) == 0


def test_filled_keeps_what_was_seen_and_interpolates_the_rest():
    depth = ramp(1e-3, 0)
    hole = depth.copy()
    hole[50:70, 60:90] = 0
    whole = filled(hole)
    np.testing.assert_array_equal(whole[hole > 0], hole[hole > 0])
    inside = whole[50:70, 60:90]
    assert (inside > depth[60, 59] - 2e-3).all()
    assert (inside < depth[60, 90] + 2e-3).all()
    np.testing.assert_array_equal(filled(depth), depth)


def test_filled_grows_by_the_mean_of_the_neighbours():
    depth = np.zeros((2, 6), np.float32)
    depth[:, :2], depth[:, 4:] = 1.0, 2.0
    middle = filled(depth)[:, 2:4]
    assert middle.mean() == pytest.approx(1.5)


@pytest.mark.parametrize('shape', [(1, 1), (1, 7), (5, 5)])
def test_filled_ends_where_nothing_was_seen(shape):
    nothing = np.zeros(shape, np.float32)
    np.testing.assert_array_equal(filled(nothing), nothing)
