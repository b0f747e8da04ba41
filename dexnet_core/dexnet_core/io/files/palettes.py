"""Palette indices of PNG files, as labelling tools write them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b'\x89PNG\r\n\x1a\n'
_HEADER, _PALETTE, _OPACITY = b'IHDR', b'PLTE', b'tRNS'
_OF_PALETTE = b'\x03'


def read_indices(path: Path) -> NDArray[np.uint8] | None:
    """Read the (H, W) palette indices of a PNG; None for an image without a palette.

    Also None if the palette is grey or does not begin with black. PNG optimisers write such
    palettes in arbitrary order, so that only the colours are meaningful.
    """
    data = path.read_bytes()
    chunks = list(_chunks(data)) if data.startswith(_SIGNATURE) else []
    name, header = chunks[0] if chunks else (b'', b'')
    if name != _HEADER or header[9:10] != _OF_PALETTE:
        return None
    palette = next((body for name, body in chunks if name == _PALETTE), b'')
    if not _is_of_labels(np.frombuffer(palette[: len(palette) // 3 * 3], np.uint8).reshape(-1, 3)):
        return None
    numbered = bytes(np.repeat(np.arange(len(palette) // 3, dtype=np.uint8), 3))
    parts = [
        _chunk(name, numbered if name == _PALETTE else body)
        for name, body in chunks
        if name != _OPACITY
    ]
    image = cv2.imdecode(np.frombuffer(b''.join([_SIGNATURE, *parts]), np.uint8), cv2.IMREAD_COLOR)
    return None if image is None else image[..., 0].astype(np.uint8, copy=False)


def _is_of_labels(palette: NDArray[np.uint8]) -> bool:
    return bool(len(palette) and not palette[0].any() and (palette != palette[:, :1]).any())


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the name and the body of each chunk."""
    at = len(_SIGNATURE)
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], 'big')
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(name: bytes, body: bytes) -> bytes:
    checked = name + body
    return len(body).to_bytes(4, 'big') + checked + zlib.crc32(checked).to_bytes(4, 'big')
