"""A contract that is not understood is refused."""

from dataclasses import asdict
import json

from dexnet_core.planning.contracts.stored_contract import contract_from_json, contract_to_json
from dexnet_core.planning.contracts.view_contract import ModelContract
import pytest

CONTRACT = ModelContract('net', '1.2', 'suction', metres_per_pixel=0.003)


def test_round_trip():
    assert contract_from_json(contract_to_json(CONTRACT)) == CONTRACT


@pytest.mark.parametrize(
    'change',
    [
        {'format': 1},
        {'format': None},
        {'metres_per_pixel': 0.0},
        {'metres_per_pixel': 'two'},
        {'stride': 2.5},
        {'stride': True},
        {'name': 7},
        {'surprise': 1},
    ],
)
def test_what_is_not_understood_is_refused(change):
    with pytest.raises(ValueError, match='model contract'):
        contract_from_json(json.dumps({**asdict(CONTRACT), **change}))


@pytest.mark.parametrize('text', ['', '[]', '{}', 'null', '{"format": 1}'])
def test_other_text_is_refused(text):
    with pytest.raises(ValueError, match='model contract'):
        contract_from_json(text)
