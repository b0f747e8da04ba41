"""Depth from compressed images, made by encoders that are written here from the formats."""

from contextlib import suppress
from types import SimpleNamespace

import cv2
from dexnet_core.io.messages.compressed import depth_from_compressed, is_compressed_depth
from dexnet_core.io.messages.rvl import decode_rvl
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest
from rvl_encoder import compressed_depth, encode_rvl

SIZES = st.tuples(st.integers(1, 7), st.integers(1, 9))
SOME_ZERO = st.one_of(st.just(0), st.integers(0, 65535), st.integers(700, 710))
MILLIMETRES = np.array([[0, 700, 65535], [1, 0, 0]], np.uint16)


def message(data, form):
    return SimpleNamespace(format=form, data=np.frombuffer(data, np.uint8))


def rvl(width, height, *words):
    return np.array([width, height, *words], '<u4').tobytes()


@given(arrays(np.uint16, SIZES, elements=SOME_ZERO))
def test_rvl_comes_back(pixels):
    np.testing.assert_array_equal(decode_rvl(encode_rvl(pixels)), pixels)


def test_rvl_is_as_the_paper_says():
    # one pixel of 0, two that are not: +5 is 10 = 010 001 (lowest first), -1 is 1; then zeros
    words = rvl(3, 1, 0x12A11000)
    np.testing.assert_array_equal(decode_rvl(words), [[0, 5, 4]])


@given(arrays(np.uint16, SIZES, elements=st.integers(1, 65535)), st.data())
def test_rvl_that_is_cut_off_is_refused(pixels, data):
    whole = encode_rvl(pixels)
    cut = data.draw(st.integers(0, len(whole) - 4))
    with pytest.raises(ValueError, match=r'cut off|expected at least 8'):
        decode_rvl(whole[:cut])


@given(st.integers(1, 40), st.integers(1, 40), st.lists(st.integers(0, 2**32 - 1), max_size=30))
def test_any_words_are_an_image_or_refused(width, height, words):
    with suppress(ValueError):
        assert decode_rvl(rvl(width, height, *words)).shape == (height, width)


@pytest.mark.parametrize(
    ('data', 'said'),
    [
        (rvl(0, 5), '0x5, expected 1 to'),
        (rvl(2**31, 2**31, 0), 'expected 1 to'),
        (rvl(2, 2, 0x00000000), 'broken'),
        (rvl(2, 2, 0x70000000), 'run to pixel 7 of 4'),
        (rvl(2, 2, *[0xFFFFFFFF] * 3), 'cut off'),
        (rvl(2, 2, *[0xFFFFFFFF] * 3, 0), 'a number of 25 nibbles'),
    ],
)
def test_broken_rvl_is_named(data, said):
    with pytest.raises(ValueError, match=said):
        decode_rvl(data)


@pytest.mark.parametrize('coding', ['png', 'rvl'])
@pytest.mark.parametrize('encoding', ['16UC1', 'mono16'])
def test_integers_are_millimetres_or_what_a_scale_says(coding, encoding):
    form = f'{encoding}; compressedDepth {coding}'
    msg = message(compressed_depth(MILLIMETRES, coding), form)
    np.testing.assert_allclose(depth_from_compressed(msg), MILLIMETRES / 1000, rtol=1e-6)
    tenths = depth_from_compressed(msg, 0.0001)
    np.testing.assert_allclose(tenths, MILLIMETRES / 10000, rtol=1e-6)


@pytest.mark.parametrize('coding', ['png', 'rvl'])
def test_metres_come_back_to_their_quantum(coding):
    depth = np.random.default_rng(0).uniform(0.3, 9.9, (40, 50)).astype(np.float32)
    depth[3, 4], depth[5, 6], depth[7, 8] = 0, np.nan, 12.0
    data = compressed_depth(depth, coding, metres=True)
    back = depth_from_compressed(message(data, f'32FC1; compressedDepth {coding}'))
    seen = (depth > 0) & (depth < 10)
    assert (back[~seen] == 0).all()
    step = depth**2 / (100 * 101)  # of depth, for one of the stored number
    assert (np.abs(back - depth)[seen] <= 1.1 * step[seen]).all()


@pytest.mark.parametrize(
    'form', ['16UC1; compressedDepth', '16UC1', 'png', '16UC1; png compressed ', 'mono16; png']
)
def test_png_is_found_with_and_without_its_head(form):
    data = cv2.imencode('.png', MILLIMETRES)[1].tobytes()
    depth = depth_from_compressed(message(data, form))
    np.testing.assert_allclose(depth, MILLIMETRES / 1000, rtol=1e-6)
    assert is_compressed_depth(message(data, form))


@pytest.mark.parametrize(
    ('form', 'said'),
    [
        ('rgb8; jpeg compressed bgr8', "format 'rgb8; jpeg.*expected such as '16UC1"),
        ('16UC1; jpeg compressed ', 'is lossy: use the topic that ends in /compressedDepth'),
        ('16UC1; compressedDepth zstd', 'expected such as'),
        ('32FC1; png compressed', 'expected such as'),
        ('jpeg', 'expected such as'),
        ('', 'expected such as'),
    ],
)
def test_what_is_no_depth_is_named(form, said):
    msg = message(b'', form)
    assert not is_compressed_depth(msg)
    with pytest.raises(ValueError, match=said):
        depth_from_compressed(msg)


WHOLE = compressed_depth(np.full((9, 9), 700, np.uint16))
EIGHT_BITS = WHOLE[:12] + cv2.imencode('.png', np.ones((2, 2), np.uint8))[1].tobytes()
HUGE = WHOLE[:28] + np.array([10**5, 10**5], '>u4').tobytes() + WHOLE[36:]


@pytest.mark.parametrize(
    ('data', 'said'),
    [
        (WHOLE[:5], '5 bytes, expected more than 12'),
        (WHOLE[:20], 'not a PNG: is it cut off'),
        (WHOLE[:50], 'is it cut off|16 bits'),
        (EIGHT_BITS, 'uint8 of shape .2, 2., expected one channel of 16 bits'),
        (HUGE, '100000x100000, expected 1 to'),
    ],
)
def test_broken_png_is_named(data, said):
    with pytest.raises(ValueError, match=said):
        depth_from_compressed(message(data, '16UC1; compressedDepth png'))


def test_parameters_that_are_none_are_refused():
    data = compressed_depth(np.ones((2, 2), np.float32), metres=True)
    broken = data[:4] + np.array([np.nan, 1], '<f4').tobytes() + data[12:]
    with pytest.raises(ValueError, match=r'parameters nan and 1\.0, expected a > 0'):
        depth_from_compressed(message(broken, '32FC1; compressedDepth png'))
