"""Noise, flips, statistics and samples of crops, against brute force."""

from dexnet_core.datasets.crops.augment import augment, Augmentation, uniform_draws
from dexnet_core.datasets.crops.crop_cache import open_crops
from dexnet_core.datasets.crops.crop_samples import Crops
from dexnet_core.datasets.crops.crop_statistics import crop_statistics, measure_rows, moments_of
from dexnet_core.datasets.crops.releases import DEXNET_2, DEXNET_3
import numpy as np
import pytest
from scipy import stats
from test_crops import spoil, write_release
import torch
from torch.utils.data import DataLoader

STILL = Augmentation(gamma_shape=0, noise=0, flips=False)
ROWS = np.arange(4000)
SIDE = 32


def plain(items, what, total):
    return items


def augmented(settings, image, pose=(0.6, 0.3), seed=(0, 0), rows=ROWS):
    images = np.repeat(image[None].astype(np.float32), len(rows), axis=0)
    poses = np.tile(np.array(pose, np.float32), (len(rows), 1))
    augment(images, poses, settings, seed, rows)
    return images, poses


def test_draws_are_uniform_and_independent():
    draws = uniform_draws((0, 0), np.arange(5000), 4)
    for column in draws.T:
        assert stats.kstest(column, 'uniform').pvalue > 1e-3
    assert np.abs(np.corrcoef(draws.T) - np.eye(4)).max() < 0.06
    assert np.abs(np.corrcoef(draws[:-1, 0], draws[1:, 0])[0, 1]) < 0.06


def test_draws_are_decided_by_seed_epoch_and_row_alone():
    draws = uniform_draws((3, 2), ROWS, 5)
    np.testing.assert_array_equal(uniform_draws((3, 2), ROWS[[70, 2]], 5), draws[[70, 2]])
    for other in ((4, 2), (3, 3), (2, 3)):
        assert not np.isin(uniform_draws(other, ROWS[:50], 5), draws).any()


def test_gamma_factor_has_its_mean_and_spread_and_keeps_zero():
    image = np.full((4, 4), 0.7)
    image[0, 0] = 0
    images, _ = augmented(Augmentation(noise=0, flips=False), image)
    factors = images[:, 1, 1] / 0.7
    assert (images[:, 0, 0] == 0).all()
    assert np.ptp(images[:, 1:], axis=(1, 2)).max() < 1e-6
    assert stats.kstest(factors, stats.gamma(1000, scale=1 / 1000).cdf).pvalue > 1e-3


def test_noise_is_smooth_and_on_half_of_the_images_where_depth_was_seen():
    image = np.full((SIDE, SIDE), 0.7)
    image[:, :8] = 0
    images, _ = augmented(Augmentation(gamma_shape=0, flips=False), image)
    assert (images[:, :, :8] == 0).all()
    added = images[:, :, 8:] - np.float32(0.7)
    noisy = np.abs(added).max(axis=(1, 2)) > 0
    assert 0.47 < noisy.mean() < 0.53
    spread = added[noisy].std()
    assert 0.003 < spread < 0.006
    neighbours = added[noisy][:, :, 1:] - added[noisy][:, :, :-1]
    assert neighbours.std() < 0.4 * spread
    far = np.corrcoef(added[noisy][:, 4, 4], added[noisy][:, 28, 20])[0, 1]
    assert abs(far) < 0.08


def symmetric_variants(image, angle):
    """Every outcome of three coin flips as published, by hand."""
    for turned in (False, True):
        for mirrored in (False, True):
            for downwards in (False, True):
                out, sign = image, angle
                if turned:
                    out, sign = np.rot90(out, 2), -sign
                if mirrored:
                    out = np.fliplr(out)
                if downwards:
                    out, sign = np.flipud(out), -sign
                yield out, sign


def test_flips_change_the_approach_image_by_image_as_published():
    image = np.arange(16, dtype=np.float32).reshape(4, 4) + 1
    images, poses = augmented(Augmentation(gamma_shape=0, noise=0), image)
    allowed = {(out.tobytes(), np.float32(sign)) for out, sign in symmetric_variants(image, 0.3)}
    seen = [(out.tobytes(), angle) for out, angle in zip(images, poses[:, 1], strict=True)]
    assert set(seen) == allowed
    assert len(allowed) == 4
    assert min(seen.count(outcome) for outcome in allowed) > 0.22 * len(seen)
    np.testing.assert_array_equal(poses[:, 0], np.float32(0.6))


def test_a_jaw_has_no_angle_to_change():
    _, poses = augmented(Augmentation(), np.full((SIDE, SIDE), 0.7), pose=(0.6,))
    np.testing.assert_array_equal(poses, np.full((len(ROWS), 1), np.float32(0.6)))


