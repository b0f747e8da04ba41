"""Decoder of RVL, a lossless compression of depth images that compressedDepth supports.

Source: A. D. Wilson, "Fast Lossless Depth Image Compression" (2017). The data begins with width
and height, 32 bits each, followed by 32-bit words, all little-endian. A word holds eight nibbles,
the highest first. A nibble holds three bits of a number, lowest bits first; its highest bit is set
if more nibbles follow. The numbers encode runs: the count of zero pixels, the count of nonzero
pixels, and for each nonzero pixel its difference to the last nonzero pixel, with the sign in the
lowest bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LARGEST = 1 << 26
"""Largest number of pixels; more is a sign of damaged data."""
_SIZE_BYTES, _WORD_BYTES = 8, 4
_MORE, _BITS = 8, 3
_LONGEST = 10
"""Largest number of nibbles of a number; LARGEST has nine."""


def decode_rvl(data: bytes | memoryview) -> NDArray[np.uint16]:
    """Decode RVL data to an (H, W) uint16 image.

    Raises:
        ValueError: The data is not RVL, is cut off, or has an invalid size.
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
    image[is_seen] = np.cumsum(steps, dtype=np.uint16)  # differences wrap modulo 2**16
    return image.reshape(height, width)


def require_size(width: int, height: int, what: str) -> None:
    """Raise ValueError unless the image has 1 to LARGEST pixels."""
    if not 0 < width * height <= LARGEST:
        raise ValueError(f'{what} is {width}x{height}, expected 1 to {LARGEST} pixels')


def _numbers(words: NDArray[np.uint32]) -> NDArray[np.int32]:
    """Decode the variable-length numbers of the words; an incomplete last number is dropped."""
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
    """Return a mask (pixels,) of the nonzero pixels, and the coded difference of each."""
    values, count = numbers.data, len(numbers)
    heads: list[int] = []
    lengths: list[int] = []
    done = at = 0
    while done < pixels:
        if at + 1 >= count:
            raise ValueError(f'RVL image ends after {done} of {pixels} pixels: it is cut off')
        zeros, others = values[at], values[at + 1]
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
