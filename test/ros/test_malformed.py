"""Malformed messages are answered by every planner: a few of those of benchmarks/malformed."""

from pathlib import Path
import sys

from dexnet_core.planning.planners.planner_registry import planner_kinds
import pytest
import rclpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / 'benchmarks' / 'malformed'))
from messages import KINDS, malformed
from run import context_of, MOST_BYTES, tried

SEEDS = range(8)


@pytest.fixture(scope='module')
def known():
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node('malformed', context=context)
    yield context_of(node)
    node.destroy_node()
    rclpy.try_shutdown(context=context)


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('name', planner_kinds())
def test_malformed_messages_are_answered(known, name, kind):
    planner = planner_kinds()[name].load(None, None, threads=1)
    outcome = tried(planner, known, kind, SEEDS)
    assert [one.failure for one in outcome] == [''] * len(SEEDS)
    assert max(one.grown for one in outcome) < MOST_BYTES


@pytest.mark.parametrize('kind', KINDS)
def test_a_seed_always_makes_the_same_message(kind):
    first, again, other = (str(malformed(kind, seed)) for seed in (3, 3, 4))
    assert first == again != other
