"""Writer of grasp plans as a rosbag2 for `ros2 bag play`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import shutil
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Literal

from dexnet_core.io.bags.replaying import Replayed
from dexnet_core.io.messages.grasp_messages import plan_message, PlanTypes
from rosbags.interfaces.typing import Typesdict
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_types_from_msg, get_typestore, Stores
from rosbags.typesys.store import Typestore

TOPIC = '/grasps'
STORAGES = {'sqlite3': StoragePlugin.SQLITE3, 'mcap': StoragePlugin.MCAP}
_PACKAGE = 'dexnet_msgs'
_OF_HUMBLE: Literal[8] = 8
"""Newest version of metadata.yaml that ROS 2 Humble can read."""


class PlanWriter:
    """Writes plans as GraspArray messages; see `plan_bag`."""

    def __init__(self, writer: Writer) -> None:
        self._writer, self._store = writer, grasp_types()
        self._types = _plan_types(self._store)
        self._array = f'{_PACKAGE}/msg/GraspArray'
        self._topic = writer.add_connection(TOPIC, self._array, typestore=self._store)

    def write(self, replayed: Replayed) -> None:
        """Write a plan with the header of its input message, at the recording time of that."""
        header = replayed.header or _header(replayed.stamp_ns)
        message = plan_message(replayed.header_plan, header, self._types)
        data = self._store.serialize_cdr(message, self._array)
        self._writer.write(self._topic, replayed.frame.record.time_ns, data)


@contextmanager
def plan_bag(path: Path, storage: str) -> Iterator[PlanWriter]:
    """Yield a writer; the bag appears at `path` only if the block succeeds.

    Args:
        path: Folder of the bag. An existing rosbag2 is replaced.
        storage: A key of STORAGES.

    Raises:
        ValueError: The path exists and is not a rosbag2.
        FileNotFoundError: The message definitions are not installed.
    """
    if path.exists() and not (path / 'metadata.yaml').is_file():
        raise ValueError(f'{path} exists and is not a rosbag2: remove it, or use another --out')
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix='.') as folder:
        scratch = Path(folder) / path.name  # the storage file is named after its folder
        with Writer(scratch, version=_OF_HUMBLE, storage_plugin=STORAGES[storage]) as writer:
            yield PlanWriter(writer)
        shutil.rmtree(path, ignore_errors=True)
        scratch.rename(path)


def grasp_types() -> Typestore:
    """Return a type store with the messages of ROS 2 and of dexnet_msgs.

    Raises:
        FileNotFoundError: The message definitions of dexnet_msgs are not installed.
    """
    store = get_typestore(Stores.LATEST)
    types: Typesdict = {}
    for file in sorted(_definitions().glob('*.msg')):
        types |= get_types_from_msg(file.read_text(), f'{_PACKAGE}/msg/{file.stem}')
    store.register(types)
    return store


def _definitions() -> Path:
    """Return the folder of the .msg files, in the repository or in the ROS installation."""
    repository = Path(__file__).resolve().parents[3] / _PACKAGE / 'msg'
    prefixes = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
    installed = [Path(prefix) / 'share' / _PACKAGE / 'msg' for prefix in prefixes if prefix]
    for folder in (repository, *installed):
        if (folder / 'GraspArray.msg').is_file():
            return folder
    raise FileNotFoundError(f'no message definitions of {_PACKAGE} found: source env.sh first')


def _plan_types(store: Typestore) -> PlanTypes:
    own = [store.types[f'{_PACKAGE}/msg/{name}'] for name in _OWN]
    usual = [store.types[f'geometry_msgs/msg/{name}'] for name in _USUAL]
    return PlanTypes(*own, *usual)


_OWN = ('GraspArray', 'Grasp', 'Jaw', 'StageTime', 'Refusal')
_USUAL = ('Pose', 'Point', 'Vector3', 'Quaternion')


def _header(stamp_ns: int) -> SimpleNamespace:
    """Return a header with an empty frame, for an input message that cannot be read."""
    sec, nanosec = divmod(stamp_ns, 10**9)
    return SimpleNamespace(stamp=SimpleNamespace(sec=sec, nanosec=nanosec), frame_id='')
