"""Support planes, objects and patches, where the right answer is known."""

import cv2
from dexnet_core.geometry.camera import CameraIntrinsics, deproject
from dexnet_core.geometry.transform import unit
from dexnet_core.planning.perception.ground import Ground
from dexnet_core.planning.perception.patch import camera_noise, fit_patches, has_clearance
from dexnet_core.planning.perception.segment import (
    Box,
    box_around,
    segment_image,
    segment_points,
    SegmentedImage,
    within,
)
from dexnet_core.planning.perception.support import find_support, heights_over
import numpy as np
import pytest

CAMERA = CameraIntrinsics(320, 240, 300.0, 300.0, 159.5, 119.5)
RADIUS = 0.0075
MIDDLE = np.array([[160.0, 120.0]])


def plane_depth(normal, distance) -> np.ndarray:
    """Depth of the plane normal . x = -distance."""
    v, u = np.mgrid[:240, :320]
    rays = np.stack([(u - 159.5) / 300, (v - 119.5) / 300, np.ones_like(u, float)], -1)
    return (-distance / (rays @ unit(np.array(normal, float)))).astype(np.float32)


def segmented(depth, objects=None) -> SegmentedImage:
    return SegmentedImage(depth, depth > 0 if objects is None else objects, CAMERA)


@pytest.mark.parametrize('normal', [(0, 0, -1), (0.2, -0.1, -1), (-0.3, 0.2, -1)])
def test_support_is_the_table_and_not_the_larger_box_on_it(normal):
    depth = plane_depth(normal, 0.8)
    lid = plane_depth(normal, 0.7)
    depth[40:200, 60:260] = lid[40:200, 60:260]
    plane = find_support(deproject(depth, CAMERA, 8).reshape(-1, 3))
    np.testing.assert_allclose(plane.normal, unit(np.array(normal, float)), atol=1e-3)
    assert plane.offset == pytest.approx(-0.8, abs=1e-3)
    heights = heights_over(plane, depth, CAMERA)
    assert heights[120, 160] == pytest.approx(0.1, abs=1e-3)
    mask = segment_image(depth, CAMERA, None, Ground(0.01)).objects
    assert mask[40:200, 60:260].all()
    assert mask.sum() == 160 * 200


def test_without_a_plane_everything_seen_is_an_object():
    depth = np.random.default_rng(0).uniform(0.4, 1.2, CAMERA.shape).astype(np.float32)
    depth[:50] = 0
    assert find_support(deproject(depth, CAMERA, 8)[7:].reshape(-1, 3)) is None
    np.testing.assert_array_equal(
        segment_image(depth, CAMERA, None, Ground(0.01)).objects, depth > 0
    )


def test_of_two_planes_the_level_one_is_the_support_where_up_is_known():
    """A wall larger than what is seen of the floor; without up it may be the table."""
    floor, wall = plane_depth((0, -1, -0.3), 0.3), plane_depth((0, 0.1, -1), 0.7)
    depth = np.minimum(np.where(floor > 0, floor, 9), wall)
    up = unit(np.array([0, -1, -0.3]))
    seen = segment_image(depth, CAMERA, None, Ground(0.01, up))
    on_floor = (floor > 0) & (floor < wall)
    np.testing.assert_allclose(seen.plane.normal, up, atol=0.01)
    assert (seen.support == on_floor).mean() > 0.95
    assert seen.objects[on_floor].mean() < 0.01


def test_where_nothing_is_stood_on_all_is_an_object():
    depth = plane_depth((0, 0, -1), 0.8)
    assert segment_image(depth, CAMERA, None, Ground(exists=False)).objects.all()
    points = deproject(depth, CAMERA, 4).reshape(-1, 3)
    assert segment_points(points, Ground(exists=False), np.zeros(3)).objects.all()


def test_points_of_a_box_rise_over_the_table_in_any_frame():
    depth = plane_depth((0, 0, -1), 0.8)
    depth[40:200, 60:260] = 0.7
    points = deproject(depth, CAMERA, 4).reshape(-1, 3).astype(np.float32)
    on_box = points[:, 2] < 0.75
    seen = segment_points(points, Ground(), np.zeros(3))
    np.testing.assert_array_equal(seen.objects, on_box)
    turned, up = points * np.float32([1, -1, -1]), np.array([0, 0, 1.0])
    level = segment_points(turned, Ground(up=up), None)
    np.testing.assert_array_equal(level.objects, on_box)
    np.testing.assert_allclose(level.plane.normal, up, atol=1e-6)
    nowhere = segment_points(turned, Ground(), None)  # no side of a plane is known to be free
    assert nowhere.plane is None
    assert nowhere.objects.all()


def test_mask_decides_and_must_fit():
    depth = plane_depth((0, 0, -1), 0.8)
    depth[0] = 0
    mask = np.zeros(CAMERA.shape, bool)
    mask[:10] = True
    assert segment_image(depth, CAMERA, mask, Ground(0.01)).objects.sum() == 9 * 320
    with pytest.raises(ValueError, match='mask is'):
        segment_image(depth, CAMERA, mask[1:], Ground(0.01))


def test_box_around_grows_but_stays_inside():
    mask = np.zeros((20, 30), bool)
    mask[2:5, 10:12] = True
    assert box_around(mask, 4) == (6, 0, 16, 9)


