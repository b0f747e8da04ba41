"""A program whose executor hangs ends by itself; one that works goes on."""

import subprocess
import sys

import pytest

CODE = """
import ctypes, sys, threading, time
import rclpy
from dexnet_ros.watchdog import Watchdog

def end():
    if {hangs}:
        ctypes.PyDLL(None).sleep(60)  # in C, with the lock of the interpreter
    raise SystemExit(5)

rclpy.init()
node = rclpy.create_node('watched')
with Watchdog(node, patience=1.0, period=0.2):
    node.create_timer(1.5, end)
    rclpy.spin(node)
"""


@pytest.mark.parametrize(('hangs', 'status'), [(True, 1), (False, 5)])
def test_only_a_program_that_hangs_is_ended(hangs, status):
    command = [sys.executable, '-c', CODE.format(hangs=hangs)]
    done = subprocess.run(command, timeout=30, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert ('in end' in done.stderr) or not hangs
