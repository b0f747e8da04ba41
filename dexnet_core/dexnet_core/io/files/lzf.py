"""The compression of .pcd files: LibLZF's format, which no library of Python's own reads."""

from __future__ import annotations

_LITERALS = 32
"""A control byte below is a number of bytes that follow as they are, less one."""
_LONGEST_RATIO = 100
"""Three bytes stand for 264 at most."""


def decompressed(data: bytes, size: int) -> bytes:
    """Return what was compressed.

    Args:
        data: Compressed.
        size: Bytes of what was compressed.

    Raises:
        ValueError: The data are cut off, damaged, or of another size.
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
    """Append bytes that are already there, of which the last may be among those appended."""
    if back > len(out):
        raise ValueError('the compressed data are damaged')
    piece = out[-back:] if back >= length else out[-back:] * (length // back + 1)
    out += piece[:length]