@pytest.mark.parametrize('normal', [(0, 0, -1), (0.4, 0.1, -1), (-0.2, -0.6, -1)])
def test_patch_of_a_plane(normal):
    depth = plane_depth(normal, 0.6)
    patch = fit_patches(segmented(depth), MIDDLE, RADIUS)
    np.testing.assert_allclose(patch.normal[0], unit(np.array(normal, float)), atol=1e-3)
    assert patch.residual[0] < 1e-5
    assert patch.coverage[0] == 1
    assert patch.centre[0, 2] == pytest.approx(depth[120, 160], abs=1e-5)


def test_residual_of_a_bump_is_what_it_is():
    depth = plane_depth((0, 0, -1), 0.6)
    v, u = np.mgrid[:240, :320]
    depth += np.where((u + v) % 2, 0.002, -0.002).astype(np.float32)
    patch = fit_patches(segmented(depth), MIDDLE, RADIUS)
    assert patch.residual[0] == pytest.approx(0.002, rel=0.05)


def test_coverage_counts_what_is_seen_and_on_the_object():
    depth = plane_depth((0, 0, -1), 0.6)
    left = np.broadcast_to(np.arange(320) < 160, CAMERA.shape)
    assert fit_patches(segmented(depth, left), MIDDLE, RADIUS).coverage[0] == pytest.approx(
        0.5, abs=0.12
    )
    assert fit_patches(segmented(depth, left & False), MIDDLE, RADIUS).coverage[0] == 0
    assert np.isinf(fit_patches(segmented(depth, left & False), MIDDLE, RADIUS).residual[0])


@pytest.mark.parametrize(('away', 'free'), [(3, False), (10, True)])
def test_clearance_next_to_a_wall(away, free):
    depth = plane_depth((0, 0, -1), 0.6)
    patch = fit_patches(segmented(depth), MIDDLE, RADIUS)
    depth[:, 160 + away :] = 0.5
    assert has_clearance(segmented(depth), patch, RADIUS, 0.04)[0] == free


def test_clearance_ignores_walls_lower_than_the_rim():
    depth = plane_depth((0, 0, -1), 0.6)
    patch = fit_patches(segmented(depth), MIDDLE, RADIUS)
    depth[:, 163:] = 0.598
    assert has_clearance(segmented(depth), patch, RADIUS, 0.04)[0]


def test_no_pixels_give_no_patches():
    patches = fit_patches(segmented(plane_depth((0, 0, -1), 0.6)), np.zeros((0, 2)), RADIUS)
    assert patches.centre.shape == (0, 3)


def test_noise_is_the_camera_s_and_not_the_curvature_of_what_it_sees():
    rng = np.random.default_rng(0)
    depth = plane_depth((0, 0, -1), 0.6)
    u = np.arange(320)
    cylinder = 0.6 - np.sqrt(np.maximum(0, 0.03**2 - ((u - 159.5) * 0.6 / 300) ** 2))
    depth[60:180] = np.minimum(depth[60:180], cylinder.astype(np.float32))
    clean = segment_image(depth, CAMERA, None, Ground())
    assert clean.objects[120, 160]
    assert camera_noise(clean, RADIUS) < 1e-5
    noisy = depth + rng.normal(0, 0.001, depth.shape).astype(np.float32)
    assert camera_noise(segment_image(noisy, CAMERA, None, Ground()), RADIUS) == pytest.approx(
        1e-3, rel=0.1
    )
    assert camera_noise(segmented(depth), RADIUS) == 0


def test_normals_are_steadier_for_knowing_the_noise():
    noisy = plane_depth((0, 0, -1), 0.6)
    waves = np.random.default_rng(0).normal(0, 0.001, (30, 40)).astype(np.float32)
    noisy += cv2.resize(waves, (320, 240), interpolation=cv2.INTER_CUBIC)
    pixels = np.random.default_rng(1).uniform((60, 60), (260, 180), (100, 2))
    tilts = [
        np.arccos(-fit_patches(segmented(noisy), pixels, RADIUS, noise).normal[:, 2]).mean()
        for noise in (0.0, 0.001)
    ]
    assert tilts[1] < 0.8 * tilts[0]


def test_workspace_cuts_all_six_sides():
    depth = plane_depth((0, 0, -1), 0.6)
    depth[:, :10] = 0.3
    cut = within(depth, CAMERA, Box((-0.1, -0.05, 0.4), (0.2, 0.1, 0.7)))
    v, u = np.nonzero(cut)
    assert ((u - 159.5) * 0.6 / 300).min() == pytest.approx(-0.1, abs=0.002)
    assert ((u - 159.5) * 0.6 / 300).max() == pytest.approx(0.2, abs=0.002)
    assert ((v - 119.5) * 0.6 / 300).min() == pytest.approx(-0.05, abs=0.002)
    assert ((v - 119.5) * 0.6 / 300).max() == pytest.approx(0.1, abs=0.002)
    assert not within(depth, CAMERA, Box((-9, -9, 0.1), (9, 9, 0.2))).any()


def test_beside_the_workspace_nothing_is_an_object_and_all_is_seen():
    depth = plane_depth((0, 0, -1), 0.6)
    depth[100:140, 150:170] = depth[100:140, 20:40] = 0.55
    depth[:5], depth[-5:] = 0.2, 0.9
    seen = segment_image(depth, CAMERA, None, Ground(0.01), Box((-0.1, -9, 0.4), (0.1, 9, 0.7)))
    assert seen.objects[100:140, 150:170].all()
    assert seen.objects.sum() == 40 * 20
    np.testing.assert_array_equal(seen.depth[5:-5], depth[5:-5])
    assert not seen.depth[:5].any()
    assert not seen.depth[-5:].any()
