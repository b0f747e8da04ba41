"""A planner's node under test: its process, its camera, and what they do."""

from __future__ import annotations

from collections.abc import Sequence
import os
from pathlib import Path
import re
import subprocess
import time

from builtin_interfaces.msg import Time
from dexnet_msgs.msg import GraspArray, GraspHeatmap
from programs import end, start_camera, start_node
from rclpy.node import Node
from rclpy.qos import QoSProfile
from records import Answer, Ended, Frame, KINDS, Phase, Sample, Writer
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

_TICKS = os.sysconf('SC_CLK_TCK')
_QUEUE = QoSProfile(depth=200)
_SAMPLE_S = 1.0


class Watched:
    """A planner's node whose camera is replaced by one of another size again and again.

    Everything that happens is written at once to a folder of its own. Heat map and markers are
    asked for and not looked at, so that the node makes them.
    """

    def __init__(
        self, node: Node, planner: str, out: Path, kinds: Sequence[str], phase_s: float
    ) -> None:
        """Start the planner; its first camera starts with `next_phase`.

        Args:
            node: Listens and keeps time.
            planner: One of NODES.
            out: Folder of the soak test, with the picture.
            kinds: What cameras send in turn, see camera.py.
            phase_s: Seconds of each camera.
        """
        self._planner, self._out, self._kinds = planner, out, kinds
        folder = out / planner
        folder.mkdir(parents=True, exist_ok=True)
        self._writers = {kind: Writer(folder, kind) for kind in KINDS}
        self._process = start_node(planner, folder / 'node.log')
        self._camera: subprocess.Popen | None = None
        self._old: list[subprocess.Popen] = []
        self._phases = 0
        self._listen(node)
        node.create_timer(_SAMPLE_S, self._sample)
        node.create_timer(phase_s, self.next_phase)

    def next_phase(self) -> None:
        """End the camera, if there is one, and start the next."""
        if self._camera is not None:
            self._camera.terminate()  # it is gone before the next one has begun
            self._old.append(self._camera)
        self._old = [camera for camera in self._old if camera.poll() is None]
        what = self._kinds[self._phases % len(self._kinds)]
        self._phases += 1
        self._camera = start_camera(self._planner, self._out / 'picture.npy', what)
        self._write(Phase(time.time(), what, self._camera.pid))

    def close(self) -> None:
        """End camera and node, and note how the node ended."""
        for camera in (*self._old, self._camera):
            if camera is not None:
                end(camera)
        if self._process is not None:
            self._write(Ended(time.time(), end(self._process)))
        for writer in self._writers.values():
            writer.close()

    def _listen(self, node: Node) -> None:
        def listen(kind: type, topic: str, callback: object, raw: bool = False) -> None:
            name = f'/{self._planner}/{topic}'
            node.create_subscription(kind, name, callback, _QUEUE if not raw else 1, raw=raw)

        listen(Header, 'frames', self._on_frame)
        listen(GraspArray, 'grasps', self._on_grasps)
        listen(GraspHeatmap, 'heatmap', lambda _: None, raw=True)
        listen(MarkerArray, 'markers', lambda _: None, raw=True)

    def _on_frame(self, msg: Header) -> None:
        self._write(Frame(_seconds(msg.stamp), int(msg.frame_id)))

    def _on_grasps(self, msg: GraspArray) -> None:
        stamp, count = _seconds(msg.header.stamp), len(msg.grasps)
        said = ' '.join(msg.message.split())
        self._write(Answer(time.time(), stamp, msg.planning_ms, msg.status, count, said))

    def _sample(self) -> None:
        """Look at the process; where it has ended, say so once."""
        if self._process is None:
            return
        if self._process.poll() is not None:
            self._write(Ended(time.time(), self._process.returncode))
            self._process = None
            return
        self._write(sample_of(self._process.pid))

    def _write(self, row: Answer | Ended | Frame | Phase | Sample) -> None:
        self._writers[type(row)].write(row)


def sample_of(pid: int) -> Sample:
    """Return memory and processor time of a process, as Linux tells them."""
    status = Path(f'/proc/{pid}/status').read_text()
    sizes = {name: int(kib) for name, kib in re.findall(r'^(\w+):\s+(\d+) kB$', status, re.M)}
    # After the name of the program, which may hold spaces, times are the 12th and 13th field.
    fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return Sample(time.time(), sizes['VmRSS'], sizes['RssAnon'], ticks / _TICKS)


def _seconds(stamp: Time) -> float:
    return stamp.sec + stamp.nanosec * 1e-9
