"""The contract of crop networks comes back from JSON, is told from views', and is refused."""

from dataclasses import asdict, replace
import json

from dexnet_core.planning.contracts.crop_contract import CropContract, CropScale
from dexnet_core.planning.contracts.stored_contract import contract_from_json, contract_to_json
from dexnet_core.planning.contracts.view_contract import ModelContract
import pytest

PLAIN = CropContract('gqcnn', '1', 'suction', mean=0.6, std=0.06)
HEATMAP = CropContract('fc', '1', 'parallel_jaw', 0.7, 0.03, 'heatmap', stride=2, cup_radius=0.0)
POSED = replace(PLAIN, pose_inputs=('depth', 'angle'), pose_mean=(0.6, 0.4), pose_std=(0.06, 0.2))


@pytest.mark.parametrize('contract', [PLAIN, HEATMAP, POSED])
def test_round_trip(contract):
    assert contract_from_json(contract_to_json(contract)) == contract


def test_the_two_kinds_are_told_apart():
    view = ModelContract('net', '1', 'suction')
    assert isinstance(contract_from_json(contract_to_json(view)), ModelContract)
    assert isinstance(contract_from_json(contract_to_json(PLAIN)), CropContract)


def test_scale_is_that_of_dexnet():
    assert PLAIN.scale == CropScale(32, 0.004)
    assert pytest.approx(96 / 32 * 0.7 / 525) == PLAIN.metres_per_pixel


@pytest.mark.parametrize(
    'change',
    [
        {'format': 2},
        {'form': 'view'},
        {'form': []},
        {'std': 0.0},
        {'mean': 'half'},
        {'mean': float('nan')},
        {'crop': 32.0},
        {'stride': 0},
        {'surprise': 1},
        {'pose_inputs': 'depth'},
        {'pose_inputs': ['colour'], 'pose_mean': [1], 'pose_std': [1]},
        {'pose_inputs': ['depth', 'depth'], 'pose_mean': [1, 1], 'pose_std': [1, 1]},
        {'pose_inputs': ['depth'], 'pose_mean': [1], 'pose_std': []},
        {'pose_inputs': ['depth'], 'pose_mean': [1], 'pose_std': [0]},
        {'pose_inputs': ['depth'], 'pose_mean': ['a'], 'pose_std': [1]},
        {'form': 'heatmap', 'pose_inputs': ['depth'], 'pose_mean': [1], 'pose_std': [1]},
    ],
)
def test_what_is_not_understood_is_refused(change):
    with pytest.raises(ValueError, match='model contract'):
        contract_from_json(json.dumps({**asdict(PLAIN), **change}))


def test_a_missing_field_is_named():
    values = asdict(PLAIN)
    del values['std']
    with pytest.raises(ValueError, match='got no std'):
        contract_from_json(json.dumps(values))
