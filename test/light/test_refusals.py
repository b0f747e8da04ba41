"""What filters refuse is counted by name, and kept with its places where that is asked for."""

from typing import NamedTuple

from dexnet_core.planning.grasp import joined_places, MOST_REFUSED, no_places, RefusedPlaces
from dexnet_core.planning.planners.failed_places import AVOIDED
from dexnet_core.planning.planners.planner import with_refused_places
from dexnet_core.planning.planners.refusals import (
    BEYOND_MOST,
    NOT_EVALUATED,
    refusal_message,
    Refusals,
    REPEATED,
)
from dexnet_core.planning.planners.settings import PlannerSettings
import numpy as np
import pytest

TURNED = np.array([[0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1.0]])


class Spots(NamedTuple):
    """Candidates at places."""

    surface: np.ndarray
    scores: np.ndarray

    def take(self, which):
        return Spots(self.surface[which], self.scores[which])


def spots(*x):
    """Candidates along x, best first."""
    return Spots(np.array([[each, 0.0, 1.0] for each in x]), np.linspace(0.9, 0.1, len(x)))


def places(reason, *scores):
    points = np.tile(np.array(scores, np.float32)[:, None], 3)
    return RefusedPlaces(points, np.full(len(scores), reason), np.array(scores, np.float32))


def test_what_passes_goes_on_and_the_rest_is_kept_with_its_place():
    refused = Refusals(keeps_places=True)
    passed = refused.keep_passed('odd', spots(1, 2, 3), np.array([True, False, True]))
    np.testing.assert_array_equal(passed.surface[:, 0], [1, 3])
    refused.keep_passed('even', passed, np.array([True, True]))
    assert refused.counts == {'odd': 1, 'even': 0}
    (point,), (reason,), (score,) = refused.places
    assert (point.tolist(), reason, score) == ([2, 0, 1], 'odd', np.float32(0.5))
    assert point.dtype == np.float32


def test_places_are_kept_only_where_they_are_asked_for():
    refused = Refusals()
    refused.keep_passed('odd', spots(1, 2), np.array([False, True]))
    assert refused.counts == {'odd': 1}
    assert not len(refused.places.scores)


def test_repeated_ones_differ_from_those_that_nobody_asked_for():
    refused = Refusals(keeps_places=True)
    every = spots(0.0, 0.01, 0.1, 0.2, 0.3)
    kept = refused.apart(every, every.surface, PlannerSettings(spacing=0.05, max_grasps=2))
    np.testing.assert_array_equal(kept.surface[:, 0], [0.0, 0.1])
    found = dict(zip(refused.places.points[:, 0].tolist(), refused.places.reasons, strict=True))
    assert found == {
        np.float32(0.01): REPEATED,
        np.float32(0.2): BEYOND_MOST,
        np.float32(0.3): BEYOND_MOST,
    }


def test_what_views_refused_comes_into_one_frame():
    here, every = Refusals(keeps_places=True), Refusals(keeps_places=True)
    here.keep_passed('odd', spots(5), np.array([False]))
    for _ in range(2):
        every.add(here, TURNED)
    assert every.counts == {'odd': 2}
    np.testing.assert_array_equal(every.places.points, [[1, 7, 4]] * 2)


def test_no_filter_hides_another_where_there_are_too_many():
    many, few = places('many', *np.linspace(0.5, 1, 300)), places('few', *np.linspace(0, 0.1, 90))
    kept = joined_places([few, many])
    assert len(kept.scores) == MOST_REFUSED
    assert (np.diff(kept.scores) <= 0).all()
    assert (kept.reasons == 'few').sum() == 90
    assert kept.scores[kept.reasons == 'many'].min() == np.sort(many.scores)[190]
    np.testing.assert_array_equal(kept.points[:, 0], kept.scores)


def test_the_places_of_nothing_are_none():
    assert not len(joined_places([]).scores)
    assert no_places().moved(TURNED).points.shape == (0, 3)


def test_a_planner_of_another_package_stays_as_it_is():
    other = object()
    assert with_refused_places(other) is other


@pytest.mark.parametrize(
    ('counts', 'message'),
    [
        ({'no room': 4, NOT_EVALUATED: 9}, 'none fits'),
        ({AVOIDED: 15, 'no room': 0}, 'all 15 candidates are within avoid_radius 0.2 m of'),
        ({AVOIDED: 15, NOT_EVALUATED: 40}, 'all 15 candidates are within avoid_radius 0.2 m of'),
        ({AVOIDED: 12, 'no room': 3}, '12 of 15 candidates are within avoid_radius 0.2 m of'),
        (
            {AVOIDED: 3, 'no room': 12},
            'none fits; 3 more candidates are within avoid_radius 0.2 m of',
        ),
    ],
)
def test_the_message_depends_on_the_filter_that_refused_most(counts, message):
    settings = PlannerSettings(avoid_radius=0.2)
    assert refusal_message(counts, settings, 'none fits').startswith(message)
