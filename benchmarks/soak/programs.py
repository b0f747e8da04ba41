"""The processes of a soak test: planner nodes and cameras, each in a namespace of its own."""

from __future__ import annotations

from pathlib import Path
import subprocess
import sys

NODES = {'suction': 'suction_node', 'jaw': 'parallel_jaw_node', 'graspnet': 'graspnet_node'}
"""Programs of planners, by what a person types."""
_CAMERA = Path(__file__).with_name('camera.py')
_TOGETHER = Path(__file__).with_name('together.py')
_LISTENER = Path(__file__).with_name('listener.py')
_PATIENCE_S = 20.0


def start_node(planner: str, log: Path) -> subprocess.Popen:
    """Start a planner's node with one thread; what it says goes to the end of a file."""
    program = NODES[planner]
    code = f'import sys; from dexnet_ros.programs import {program}; sys.exit({program}())'
    command = [sys.executable, '-c', code, *_in(planner), '-p', 'threads:=1']
    with log.open('a') as file:
        return subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)


def start_together(log: Path) -> subprocess.Popen:
    """Start the nodes of all planners in one process; what they say goes to a file."""
    with log.open('a') as file:
        return subprocess.Popen([sys.executable, _TOGETHER], stdout=file, stderr=subprocess.STDOUT)


def start_camera(namespace: str, picture: Path, what: str) -> subprocess.Popen:
    """Start a camera of a picture; see camera.py."""
    return subprocess.Popen([sys.executable, _CAMERA, picture, what, *_in(namespace)])


def start_listener(namespace: str) -> subprocess.Popen:
    """Start a listener to what the planner of a namespace publishes."""
    return subprocess.Popen([sys.executable, _LISTENER, *_in(namespace)])


def end(process: subprocess.Popen) -> int:
    """Tell a process to end, and return its exit status; kill it if it does not."""
    process.terminate()
    try:
        return process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _in(namespace: str) -> list[str]:
    return ['--ros-args', '-r', f'__ns:=/{namespace}']
