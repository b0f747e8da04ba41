"""Memory is given back where inputs change in size, and not for every one of them."""

from pathlib import Path
import platform

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')

from dexnet_ros import freed_memory
from dexnet_ros.freed_memory import FreedMemory, give_back
from dexnet_ros.latest_input import LatestInput
from sensor_msgs.msg import Image


@pytest.fixture
def given(monkeypatch):
    """What has been given back, once for each time, and a clock that can be set."""
    times, clock = [], [100.0]
    monkeypatch.setattr(freed_memory, 'give_back', lambda: times.append(clock[0]))
    monkeypatch.setattr(freed_memory.time, 'monotonic', lambda: clock[0])
    return times, clock


def test_only_another_size_gives_memory_back(given):
    times, clock = given
    freed = FreedMemory()
    for size in (1000, 1000, 1100, 900, 2000, 2000, 500, 500):
        clock[0] += 10
        freed.note(size)
    assert times == [150.0, 170.0]


def test_sizes_that_take_turns_do_not_give_it_back_each_time(given):
    times, clock = given
    freed = FreedMemory()
    for size in (1000, 3000) * 50:
        clock[0] += 0.1
        freed.note(size)
    assert len(times) == 1


def test_an_image_of_another_size_is_noticed(given):
    times, clock = given
    latest = LatestInput()
    for size in (1000, 1000, 4000):
        clock[0] += 10
        latest.take_image(Image(data=bytes(size)))
    assert times == [130.0]


@pytest.mark.skipif(platform.libc_ver()[0] != 'glibc', reason='malloc is not that of glibc')
def test_what_was_freed_between_pieces_is_no_longer_resident():
    pieces = [bytes([1]) * 60_000 for _ in range(1000)]
    kept = pieces[::10]
    before = resident_mib()
    del pieces
    give_back()
    assert before - resident_mib() > 30
    assert len(kept) == 100


def resident_mib():
    text = Path('/proc/self/status').read_text()
    return int(text.partition('VmRSS:')[2].split()[0]) / 1024
