"""Tasks begin as soon as they can, and their answers keep their order."""

import threading

from dexnet_core.planning.networks.workers import Batches, Workers
import numpy as np
import pytest


@pytest.mark.parametrize('threads', [1, 3])
@pytest.mark.parametrize(('count', 'size'), [(10, 3), (9, 3), (2, 5), (0, 4)])
def test_slices_cover_all_in_order(threads, count, size):
    parts = Workers(threads).each(count, size, lambda part: list(range(count))[part])
    assert [item for part in parts for item in part] == list(range(count))
    assert all(len(part) == size for part in parts[:-1])


def test_a_full_batch_begins_before_the_next_is_known():
    begun = threading.Event()

    def task(some):
        begun.set()
        return some.tolist()

    batches = Batches(Workers(1), 4, task)
    batches.add(np.arange(3, dtype=np.int32))
    assert not begun.wait(0.01)
    batches.add(np.arange(3, 14, dtype=np.int32))
    assert begun.wait(10)
    assert batches.results() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13]]


def test_an_error_of_a_task_is_not_lost():
    def task(_):
        raise ValueError('broken')

    batches = Batches(Workers(2), 1, task)
    batches.add(np.zeros(1, np.int32))
    with pytest.raises(ValueError, match='broken'):
        batches.results()
