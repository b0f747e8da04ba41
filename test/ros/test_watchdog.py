"""A program whose executor hangs ends by itself; one that works goes on."""

import subprocess
import sys

import pytest

CODE = """
import ctypes, sys, threading, time
import rclpy
from dexnet_ros.wall_timer import wall_timer
from dexnet_ros.watchdog import Watchdog

def end():
    if {hangs}:
        ctypes.PyDLL(None).sleep(60)  # in C, with the lock of the interpreter
    raise SystemExit(5)

rclpy.init()
simulated = rclpy.Parameter('use_sim_time', value={simulated})  # and nobody publishes /clock
node = rclpy.create_node('watched', parameter_overrides=[simulated])
with Watchdog(node, patience=1.0, period=0.2):
    wall_timer(node, 1.5, end)
    rclpy.spin(node)
"""


@pytest.mark.parametrize('simulated', [False, True])
@pytest.mark.parametrize(('hangs', 'status'), [(True, 1), (False, 5)])
def test_only_a_program_that_hangs_is_ended(hangs, status, simulated):
    command = [sys.executable, '-c', CODE.format(hangs=hangs, simulated=simulated)]
    done = subprocess.run(command, timeout=30, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert ('in end' in done.stderr) or not hangs


@pytest.mark.parametrize(('hangs', 'status'), [(True, 1), (False, 5)])
def test_only_a_shutdown_that_hangs_is_ended(hangs, status):
    code = f"""
import ctypes
from dexnet_ros.watchdog import ending_in_time

with ending_in_time(0.3):
    if {hangs}:
        ctypes.PyDLL(None).sleep(60)
ctypes.PyDLL(None).usleep(400_000)  # nothing ends a program after its shutdown
raise SystemExit(5)
"""
    done = subprocess.run([sys.executable, '-c', code], timeout=30, check=False)
    assert done.returncode == status
