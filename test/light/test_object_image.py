"""Images of the objects are at the scale of crops and around their level."""

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.contracts.crop_contract import CropScale
from dexnet_core.planning.perception.crop import aligned_crops
from dexnet_core.planning.perception.object_image import level_of, median_depth, object_image
from dexnet_core.planning.perception.segment import SegmentedImage
import numpy as np
import pytest

CAMERA = CameraIntrinsics(160, 120, 250.0, 240.0, 79.5, 59.5)
SCALE = CropScale(10, 0.004)


@pytest.fixture
def segmented():
    """A slope with two objects on it, one of them at the edge of the image."""
    v, u = np.indices(CAMERA.shape)
    depth = (0.6 + 2e-4 * u + 5e-4 * v).astype(np.float32)
    objects = np.zeros(CAMERA.shape, bool)
    objects[30:60, 40:100] = objects[90:, 120:150] = True
    depth[objects] -= 0.03
    return SegmentedImage(depth, objects, CAMERA)


def test_level_is_the_mean_of_the_crops_around_all_object_pixels(segmented):
    v, u = np.nonzero(segmented.objects)
    places = np.column_stack([u, v]), np.zeros(len(u)), np.full(len(u), median_depth(segmented))
    crops = aligned_crops(segmented.depth, CAMERA, *places, SCALE)
    assert level_of(segmented.depth, segmented, SCALE) == pytest.approx(crops.mean(), abs=3e-4)


@pytest.mark.parametrize(('cells', 'stride'), [(9, 2), (8, 3), (1, 1)])
def test_cells_lie_where_the_image_shows_them(segmented, cells, stride):
    place = object_image(segmented, SCALE.metres_per_pixel)
    side = (cells - 1) * stride + 1
    (image,) = place.images(segmented.depth, segmented, np.zeros(1), side)
    grid = place.grid(cells, stride)
    rows, columns = np.mgrid[:cells, :cells]
    pixels = grid.pixels_of_cells(np.column_stack([columns.ravel(), rows.ravel()]))
    u, v = np.floor(pixels + 0.5 + 1e-6).astype(int).T
    np.testing.assert_array_equal(image[::stride, ::stride].ravel(), segmented.depth[v, u])


def test_objects_span_as_many_pixels_as_metres(segmented):
    place = object_image(segmented, SCALE.metres_per_pixel)
    assert place.middle.tolist() == [(40 + 149) / 2, (30 + 119) / 2]
    metres = np.array([110, 90]) * place.distance / [CAMERA.fx, CAMERA.fy]
    np.testing.assert_allclose(place.size * SCALE.metres_per_pixel, metres)
    (image,) = place.images(segmented.depth, segmented, np.array([np.pi / 2]), 21)
    (upright,) = place.images(segmented.depth, segmented, np.zeros(1), 21)
    assert image[10, 10] == upright[10, 10]
    assert np.mean(image != upright) > 0.5
