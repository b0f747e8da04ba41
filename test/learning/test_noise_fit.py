"""The noise of a camera is told from its images of an empty table."""

import numpy as np
import pytest

pytest.importorskip('mujoco', reason='MuJoCo is not here: ./setup.sh --with-train')

from dexnet_core.simulation.scenes.camera_setup import CameraSetup
from dexnet_core.simulation.scenes.noise import measure, NoiseSettings
from dexnet_core.simulation.scenes.noise_fit import fitted_strength
from dexnet_core.workflows.making import own_noise
from dexnet_core.workflows.making.own_noise import with_own_noise

FOCAL = 525.0
SETTINGS = NoiseSettings(gamma_shape=1e5)


def table(distance=0.7, tilt=0.4):
    """The depth of a plane that is tilted about the row direction."""
    v = (np.arange(480) - 239.5) / FOCAL
    depth = distance / (1 - np.tan(tilt) * v)
    return np.repeat(depth[:, None], 640, axis=1).astype(np.float32)


@pytest.mark.parametrize('distance', [0.5, 1.0])
@pytest.mark.parametrize('strength', [0.05, 0.2, 0.6])
def test_the_strength_that_made_the_images_is_found(strength, distance):
    rng = np.random.default_rng(1)
    images = [
        measure(table(distance, tilt), FOCAL, SETTINGS, rng, strength) for tilt in (0.0, 0.3, 0.5)
    ]
    assert fitted_strength(images, FOCAL) == pytest.approx(strength, rel=0.2)


def test_a_perfect_table_has_no_noise():
    assert fitted_strength([table()], FOCAL) < 0.01


def test_what_is_no_empty_table_is_refused():
    heap = table()
    heap[100:400, 100:500] -= 0.1
    with pytest.raises(ValueError, match=r'expected 80%|depth noise'):
        fitted_strength([heap], FOCAL)
    with pytest.raises(ValueError, match='0 measured pixels, expected 1000'):
        fitted_strength([np.zeros((480, 640), np.float32)], FOCAL)
    rough = table() + np.random.default_rng(0).normal(0, 0.03, (480, 640)).astype(np.float32)
    with pytest.raises(ValueError, match=r'depth noise .* is the table empty'):
        fitted_strength([rough], FOCAL)


def test_of_many_images_some_are_taken(tmp_path, monkeypatch):
    taken = []

    def strength_of(images, focal):
        taken.extend(float(image[0, 0]) for image in images)
        return 0.2

    monkeypatch.setattr(own_noise, 'fitted_strength', strength_of)
    for number in range(41):
        np.save(tmp_path / f'{number:02d}.npy', np.full((6, 8), 1 + number / 8, np.float32))
    with_own_noise(CameraSetup(8, 6, FOCAL, FOCAL, 3.5, 2.5), tmp_path)
    assert taken == [1 + number / 8 for number in range(0, 41, 3)]


def test_a_camera_gets_the_noise_of_a_folder(tmp_path):
    camera = CameraSetup(640, 480, FOCAL, FOCAL, 319.5, 239.5)
    with pytest.raises(FileNotFoundError, match='has no depth images'):
        with_own_noise(camera, tmp_path)
    image = measure(table(), FOCAL, SETTINGS, np.random.default_rng(0), 0.2)
    np.save(tmp_path / 'table.npy', image)
    own = with_own_noise(camera, tmp_path)
    assert own.noise == pytest.approx((0.1, 0.3), rel=0.2)
    assert own.stereo == 0
    np.save(tmp_path / 'wrong.npy', image[:240])
    with pytest.raises(ValueError, match=r'wrong\.npy'):
        with_own_noise(camera, tmp_path)
