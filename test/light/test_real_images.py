"""Grasps on published real images sit on flat, fully seen patches of the objects.

The check is written apart from the planner's own: a disc of the cup's size around the contact,
cut from all points of the object, and a plane fitted to it.
"""

from pathlib import Path

from dexnet_core.geometry.camera import deproject
from dexnet_core.io.files.camera_files import read_camera
from dexnet_core.io.files.depth_files import read_depth
from dexnet_core.io.files.mask_files import read_selection
from dexnet_core.planning.observation import of_image
from dexnet_core.planning.planners.loading import load_suction_planner
import numpy as np
import pytest

REAL = Path(__file__).resolve().parents[3] / 'shared' / 'real'
RADIUS = 0.0075
RESIDUAL = {'phoxi': 0.001, 'primesense': 0.002}
CASES = [
    (folder, camera, number)
    for folder, camera in (
        ('phoxi', 'phoxi'),
        ('primesense_clutter', 'primesense'),
        ('primesense_single', 'primesense'),
    )
    for number in range(3)
]

pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason='no real images beside the checkout')


@pytest.fixture(scope='module')
def planner():
    return load_suction_planner()


def sits_well(grasp, points, on_object, camera, limit) -> bool:
    """Check one grasp on the (H, W, 3) points of the image."""
    apart = points - grasp.position
    along = apart @ grasp.approach
    radial = np.linalg.norm(apart - along[..., None] * grasp.approach, axis=-1)
    inside = (radial <= RADIUS) & (np.abs(along) < 0.01)
    seen = inside & on_object
    disc = points[seen]
    if len(disc) < 6:
        return False
    expected = np.pi * RADIUS**2 * abs(grasp.approach[2])
    pixel = np.median(points[seen][:, 2]) ** 2 / (camera.fx * camera.fy)
    coverage = seen.sum() * pixel / expected
    centred = disc - disc.mean(axis=0)
    normal = np.linalg.svd(centred, full_matrices=False)[2][2]
    residual = np.sqrt(np.mean((centred @ normal) ** 2))
    angle = np.degrees(np.arccos(min(1, abs(normal @ grasp.approach))))
    return residual <= limit and coverage >= 0.8 and angle <= 20


def test_five_best_grasps_sit_on_flat_seen_patches(planner):
    good = []
    for folder, name, number in CASES:
        depth = read_depth(REAL / folder / f'depth_{number}.npy')
        mask = read_selection(REAL / folder / f'segmask_{number}.png', depth.shape).mask
        camera = read_camera(str(REAL / folder / f'{name}.intr'), depth.shape).intrinsics
        grasps = planner.plan(of_image(depth, camera, mask)).grasps[:5]
        points = deproject(depth, camera)
        on_object = mask & (depth > 0)
        limit = RESIDUAL[name]
        good += [sits_well(grasp, points, on_object, camera, limit) for grasp in grasps]
    assert len(good) >= 25
    assert np.mean(good) >= 0.95
