"""The network of `dexnet make`: the best mean over parts and other objects."""

from dataclasses import replace

import pytest

pytest.importorskip('torch', reason='torch is not here: ./setup.sh --with-train')

from dexnet_core.models.blending import blended
from dexnet_core.models.checkpoints import write_checkpoint
from dexnet_core.models.evaluator_networks import EvaluatorNet, EVALUATORS, load_evaluator_net
from dexnet_core.workflows.making.network_choice import blends, SHARES
from tiny_choice import candidate, loss
import torch


def test_the_better_network_is_taken():
    shipped, new = candidate(0, 0.3), candidate(1, 0.25)
    assert loss(shipped, new).chosen == new
    assert loss(shipped, new).text.startswith('The evaluator is new. Mean log loss:')
    assert not loss(new._replace(share=0.0), shipped._replace(share=1.0)).takes_new
    assert not loss(shipped, shipped._replace(share=1.0)).takes_new
    assert not loss(shipped, candidate(1, float('nan'))).takes_new
    assert not replace(loss(shipped, new), greater_is_better=True).takes_new
    assert 'no time for training' in loss(shipped).text
    assert not loss(shipped).takes_new


def test_other_objects_count_as_much_as_the_parts():
    shipped, forgot = candidate(0, 0.9, 0.4), candidate(1, 0.3, 1.1)
    some, less = candidate(0.5, 0.5, 0.5), candidate(0.25, 0.7, 0.38)
    assert loss(shipped, forgot, some, less).chosen == some
    assert loss(shipped, forgot).chosen == shipped
    assert not loss(shipped, candidate(1, 0.3, float('nan'))).takes_new
    text = loss(shipped, forgot, some, less).text
    assert text.startswith('The evaluator is new, a blend of 50 % new and 50 % shipped weights.')
    assert '| 25 % new | 0.7000 | 0.3800 |' in text
    assert 'is kept: no new one is better. Mean log loss:' in loss(shipped, forgot).text


def test_a_set_without_data_does_not_count():
    nothing = float('nan')
    assert loss(candidate(0, 0.4, nothing), candidate(1, 0.3, nothing)).takes_new
    assert not loss(candidate(0, nothing, 0.2), candidate(1, nothing, 0.3)).takes_new
    assert not loss(candidate(0, nothing, nothing), candidate(1, nothing, nothing)).takes_new


def network(seed):
    """A random evaluator."""
    torch.manual_seed(seed)
    return EvaluatorNet(EVALUATORS['suction-evaluator'])


def test_a_blend_lies_between_its_networks():
    ends = network(0), network(1)
    ends[1].features[0][1].running_mean += 2.0
    for share in (0.0, 0.25, 1.0):
        found = blended(*ends, share).state_dict()
        for name, values in found.items():
            first, last = (each.state_dict()[name].double() for each in ends)
            torch.testing.assert_close(values.double(), (1 - share) * first + share * last)


def test_only_networks_that_are_there_are_blended(tmp_path):
    def shares():
        paths = tmp_path / 'begin.pt', tmp_path / 'best.pt'
        return [
            share
            for share, _ in blends(
                *paths, lambda path: load_evaluator_net(path, EVALUATORS['suction-evaluator'])
            )
        ]

    assert shares() == []
    for seed, name in enumerate(('best.pt', 'begin.pt')):
        write_checkpoint(tmp_path / name, {'network': network(seed).state_dict()})
        assert shares() == [[1.0], list(SHARES)][seed]
