"""MCAP files that a recorder did not close: they end within a record, and have no index."""

from __future__ import annotations

from pathlib import Path
import shutil
import struct

_MAGIC = b'\x89MCAP0\r\n'
_RECORD = struct.Struct('<BQ')
"""What a record begins with: what it is, and how many bytes follow."""
_END_OF_DATA, _FOOTER = 0x0F, 0x02
_END = b''.join(
    [
        _RECORD.pack(_END_OF_DATA, 4) + bytes(4),
        _RECORD.pack(_FOOTER, 20) + bytes(20),  # says that there is no index
        _MAGIC,
    ]
)


def closed_copy(path: Path, folder: Path) -> Path:
    """Copy an .mcap file as far as its records are whole, and close it there.

    Args:
        path: The file, which is not changed.
        folder: Where the copy is made.

    Returns:
        The copy, of the same name.

    Raises:
        ValueError: It is no .mcap file.
        OSError: It cannot be read, or there is no room for the copy.
    """
    copy = folder / path.name
    shutil.copyfile(path, copy)
    with copy.open('r+b') as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise ValueError(f'{path} does not begin as an .mcap file')
        size, end = path.stat().st_size, len(_MAGIC)
        while end + _RECORD.size <= size:
            kind, length = _RECORD.unpack(file.read(_RECORD.size))
            following = end + _RECORD.size + length
            if following > size or kind in (_END_OF_DATA, _FOOTER, 0):
                break
            end = following
            file.seek(end)
        file.truncate(end)
        file.seek(end)
        file.write(_END)
    return copy
