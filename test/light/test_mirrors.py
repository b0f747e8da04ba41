"""Mirror images of an evaluator's inputs."""

from dexnet_core.planning.networks.mirrors import best_over_mirrors, mean_over_mirrors, mirrored
import numpy as np
import pytest

NAMES = ('score', 'down_x', 'down_y', 'down_z')


@pytest.fixture
def inputs():
    rng = np.random.default_rng(0)
    return (
        rng.normal(size=(5, 2, 4, 6)).astype(np.float32),
        rng.uniform(0.1, 0.9, (5, 4)).astype(np.float32),
    )


@pytest.mark.parametrize(('along_x', 'along_y'), [(False, True), (True, False), (True, True)])
def test_patches_are_flipped_and_gravity_with_them(inputs, along_x, along_y):
    patches, context = mirrored(*inputs, NAMES, along_x=along_x, along_y=along_y)
    rows, columns = (slice(None, None, -1 if flips else 1) for flips in (along_y, along_x))
    np.testing.assert_array_equal(patches, inputs[0][:, :, rows, columns])
    signs = [1, -1 if along_x else 1, -1 if along_y else 1, 1]
    np.testing.assert_array_equal(context, inputs[1] * np.array(signs, np.float32))


def test_two_mirrors_are_none_and_the_input_stays(inputs):
    before = [array.copy() for array in inputs]
    once = mirrored(*inputs, NAMES, along_x=True, along_y=True)
    twice = mirrored(*once, NAMES, along_x=True, along_y=True)
    for array, same, kept in zip(twice, before, inputs, strict=True):
        np.testing.assert_array_equal(array, same)
        np.testing.assert_array_equal(kept, same)


def test_the_mean_is_that_of_the_logits(inputs):
    def run(patches, context):
        return 1 / (1 + np.exp(-(patches[:, 0, 0, 0] + context[:, 1] + 2 * context[:, 2])))

    corners = inputs[0][:, 0][:, [0, 0, -1, -1], [0, -1, 0, -1]].mean(axis=1)
    expected = 1 / (1 + np.exp(-corners))  # the two components of gravity cancel out
    got = mean_over_mirrors(run, *inputs, NAMES)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, rtol=1e-5)


@pytest.mark.parametrize('answer', [0.0, 1.0])
def test_certain_answers_stay_finite(inputs, answer):
    got = mean_over_mirrors(lambda p, c: np.full(len(p), answer, np.float32), *inputs, NAMES)
    np.testing.assert_allclose(got, answer, atol=1e-5)


def test_only_the_best_are_evaluated_with_mirror_images():
    patches = np.linspace(-1, 1, 40, dtype=np.float32).reshape(40, 1, 1, 1) * np.ones((1, 1, 2, 2))
    patches[:, 0, 0, 0] += 5  # one corner, which mirror images average
    patches, context = patches.astype(np.float32), np.zeros((40, 4), np.float32)

    def run(patches, context):
        return 1 / (1 + np.exp(-patches[:, 0, 0, 0]))

    got = best_over_mirrors(run, patches, context, NAMES)
    np.testing.assert_array_equal(got[:32], run(patches, context)[:32])
    np.testing.assert_allclose(got[32:], mean_over_mirrors(run, patches, context, NAMES)[32:])
    assert (got[32:] < got[31]).all()
