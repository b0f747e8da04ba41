"""Fixtures that every room of the tests may use."""

from collections.abc import Iterable, Iterator
import itertools
import os
from pathlib import Path
import random
import socket

from hypothesis import HealthCheck, settings
import pytest

# How long an example takes depends on what else the machine does.
settings.register_profile(
    'busy machine', deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile('busy machine')

REPO = Path(__file__).resolve().parents[1]
DOMAINS = 101  # from 1 on: safe on Linux


@pytest.fixture(scope='session')
def repo() -> Path:
    """The root of the repository."""
    return REPO


def claim_domain(domains: Iterable[int]) -> tuple[int, socket.socket]:
    """The first free one of domains, and what holds it for this process."""
    for domain in domains:
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f'\0dexnet-test-domain-{domain}')
        except OSError:
            claim.close()
        else:
            return domain, claim
    raise RuntimeError('all ROS domains are taken by other test runs')


@pytest.fixture(scope='session')
def domains() -> Iterator[int]:
    """The ROS domains, again and again; every run has its own order."""
    return itertools.cycle(random.sample(range(1, DOMAINS + 1), DOMAINS))


@pytest.fixture
def ros_domain(domains: Iterator[int]) -> Iterator[int]:
    """A ROS domain that no other test uses now or used lately, on this host only.

    A node that ended may be seen for a while by those of its domain, when its farewell is lost.
    The domain is in the environment, so that processes which a test starts are in it as well.
    """
    domain, claim = claim_domain(itertools.islice(domains, DOMAINS))
    with claim, pytest.MonkeyPatch.context() as patch:
        patch.setenv('ROS_DOMAIN_ID', str(domain))
        if os.environ.get('ROS_DISTRO') == 'humble':
            patch.setenv('ROS_LOCALHOST_ONLY', '1')
        else:
            patch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
        yield domain


@pytest.fixture
def isolated_ros(ros_domain: int) -> Iterator[int]:
    """rclpy's default context, initialised in a domain of this test's own; its number.

    Skips where rclpy or the messages are missing. Make nodes, publishers and executors in the
    test, and destroy the nodes in it.
    """
    rclpy = pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
    pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')
    rclpy.init()
    yield ros_domain
    rclpy.try_shutdown()
