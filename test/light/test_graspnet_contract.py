"""What GraspNet is shown, and the contract that says how."""

from dexnet_core.planning.graspnet.cloud import in_workspace, sampled, usable_points
from dexnet_core.planning.graspnet.constants import GraspNetConstants
from dexnet_core.planning.graspnet.graspnet_contract import (
    contract_from_json,
    contract_to_json,
    GraspNetContract,
)
from dexnet_core.planning.graspnet.stages import graphs, GraspNetDesign, Level, LEVELS
import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_only_measured_points_are_used():
    cloud = np.array([[[0, 0, 1], [np.nan, 0, 1]], [[0, np.inf, 1], [0, 0, 0]]])
    np.testing.assert_array_equal(usable_points(cloud), [[0, 0, 1]])
    assert usable_points(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize(
    ('cloud', 'message'),
    [
        (np.zeros((4, 2)), r'\(4, 2\)'),
        (np.zeros(3), r'\(3,\)'),
        (np.array([['a', 'b', 'c']]), 'real numbers'),
        (np.full((5, 3), 400.0), 'millimetres'),
        (np.full((5000, 3), 400, np.uint16), 'millimetres'),
    ],
)
def test_what_is_no_cloud_is_refused(cloud, message):
    with pytest.raises(ValueError, match=message):
        usable_points(cloud)


def test_workspace_is_the_box_around_the_foreground():
    points = np.array([[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5], [1.01, 0, 0], [1.03, 0, 0]])
    foreground = np.array([True, True, False, False, False])
    assert in_workspace(points, foreground).tolist() == [True, True, True, True, False]
    assert not in_workspace(points, np.zeros(5, bool)).any()


def test_sampling_repeats_only_where_it_must(rng):
    points = np.arange(30.0).reshape(10, 3)
    some = sampled(points, 4, rng)
    assert len(np.unique(some, axis=0)) == 4
    many = sampled(points, 25, rng)
    assert many.shape == (25, 3)
    assert len(np.unique(many, axis=0)) == 10
    with pytest.raises(ValueError, match='0 points'):
        sampled(points[:0], 4, rng)


def test_the_contract_comes_back():
    small = tuple(Level(8 // k, 0.1 * k, 4, (5, 6)) for k in (1, 2, 4, 8))
    contract = GraspNetContract(
        'a', '1', GraspNetConstants(0.067, 0.045), GraspNetDesign(small, head=7)
    )
    assert contract_from_json(contract_to_json(contract)) == contract


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('"format": 3', '"format": 4', 'format 4'),
        ('"head": 128', '"head": 0', 'head is 0, expected > 0'),
        ('"head": 128', '"heads": 128', 'heads'),
        ('"maximum_width": 0.1', '"maximum_width": "wide"', 'wide'),
        ('"radius": 0.3', '"radius": -1', 'radius is -1.0, expected > 0'),
        ('"centres": 256', '"centres": 700', 'four'),
        ('{', '', 'JSON'),
    ],
)
def test_a_contract_that_was_changed_is_refused(old, new, message):
    text = contract_to_json(GraspNetContract('a', '1'))
    assert old in text
    with pytest.raises(ValueError, match=message):
        contract_from_json(text.replace(old, new, 1))


def test_constants_and_designs_are_checked():
    with pytest.raises(ValueError, match='maximum_width is 0'):
        GraspNetConstants(maximum_width=0)
    with pytest.raises(ValueError, match='four'):
        GraspNetDesign(levels=LEVELS[:3])


def test_every_graph_has_names_of_its_own():
    for graph in graphs(GraspNetDesign()):
        names = [tensor.name for tensor in (*graph.inputs, *graph.outputs)]
        assert len(set(names)) == len(names)
