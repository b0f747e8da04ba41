"""A camera is fitted to an image where that is certain, and refused where it cannot be right."""

from dexnet_core.geometry.camera import CameraIntrinsics, project
from dexnet_core.geometry.camera_fit import fit_camera, rescaled
import numpy as np
import pytest

FULL = CameraIntrinsics(1280, 720, 900.0, 905.0, 645.0, 356.0)


def numbers(camera: CameraIntrinsics, shape: tuple[int, int]) -> CameraIntrinsics:
    """Return the numbers of a camera with the size of an image, as fx,fy,cx,cy has them."""
    return CameraIntrinsics(shape[1], shape[0], camera.fx, camera.fy, camera.cx, camera.cy)


@pytest.mark.parametrize('shape', [(720, 1280), (360, 640), (540, 960), (1080, 1920), (477, 848)])
def test_a_rescaled_image_shows_the_same_points_at_the_same_share(shape):
    fit = fit_camera(FULL, shape)
    points = np.array([[0.1, -0.2, 0.9], [-0.3, 0.1, 1.5]])
    share = (project(points, FULL) + 0.5) / FULL.shape[::-1]
    np.testing.assert_allclose((project(points, fit.camera) + 0.5) / shape[::-1], share)
    assert bool(fit.note) == (shape != FULL.shape)


@pytest.mark.parametrize(
    ('shape', 'reason'),
    [((480, 640), 'cropped'), ((1280, 720), 'turned'), ((200, 300), 'cropped')],
)
def test_another_proportion_is_refused(shape, reason):
    with pytest.raises(ValueError, match=reason):
        fit_camera(FULL, shape)


@pytest.mark.parametrize('shape', [(360, 640), (1440, 2560), (480, 848)])
def test_numbers_of_another_resolution_are_refused_with_the_right_ones(shape):
    with pytest.raises(ValueError, match='if rescaled, use') as error:
        fit_camera(numbers(FULL, shape), shape)
    told = [float(x) for x in str(error.value).rsplit(' ', 1)[1].split(',')]
    right = rescaled(FULL, shape)
    np.testing.assert_allclose(told, [right.fx, right.fy, right.cx, right.cy], rtol=0.02)


def test_numbers_of_a_turned_image_are_refused():
    with pytest.raises(ValueError, match='turned'):
        fit_camera(numbers(FULL, (1280, 720)), (1280, 720))


def test_a_centre_outside_is_refused_and_one_off_the_middle_is_told():
    outside = CameraIntrinsics(640, 480, 500.0, 500.0, 700.0, 240.0)
    with pytest.raises(ValueError, match='outside'):
        fit_camera(outside, outside.shape)
    cropped = CameraIntrinsics(640, 480, 500.0, 500.0, 440.0, 240.0)
    assert 'off its middle' in fit_camera(cropped, cropped.shape).note


@pytest.mark.parametrize(
    'camera',
    [
        CameraIntrinsics(640, 480, 600.0, 600.0, 319.5, 239.5),
        CameraIntrinsics(640, 576, 504.0, 504.0, 322.0, 330.0),  # Azure Kinect, narrow
        CameraIntrinsics(512, 424, 365.0, 365.0, 257.0, 205.0),  # Kinect 2
        CameraIntrinsics(64, 64, 60.0, 60.0, 31.5, 31.5),
        CameraIntrinsics(1, 1, 1.0, 1.0, 0.0, 0.0),
    ],
)
def test_what_cameras_say_of_themselves_is_taken_without_a_word(camera):
    assert fit_camera(camera, camera.shape) == (camera, '')
