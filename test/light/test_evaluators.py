"""Networks that evaluate placed grippers: contracts, old ones too, and probabilities."""

from dataclasses import asdict, replace
import json

from dexnet_core.planning.contracts.evaluator_contracts import (
    CONTEXT,
    CUP_CONTEXT,
    CupEvaluatorContract,
    JawEvaluatorContract,
)
from dexnet_core.planning.contracts.stored_contract import contract_from_json, contract_to_json
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.networks.session import calibrated
import numpy as np
import pytest

JAW = JawEvaluatorContract(
    *('net', '1', 'parallel_jaw'),
    jaw=JawGripper(max_opening=0.06, palm_width=0.2),
    context=CONTEXT,
    calibration=(0.8, -0.1),
)
CUP = CupEvaluatorContract('net', '1', 'suction', cup=SuctionCup(radius=0.01), calibration=(2, 1))
OLD = {
    **{'name': 'old', 'version': '0.1.0', 'gripper': 'parallel_jaw', 'format': 1},
    **{'rows': 32, 'columns': 64, 'step': 0.002, 'fine_relief': 0.01, 'coarse_relief': 0.04},
    'jaw': {
        **{'finger_length': 0.045, 'finger_thickness': 0.012, 'finger_width': 0.02},
        **{'max_opening': 0.085, 'pad_radius': 0.01, 'tip_reach': 0.004},
    },
}
"""Contracts of evaluators that were told the score alone, and knew no palm."""


@pytest.mark.parametrize('contract', [JAW, CUP, JawEvaluatorContract('net', '1', 'parallel_jaw')])
def test_contracts_come_back(contract):
    assert contract_from_json(contract_to_json(contract)) == contract


def test_an_old_contract_is_read_as_it_was_meant():
    contract = contract_from_json(json.dumps(OLD))
    assert contract == JawEvaluatorContract('old', '0.1.0', 'parallel_jaw')
    assert (contract.context, contract.calibration) == (('score',), (1.0, 0.0))
    assert contract.jaw == JawGripper()


@pytest.mark.parametrize('contract', [JAW, CUP], ids=['jaw', 'cup'])
@pytest.mark.parametrize(
    'change',
    [
        {'format': 2},
        {'context': 'score'},
        {'context': [1]},
        {'context': ['score', 'colour']},
        {'calibration': [1.0]},
        {'calibration': ['a', 'b']},
        {'calibration': 1.0},
        {'jaw': 0.085, 'cup': 0.0075},
        {'jaw': {'claws': 2}, 'cup': {'claws': 2}},
        {'jaw': {'max_opening': 0}, 'cup': {'radius': 0}},
        {'step': 0.0, 'fine_step': 0.0},
        {'surprise': 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_is_not_understood_is_refused(contract, change):
    values = asdict(contract)
    values.update({name: x for name, x in change.items() if name in values or len(change) == 1})
    with pytest.raises(ValueError, match='model contract'):
        contract_from_json(json.dumps(values))


def test_patches_grow_with_the_gripper():
    twice = JAW.scaled(replace(JAW.jaw, max_opening=0.12))
    assert (twice.step, twice.fine_relief, twice.coarse_relief) == (0.004, 0.020, 0.080)
    assert twice.jaw.max_opening == 0.12
    wide = CUP.scaled(SuctionCup(radius=0.02))
    assert (wide.fine_step, wide.fine_relief) == (0.002, 0.006)
    assert (wide.coarse_step, wide.coarse_relief) == (CUP.coarse_step, CUP.coarse_relief)
    assert 'size' in CUP_CONTEXT


def test_calibration_is_a_line_on_the_logits():
    scores = np.array([0.0, 0.1, 0.5, 0.9, 1.0], np.float32)
    assert calibrated(scores, (1.0, 0.0)) is scores
    told = calibrated(scores, (2.0, -0.5))
    logits = np.log(told[1:4] / (1 - told[1:4]))
    np.testing.assert_allclose(logits, 2 * np.log([1 / 9, 1, 9]) - 0.5, rtol=1e-4)
    assert (np.diff(told) > 0).all()
    assert ((told >= 0) & (told <= 1)).all()
    assert told.dtype == np.float32
