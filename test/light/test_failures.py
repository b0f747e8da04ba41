"""Places where grasps failed are remembered for as long as the surface there stays."""

from dexnet_core.geometry.spacing import far_from
from dexnet_core.planning.planners.failed_places import FailureMemory
import numpy as np
import pytest

BOX = np.array([0.3, 0.1, 0.05])
OTHER = np.array([-0.2, 0.0, 0.03])
ASIDE, HIGHER = np.array([0.35, 0.1, 0.05]), np.array([0.3, 0.1, 0.07])


def surface(middle, side=0.06, seed=0):
    """(n, 3) points on a level square; another seed samples it anew, with half a millimetre."""
    rng = np.random.default_rng(seed)
    flat = rng.uniform(-side / 2, side / 2, (3000, 3)) * [1, 1, 0]
    return middle + flat + rng.normal(0, 0.0005, flat.shape)


def scene(*middles, seed=0):
    table = surface(np.zeros(3), side=1.0, seed=seed)
    return np.concatenate([table, *(surface(middle, seed=seed) for middle in middles)])


@pytest.fixture
def memory():
    memory = FailureMemory()
    for place in (BOX, OTHER):
        memory.add(place, scene(BOX, OTHER))
    return memory


def test_places_stay_while_the_same_is_seen_again(memory):
    for seed in (1, 2):
        np.testing.assert_allclose(memory.places(scene(BOX, OTHER, seed=seed)), [BOX, OTHER])


@pytest.mark.parametrize(
    'now',
    [(OTHER,), (OTHER, ASIDE), (OTHER, HIGHER), (OTHER, BOX, HIGHER)],
    ids=['gone', 'moved aside', 'lifted', 'covered'],
)
def test_a_place_is_forgotten_once_the_surface_there_has_changed(memory, now):
    np.testing.assert_allclose(memory.places(scene(*now, seed=1)), [OTHER])
    np.testing.assert_allclose(memory.places(scene(BOX, OTHER)), [OTHER])  # for good


def test_a_place_where_nothing_is_seen_any_more_is_forgotten(memory):
    assert memory.places(np.zeros((0, 3))).shape == (0, 3)


def test_everything_can_be_forgotten(memory):
    memory.forget()
    assert memory.places(scene(BOX, OTHER)).shape == (0, 3)


def test_far_is_farther_than_the_radius_from_every_place():
    positions = np.array([[0, 0, 0], [0.03, 0, 0], [0.1, 0, 0.02]])
    places = np.array([[0, 0, 0.01], [0.1, 0, 0]])
    assert far_from(positions, places, 0.025).tolist() == [False, True, False]
    assert far_from(positions, places, 0.005).all()
    for nothing in (None, np.zeros((0, 3))):
        assert far_from(positions, nothing, 0.025).tolist() == [True] * 3
    assert far_from(np.zeros((0, 3)), places, 0.025).shape == (0,)
