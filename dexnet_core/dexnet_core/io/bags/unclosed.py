"""Repair of MCAP files that were not closed: their last record is cut off, the index missing."""

from __future__ import annotations

from pathlib import Path
import shutil
import struct

_MAGIC = b'\x89MCAP0\r\n'
_RECORD = struct.Struct('<BQ')
"""Head of a record: its opcode, and the number of bytes that follow."""
_END_OF_DATA, _FOOTER = 0x0F, 0x02
_END = b''.join(
    [
        _RECORD.pack(_END_OF_DATA, 4) + bytes(4),
        _RECORD.pack(_FOOTER, 20) + bytes(20),  # zeros: there is no index
        _MAGIC,
    ]
)


def closed_copy(path: Path, folder: Path) -> Path:
    """Copy the complete records of an .mcap file and append a footer.

    Args:
        path: Path of the file; it is not changed.
        folder: Folder of the copy.

    Returns:
        Path of the copy, which has the same name.

    Raises:
        ValueError: The file is not an .mcap file.
        OSError: The file cannot be read, or the copy cannot be written.
    """
    copy = folder / path.name
    shutil.copyfile(path, copy)
    with copy.open('r+b') as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise ValueError(f'{path} does not begin like an .mcap file')
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
