"""Plans as a rosbag2 that `ros2 bag play` plays."""

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
"""The newest layout of metadata.yaml that Humble reads as well."""


class PlanWriter:
    """Writes plans as GraspArray messages; see `plan_bag`."""

    def __init__(self, writer: Writer) -> None:
        self._writer, self._store = writer, grasp_types()
        self._types = _plan_types(self._store)
        self._array = f'{_PACKAGE}/msg/GraspArray'
        self._topic = writer.add_connection(TOPIC, self._array, typestore=self._store)

    def write(self, replayed: Replayed) -> None:
        """Write a plan with the header of its frame, at the time when that was recorded."""
        header = replayed.header or _header(replayed.stamp_ns)
        message = plan_message(replayed.header_plan, header, self._types)
        data = self._store.serialize_cdr(message, self._array)
        self._writer.write(self._topic, replayed.frame.record.time_ns, data)


@contextmanager
def plan_bag(path: Path, storage: str) -> Iterator[PlanWriter]:
    """Yield what writes a bag, which is there once the block has succeeded.

    Args:
        path: Folder, replaced if it is a rosbag2 already.
        storage: A key of STORAGES.

    Raises:
        ValueError: There is a folder of another kind.
        FileNotFoundError: The definitions of the messages are not installed.
    """
    if path.exists() and not (path / 'metadata.yaml').is_file():
        raise ValueError(f'{path} exists and is no rosbag2: remove it, or choose another --out')
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix='.') as folder:
        scratch = Path(folder) / path.name  # the storage file is named after its folder
        with Writer(scratch, version=_OF_HUMBLE, storage_plugin=STORAGES[storage]) as writer:
            yield PlanWriter(writer)
        shutil.rmtree(path, ignore_errors=True)
        scratch.rename(path)


def grasp_types() -> Typestore:
    """Return the types of ROS 2 and those of dexnet_msgs.

    Raises:
        FileNotFoundError: The definitions are not installed.
    """
    store = get_typestore(Stores.LATEST)
    types: Typesdict = {}
    for file in sorted(_definitions().glob('*.msg')):
        types |= get_types_from_msg(file.read_text(), f'{_PACKAGE}/msg/{file.stem}')
    store.register(types)
    return store


def _definitions() -> Path:
    """Return the folder of the .msg files: of the repository, or where ROS installed them."""
    repository = Path(__file__).resolve().parents[3] / _PACKAGE / 'msg'
    prefixes = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
    installed = [Path(prefix) / 'share' / _PACKAGE / 'msg' for prefix in prefixes if prefix]
    for folder in (repository, *installed):
        if (folder / 'GraspArray.msg').is_file():
            return folder
    raise FileNotFoundError(f'the definitions of {_PACKAGE} are not here: source env.sh first')


def _plan_types(store: Typestore) -> PlanTypes:
    own = [store.types[f'{_PACKAGE}/msg/{name}'] for name in _OWN]
    usual = [store.types[f'geometry_msgs/msg/{name}'] for name in _USUAL]
    return PlanTypes(*own, *usual)


_OWN = ('GraspArray', 'Grasp', 'Jaw', 'StageTime', 'Refusal')
_USUAL = ('Pose', 'Point', 'Vector3', 'Quaternion')


def _header(stamp_ns: int) -> SimpleNamespace:
    """Return a header without a frame, for a message that cannot be read."""
    sec, nanosec = divmod(stamp_ns, 10**9)
    return SimpleNamespace(stamp=SimpleNamespace(sec=sec, nanosec=nanosec), frame_id='')
