"""Clouds of several cameras as one: they are joined, and refused where they disagree."""

from dexnet_core.planning.perception.fusion import fused
import numpy as np
import pytest

UP = np.array([0.0, 0.0, 1.0])


def box_on_table(faces, rng=None):
    """Return points of a table and of some faces of a box of 6 cm on it."""
    rng = rng or np.random.default_rng(0)
    table = np.column_stack([rng.uniform(-0.2, 0.2, (4000, 2)), np.zeros(4000)])
    a, b = rng.uniform(-0.03, 0.03, (2, 1500))
    half, up = np.full(1500, 0.03), b + 0.03
    shown = {
        'top': np.column_stack([a, b, 2 * half]),
        'left': np.column_stack([-half, a, up]),
        'right': np.column_stack([half, a, up]),
    }
    return np.concatenate([table, *(shown[face] for face in faces)]).astype(np.float32)


def test_two_cameras_that_agree_are_joined():
    one, other = box_on_table(('top', 'left')), box_on_table(('top', 'right'))
    both = fused([one, other], UP)
    assert len(both) == len(one) + len(other)


@pytest.mark.parametrize('moved', [(0.0, 0.0, 0.02), (0.025, 0.025, 0.0)])
def test_two_cameras_that_disagree_are_refused(moved):
    one = box_on_table(('top', 'left', 'right'))
    other = box_on_table(('top', 'left', 'right')) + np.array(moved, np.float32)
    with pytest.raises(ValueError, match='clouds 1 and 2 disagree by'):
        fused([one, other], UP)


def test_cameras_with_nothing_in_common_are_joined():
    one = box_on_table(('top',))
    assert len(fused([one, one + np.array([1.0, 0, 0], np.float32)], UP)) == 2 * len(one)
