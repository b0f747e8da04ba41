"""Reader of rosbag2 bags (sqlite3, mcap, compressed) and ROS 1 bags, based on rosbags."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, ExitStack
from heapq import merge
import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, NamedTuple

from dexnet_core.io.bags.unclosed import closed_copy
from rosbags.interfaces import Connection
from rosbags.rosbag1 import Reader as Reader1
from rosbags.rosbag2 import Reader as Reader2
from rosbags.typesys import get_typestore, Stores

_LOG = logging.getLogger(__name__)
IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'
CLOUD = 'sensor_msgs/msg/PointCloud2'
_ROS1 = '.bag'
_STORAGES = ('.mcap', '.db3')
_PACKED = '.zstd'
_METADATA = 'metadata.yaml'
_MENDED_BY = {
    '.mcap': 'mcap recover',
    '.db3': 'sqlite3 OLD .recover | sqlite3 NEW',
    _ROS1: 'rosbag reindex',
}


class Topic(NamedTuple):
    """Name, message type (in ROS 2 notation) and number of messages of a topic in a bag."""

    name: str
    type: str
    messages: int


class Record(NamedTuple):
    """A serialised message of a bag.

    Attributes:
        topic: Name of its topic.
        time_ns: Time of recording, nanoseconds since 1970.
        type: Message type in ROS 2 notation, such as `sensor_msgs/msg/Image`.
        data: The serialised message.
    """

    topic: str
    time_ns: int
    type: str
    data: bytes | memoryview


class Bag:
    """An open bag; see `open_bag`."""

    def __init__(self, path: Path, readers: Sequence[Reader1 | Reader2]) -> None:
        self._path = path
        self._readers = readers
        self._is_ros1 = isinstance(readers[0], Reader1)
        self._types = get_typestore(Stores.ROS1_NOETIC if self._is_ros1 else Stores.LATEST)

    @property
    def topics(self) -> tuple[Topic, ...]:
        """The topics that have messages, sorted by name."""
        counts: dict[tuple[str, str], int] = {}
        for connection in self._connections():
            key = connection.topic, connection.msgtype
            counts[key] = counts.get(key, 0) + connection.msgcount
        return tuple(Topic(*key, count) for key, count in sorted(counts.items()) if count)

    @property
    def start_ns(self) -> int:
        """Time of the first message, nanoseconds since 1970."""
        return min(reader.start_time for reader in self._readers)

    @property
    def duration_s(self) -> float:
        """Seconds from the first message to the last."""
        end = max(reader.end_time for reader in self._readers)
        return max(0, end - self.start_ns - 1) / 1e9

    def records(self, topics: Sequence[str], start_ns: int | None = None) -> Iterator[Record]:
        """Yield the messages of the given topics in order of recording.

        Args:
            topics: Names of the topics.
            start_ns: Messages recorded before this time are skipped, nanoseconds since 1970; None
                reads from the beginning.

        Raises:
            ValueError: The bag is damaged and cannot be read to its end.
        """
        streams = []
        for reader in self._readers:
            wanted = [known for known in reader.connections if known.topic in topics]
            if wanted:
                streams.append(reader.messages(wanted, start=start_ns))
        stored = merge(*streams, key=lambda message: message[1])
        while True:
            try:
                connection, time_ns, data = next(stored)
            except StopIteration:
                return
            except Exception as error:  # rosbags, sqlite3, zstd, lz4 and struct raise many kinds
                reason = f'{self._path} ends early ({_reason(error)}): {_remedy(self._path)}'
                raise ValueError(reason) from error
            yield Record(connection.topic, time_ns, connection.msgtype, data)

    def message(self, record: Record) -> Any:  # noqa: ANN401
        """Deserialise a record; fields have their ROS 2 names, also for ROS 1 bags.

        Raises:
            ValueError: The data cannot be deserialised as the type of the topic.
        """
        try:
            if not self._is_ros1:
                return self._types.deserialize_cdr(record.data, record.type)
            message = self._types.deserialize_ros1(record.data, record.type)
        except Exception as error:  # rosbags, struct and numpy raise many kinds
            reason = f'a message of {record.topic} is broken ({_reason(error)})'
            raise ValueError(reason) from error
        if record.type != CAMERA_INFO:
            return message
        return SimpleNamespace(**{name.lower(): value for name, value in vars(message).items()})

    def _connections(self) -> list[Connection]:
        return [known for reader in self._readers for known in reader.connections]


@contextmanager
def open_bag(path: Path) -> Iterator[Bag]:
    """Open a bag for reading.

    Args:
        path: Folder of a rosbag2, one of its .mcap or .db3 files, or a ROS 1 .bag file. In a
            folder without metadata.yaml, all .mcap and .db3 files are read. If an .mcap file was
            not closed, its complete records are copied to a temporary file and read from there.

    Raises:
        FileNotFoundError: The file or folder does not exist.
        ValueError: The path is not a bag, is damaged, or has no messages.
    """
    with ExitStack() as stack:
        readers = [reader for file in _files(path) for reader in _opened(file, stack)]
        if not any(reader.message_count for reader in readers):
            raise ValueError(f'{path} has no messages')
        yield Bag(path, [reader for reader in readers if reader.message_count])


def _opened(path: Path, stack: ExitStack) -> list[Reader1 | Reader2]:
    """Open the readers of a folder or file; the stack closes them."""
    try:
        reader: Reader1 | Reader2 = Reader1(path) if path.suffix == _ROS1 else Reader2(path)
        stack.enter_context(reader)
        return [reader]
    except Exception as error:  # rosbags, sqlite3, zstd, YAML and struct raise many kinds
        reason = f'{path} is not a readable bag ({_reason(error)}): {_remedy(path)}'
        files = sorted(path.glob('*.mcap')) if path.is_dir() else [path]
        if not files or any(file.suffix != '.mcap' for file in files):
            raise ValueError(reason) from error
        try:
            readers: list[Reader1 | Reader2] = [_open_unclosed(file, stack) for file in files]
        except Exception:  # as above
            raise ValueError(reason) from error
        _LOG.warning('%s was not closed: only its complete records are read', path)
        return readers


def _open_unclosed(path: Path, stack: ExitStack) -> Reader2:
    """Open a temporary copy of the complete records of an .mcap file that was not closed."""
    folder = stack.enter_context(TemporaryDirectory())
    return stack.enter_context(Reader2(closed_copy(path, Path(folder))))


def _files(path: Path) -> list[Path]:
    """Return the paths to open: one folder, or a list of files."""
    if not path.exists():
        raise FileNotFoundError(f'bag {path} does not exist')
    if path.is_dir():
        if (path / _METADATA).is_file():
            return [path]
        files = sorted(file for file in path.iterdir() if file.suffix in _STORAGES)
        if not files:
            raise ValueError(f'folder {path} has no {_METADATA}, .mcap or .db3: is it a rosbag2?')
        return files
    if path.name == _METADATA or _is_alone(path):
        return [path.parent]
    if path.suffix not in (_ROS1, *_STORAGES):
        raise ValueError(f'{path} is not a bag, expected a folder, .mcap, .db3 or .bag')
    return [path]


def _is_alone(path: Path) -> bool:
    """Return whether this is the only storage file of a rosbag2 with a metadata.yaml.

    The folder is opened then, because the metadata holds the compression.
    """
    endings = (*_STORAGES, _PACKED)
    if path.suffix not in endings or not (path.parent / _METADATA).is_file():
        return False
    return [file for file in path.parent.iterdir() if file.suffix in endings] == [path]


def _reason(error: Exception) -> str:
    return str(error).strip().rstrip('.') or type(error).__name__


def _remedy(path: Path) -> str:
    """Return the advice for a damaged bag."""
    files = path.iterdir() if path.is_dir() else [path]
    programs = [_MENDED_BY[file.suffix] for file in files if file.suffix in _MENDED_BY]
    program = (programs or ['ros2 bag reindex'])[0]
    return f'was it closed and copied in full? `{program}` may repair it'
