"""Decompression of LZF, the compression of .pcd files; the standard library has none."""

from __future__ import annotations

_LITERALS = 32
"""A control byte below this value is the number of literal bytes that follow, minus one."""
_LONGEST_RATIO = 100
"""Three compressed bytes give at most 264 bytes."""


def decompressed(data: bytes, size: int) -> bytes:
    """Decompress LZF data.

    Args:
        data: Compressed data.
        size: Number of bytes of the uncompressed data.

    Raises:
        ValueError: The data are cut off, damaged, or have another size.
    """
    if size > _LONGEST_RATIO * len(data):
        raise ValueError(f'{len(data)} compressed bytes cannot be {size} bytes')
    out, at = bytearray(), 0
    try:
        while at < len(data) and len(out) <= size:
            control = data[at]
            if control < _LITERALS:
                out += data[at + 1 : at + 2 + control]
                at += 2 + control
                continue
            length, low = control >> 5, at + 1
            if length == 7:
                length, low = length + data[at + 1], at + 2
            _repeat(out, ((control & 31) << 8) + data[low] + 1, length + 2)
            at = low + 1
    except IndexError as error:
        raise ValueError('the compressed data are cut off') from error
    if len(out) != size:
        raise ValueError(f'the compressed data are {len(out)} bytes, expected {size}')
    return bytes(out)


def _repeat(out: bytearray, back: int, length: int) -> None:
    """Append `length` bytes from `back` bytes before the end; the ranges may overlap."""
    if back > len(out):
        raise ValueError('the compressed data are damaged')
    piece = out[-back:] if back >= length else out[-back:] * (length // back + 1)
    out += piece[:length]
