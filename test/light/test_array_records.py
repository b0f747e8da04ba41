"""Records of arrays: some of their rows, and several of them as one."""

from typing import NamedTuple

from dexnet_core.geometry.array_records import concatenated, rows
import numpy as np
import pytest


class Inner(NamedTuple):
    """A part of a record."""

    points: np.ndarray


class Outer(NamedTuple):
    """A record with a record in it."""

    names: np.ndarray
    inner: Inner


def record(*names):
    points = np.array([[ord(name), 0.0, 1.0] for name in names]).reshape(-1, 3)
    return Outer(np.array(names, dtype=str), Inner(points))


@pytest.mark.parametrize(
    'which',
    [np.array([2, 0]), np.array([True, False, True]), slice(1, None), np.empty(0, int)],
    ids=['indices', 'mask', 'slice', 'none'],
)
def test_rows_of_all_fields_are_taken_alike(which):
    taken = rows(record(*'abc'), which)
    assert type(taken) is Outer
    assert type(taken.inner) is Inner
    np.testing.assert_array_equal(taken.inner.points[:, 0], [ord(name) for name in taken.names])
    np.testing.assert_array_equal(taken.names, np.array(list('abc'))[which])


def test_parts_of_a_record_are_the_record_again():
    whole = record(*'abcde')
    again = concatenated(
        [rows(whole, slice(0, 2)), rows(whole, slice(2, 2)), rows(whole, slice(2, 5))]
    )
    np.testing.assert_array_equal(again.names, whole.names)
    np.testing.assert_array_equal(again.inner.points, whole.inner.points)


def test_no_record_has_no_type():
    with pytest.raises(ValueError, match='got no record'):
        concatenated([])
