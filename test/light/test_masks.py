"""The ways in which people write which pixels are objects."""

from dexnet_core.planning.perception.masks import selection_of
import numpy as np
import pytest

OBJECT = np.zeros((12, 16), bool)
OBJECT[3:8, 4:10] = True
LABELS = np.zeros((12, 16), np.uint8)
LABELS[3:8, 4:10], LABELS[9:11, 12:15] = 3, 7
PALETTE = np.zeros((8, 3), np.uint8)
PALETTE[3], PALETTE[7] = (0, 0, 128), (128, 0, 0)  # blue, green, red


def grey(low: int, high: int) -> np.ndarray:
    """Return the mask as two levels of grey."""
    return np.where(OBJECT, high, low).astype(np.uint8)


def compressed() -> np.ndarray:
    """Return the mask as a lossy picture has it: levels near black and white."""
    levels = grey(0, 255) + np.where(OBJECT, -1, 1) * (np.arange(16) % 9)
    return levels.astype(np.uint8)


@pytest.mark.parametrize(
    'values',
    [
        OBJECT,
        OBJECT[None],
        OBJECT[..., None],
        grey(0, 1),
        grey(0, 255),
        grey(1, 247),
        grey(0, 3),
        compressed(),
        np.where(OBJECT, 0.97, 0.003),
        np.where(OBJECT, 0.97, 0.003).astype(np.float16),
        np.where(OBJECT, 0.97, np.nan),
        np.where(OBJECT, 4.2, -3.5),
        np.where(OBJECT, 254.2, 3.4),
        np.where(OBJECT, 1, -1).astype(np.int8),
        np.repeat(grey(0, 255)[..., None], 3, 2),
        np.dstack([np.full((12, 16, 3), 90, np.uint8), grey(0, 255)]),
    ],
)
def test_masks_mean_the_object(values):
    found = selection_of(values)
    assert found.labels is None
    np.testing.assert_array_equal(found.mask, OBJECT)
    assert not found.note


@pytest.mark.parametrize('kind', [np.uint8, np.uint16, np.int32, np.int64, np.float32])
def test_labels_keep_their_numbers(kind):
    found = selection_of(LABELS.astype(kind))
    assert found.mask is None
    np.testing.assert_array_equal(found.labels, LABELS)
    one = selection_of(LABELS.astype(kind), 7).labels
    np.testing.assert_array_equal(one, np.where(LABELS == 7, 7, 0))


def test_colours_are_numbered_and_black_is_nothing():
    labels = selection_of(PALETTE[LABELS]).labels
    assert set(np.unique(labels[LABELS > 0])) == {1, 2}
    np.testing.assert_array_equal(labels > 0, LABELS > 0)
    np.testing.assert_array_equal(labels == labels[3, 4], LABELS == 3)


def test_a_stack_of_masks_has_the_smallest_on_top():
    whole = np.ones_like(OBJECT)
    labels = selection_of(np.stack([OBJECT, whole, LABELS == 7])).labels
    np.testing.assert_array_equal(labels, np.where(OBJECT, 1, np.where(LABELS == 7, 3, 2)))


def test_points_may_have_labels():
    np.testing.assert_array_equal(selection_of(np.array([0, 5, 2, 5])).labels, [0, 5, 2, 5])


def test_no_probability_that_counts_is_an_empty_mask():
    assert not selection_of(np.full((4, 4), 0.2)).mask.any()


def test_a_label_that_is_not_there_is_answered_with_those_that_are():
    for label in (4, 0, -1):
        with pytest.raises(ValueError, match='the mask, which has 3, 7'):
            selection_of(LABELS, label)


def test_an_inverted_mask_is_told():
    assert 'inverted' in selection_of(~OBJECT).note


@pytest.mark.parametrize(
    ('values', 'reason'),
    [
        (np.random.default_rng(0).integers(0, 255, (30, 30, 3), np.uint8), 'colours'),
        (np.zeros((0, 4), bool), 'shape'),
        (np.zeros((2, 3, 4, 5), bool), 'shape'),
        (np.full((4, 4), 'a'), 'expected numbers'),
        (np.full((4, 4), 1e30) + np.arange(4) * 0.5e29, 'at most|values up to'),
        (np.random.default_rng(0).random((8, 8, 3)), 'one channel'),
        (np.full((4, 4), 2**40) + np.arange(4), 'at most'),
    ],
)
def test_what_is_no_mask_is_refused(values, reason):
    with pytest.raises(ValueError, match=reason):
        selection_of(values)