def test_everything_off_changes_nothing():
    image = np.random.default_rng(0).uniform(0.5, 0.7, (SIDE, SIDE)).astype(np.float32)
    images, _ = augmented(STILL, image, rows=ROWS[:9])
    np.testing.assert_array_equal(images, np.repeat(image[None], 9, axis=0))


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match=r'noise is -0.1'):
        Augmentation(noise=-0.1)
    with pytest.raises(ValueError, match='noise_share'):
        Augmentation(noise_share=1.5)
    with pytest.raises(ValueError, match='30 pixels'):
        augmented(Augmentation(), np.ones((30, 30)), rows=ROWS[:2])


def test_joined_moments_are_those_of_all_values():
    values = np.random.default_rng(0).normal(0.7, 1e-3, (1000, 2))
    parts = [moments_of(part) for part in np.split(values, [1, 40, 700])]
    total = parts[0]
    for part in parts[1:]:
        total = total.joined(part)
    assert total.count == 1000
    np.testing.assert_allclose(total.mean, values.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(total.std, values.std(axis=0), rtol=1e-12)


@pytest.fixture
def suction(tmp_path):
    write_release(tmp_path, DEXNET_3)
    return open_crops(tmp_path)


def test_statistics_are_exact_and_of_the_training_rows_only(tmp_path, monkeypatch):
    images, poses, metric = write_release(tmp_path, DEXNET_3)
    crops = open_crops(tmp_path)
    monkeypatch.setattr('dexnet_core.datasets.crops.crop_statistics._CHUNK', 10)
    found = crop_statistics(crops, 'ordered', 0.2, 0, plain)
    train = slice(10, None)
    assert found.count == 37
    np.testing.assert_allclose(found.mean, images[train].astype(float).mean(), rtol=1e-12)
    np.testing.assert_allclose(found.std, images[train].astype(float).std(), rtol=1e-12)
    np.testing.assert_allclose(found.pose_mean, poses[train, 2:4].astype(float).mean(axis=0))
    np.testing.assert_allclose(found.pose_std, poses[train, 2:4].astype(float).std(axis=0))
    assert found.positives == (metric[train] > 0.2).mean()


def test_statistics_are_stored_until_data_or_split_change(tmp_path, suction, monkeypatch):
    first = crop_statistics(suction, 'object', 0.2, 0, plain)
    other = crop_statistics(suction, 'object', 0.2, 1, plain)
    assert first != other
    monkeypatch.setattr('dexnet_core.datasets.crops.crop_statistics.measure_rows', None)
    assert crop_statistics(suction, 'object', 0.2, 1, plain) == other
    monkeypatch.undo()
    spoil(tmp_path / 'depth_ims_tf_table_00000.npz', lambda images: images + 1)
    assert crop_statistics(open_crops(tmp_path), 'object', 0.2, 1, plain).mean > other.mean


def samples(crops, augmentation=None, seed=0):
    return Crops(crops, crops.rows, measure_rows(crops, crops.rows, plain), augmentation, seed)


def test_a_sample_is_normalised_and_labelled(tmp_path):
    images, poses, metric = write_release(tmp_path, DEXNET_3)
    data = samples(open_crops(tmp_path))
    crop, pose, target, found = data[5]
    assert crop.shape == (1, 32, 32)
    np.testing.assert_allclose(
        crop[0], (images[5, ..., 0] - images.mean()) / images.std(), atol=1e-4
    )
    spread, mean = poses[:, 2:4].std(axis=0), poses[:, 2:4].mean(axis=0)
    np.testing.assert_allclose(pose, (poses[5, 2:4] - mean) / spread, atol=1e-5)
    assert (float(target), float(found)) == (float(metric[5] > 0.2), np.float32(metric[5]))


@pytest.mark.parametrize('workers', [0, 2])
def test_batches_of_a_loader_are_those_of_single_samples(suction, workers):
    data = samples(suction, Augmentation(), seed=1)
    data.epoch = 3
    order = np.random.default_rng(0).permutation(len(data)).tolist()
    batches = list(DataLoader(data, 8, sampler=order, num_workers=workers))
    singles = [data[index] for index in order]
    for name in ('crop', 'pose', 'target', 'metric'):
        loaded = torch.cat([getattr(batch, name) for batch in batches])
        torch.testing.assert_close(loaded, torch.stack([getattr(s, name) for s in singles]))


def test_noise_changes_with_the_epoch_and_comes_again(suction):
    data = samples(suction, Augmentation())
    first = data[0].crop
    data.epoch = 1
    assert not torch.equal(data[0].crop, first)
    data.epoch = 0
    assert torch.equal(data[0].crop, first)


def test_crops_without_any_spread_are_refused(tmp_path):
    write_release(tmp_path, DEXNET_2)
    for k in range(3):
        spoil(tmp_path / f'depth_ims_tf_table_{k:05d}.npz', np.ones_like)
    with pytest.raises(ValueError, match='all pixels of depth_ims_tf_table are 1 m'):
        samples(open_crops(tmp_path))
