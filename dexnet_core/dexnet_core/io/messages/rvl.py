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
_MORE, _BITS = 8, 3
_LONGEST = 10
"""Nibbles of a number; one of LARGEST has nine."""


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
    is_seen, codes = _runs(numbers, width * height)
    steps = ((codes >> 1) ^ -(codes & 1)).astype(np.uint16)
    image = np.zeros(width * height, np.uint16)
    image[is_seen] = np.cumsum(steps, dtype=np.uint16)  # wraps as 16 bits do
    return image.reshape(height, width)


def require_size(width: int, height: int, what: str) -> None:
    """Raise ValueError unless an image of that size may be depth of a camera."""
    if not 0 < width * height <= LARGEST:
        raise ValueError(f'{what} is {width}x{height}, expected 1 to {LARGEST} pixels')


def _numbers(words: NDArray[np.uint32]) -> NDArray[np.int32]:
    """Return the numbers that the nibbles of the words hold; one that is cut off is dropped."""
    pairs = words.astype('>u4').view(np.uint8)
    nibbles = np.empty(2 * len(pairs), np.uint8)
    nibbles[::2], nibbles[1::2] = pairs >> 4, pairs & 15
    ends = np.flatnonzero(nibbles < _MORE)
    if not len(ends):
        return np.zeros(0, np.int32)
    further = np.diff(ends, prepend=-1) - 1
    starts = ends - further
    longest = int(further.max()) + 1
    if longest > _LONGEST:
        raise ValueError(f'RVL image has a number of {longest} nibbles, expected {_LONGEST}')
    nibbles &= _MORE - 1
    numbers: NDArray[np.int32] = nibbles[starts].astype(np.int32)
    longer = np.flatnonzero(further)
    for k in range(1, longest):
        longer = longer[further[longer] >= k]
        numbers[longer] |= nibbles[starts[longer] + k].astype(np.int32) << (_BITS * k)
    return numbers


def _runs(numbers: NDArray[np.int32], pixels: int) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
    """Return (pixels,) which are not 0, and the numbers of these alone."""
    told, count = numbers.data, len(numbers)
    heads: list[int] = []
    lengths: list[int] = []
    done = at = 0
    while done < pixels:
        if at + 1 >= count:
            raise ValueError(f'RVL image ends after {done} of {pixels} pixels: it is cut off')
        zeros, others = told[at], told[at + 1]
        heads.append(at)
        lengths += (zeros, others)
        done, at = done + zeros + others, at + 2 + others
        if done > pixels or not zeros + others:
            raise ValueError(f'RVL image has a run to pixel {done} of {pixels}: it is broken')
        if at > count:
            raise ValueError(f'RVL image ends within {done} of {pixels} pixels: it is cut off')
    is_seen = np.repeat(np.tile([False, True], len(heads)), lengths)
    is_code = np.ones(at, bool)
    is_code[heads] = is_code[np.add(heads, 1)] = False
    return is_seen, numbers[:at][is_code]
