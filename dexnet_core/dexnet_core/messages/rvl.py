"""RVL, the lossless coding of depth images that compressedDepth may use.

After A. D. Wilson, "Fast Lossless Depth Image Compression" (2017). Width and height come first, 32
bits each, then words of 32 bits, all little-endian. A word holds eight nibbles, the highest first;
a nibble holds three bits of a number, lowest bits first, and its highest bit says that more
follow. The numbers are runs: how many pixels are 0, how many are not, and for each of these its
difference to the last pixel that was not 0, with the sign in the lowest bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LARGEST = 1 << 26
"""Pixels; no depth camera has so many, and broken data asks for more."""
_SIZE_BYTES, _WORD_BYTES = 8, 4
_NIBBLE_SHIFTS = np.arange(28, -4, -4, dtype=np.uint32)
_MORE, _BITS = 8, 3
_LONGEST = 11
"""Nibbles of a number of 32 bits."""


def decode_rvl(data: bytes | memoryview) -> NDArray[np.uint16]:
    """Return the (H, W) uint16 image.

    Raises:
        ValueError: The data is not RVL, is cut off, or its size is impossible.
    """
    if len(data) < _SIZE_BYTES:
        raise ValueError(f'RVL image has {len(data)} bytes, expected at least {_SIZE_BYTES}')
    width, height = np.frombuffer(data, '<u4', 2).tolist()
    require_size(width, height, 'RVL image')
    words = np.frombuffer(data, '<u4', (len(data) - _SIZE_BYTES) // _WORD_BYTES, _SIZE_BYTES)
    numbers = _numbers(words)
    places, used = _runs(numbers, width * height)
    codes = numbers[used]
    steps = (codes >> 1) ^ -(codes & 1)
    image = np.zeros(width * height, np.uint16)
    image[places] = np.cumsum(steps).astype(np.uint16)  # wraps as 16 bits do
    return image.reshape(height, width)


def require_size(width: int, height: int, what: str) -> None:
    """Raise ValueError unless an image of that size may be depth of a camera."""
    if not 0 < width * height <= LARGEST:
        raise ValueError(f'{what} is {width}x{height}, expected 1 to {LARGEST} pixels')


def _numbers(words: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return the numbers that the nibbles of the words hold; one that is cut off is dropped."""
    nibbles = ((words[:, None] >> _NIBBLE_SHIFTS) & 15).astype(np.uint8).ravel()
    ends = np.flatnonzero(nibbles < _MORE)
    if not len(ends):
        return np.zeros(0, np.int64)
    starts = np.concatenate([[0], ends[:-1] + 1])
    longest = int((ends - starts).max()) + 1
    if longest > _LONGEST:
        raise ValueError(f'RVL image has a number of {longest} nibbles, expected {_LONGEST}')
    nibbles = nibbles & (_MORE - 1)
    numbers = nibbles[starts].astype(np.int64)
    for k in range(1, longest):
        longer = np.flatnonzero(ends - starts >= k)
        numbers[longer] |= nibbles[starts[longer] + k].astype(np.int64) << (_BITS * k)
    return numbers


def _runs(numbers: NDArray[np.int64], pixels: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which pixels are not 0, and which numbers tell them."""
    told = numbers.tolist()
    starts, firsts, lengths = [], [], []
    done = at = 0
    while done < pixels:
        if at + 1 >= len(told):
            raise ValueError(f'RVL image ends after {done} of {pixels} pixels: it is cut off')
        zeros, others = told[at], told[at + 1]
        starts.append(done + zeros)
        firsts.append(at + 2)
        lengths.append(others)
        done, at = done + zeros + others, at + 2 + others
        if done > pixels or not zeros + others:
            raise ValueError(f'RVL image has a run to pixel {done} of {pixels}: it is broken')
        if at > len(told):
            raise ValueError(f'RVL image ends within {done} of {pixels} pixels: it is cut off')
    ends = np.cumsum(lengths)
    within = np.arange(ends[-1]) - np.repeat(ends - lengths, lengths)
    return np.repeat(starts, lengths) + within, np.repeat(firsts, lengths) + within
