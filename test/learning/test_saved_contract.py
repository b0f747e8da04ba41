"""A network for a gripper of one's own says so from the data set to the file that a robot runs."""

from dataclasses import replace

from dexnet_core.cli.main import main
from dexnet_core.datasets.views.candidates import contract_of_views
from dexnet_core.datasets.views.jaw_labeller import JawGenerationConfig
from dexnet_core.datasets.views.suction_labeller import SuctionGenerationConfig
from dexnet_core.io.configuration import claim
from dexnet_core.models.checkpoints import write_checkpoint
from dexnet_core.models.compact import CompactNet, DESIGNS
from dexnet_core.models.evaluator_networks import EvaluatorNet, EVALUATORS
from dexnet_core.models.saved_contract import contract_facts, saved_contract
from dexnet_core.planning.contracts.view_contract import JawCells
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.networks.model_file import open_model
from dexnet_core.simulation.suction.cup_model import SpringCup
from dexnet_core.training.evaluator_training import TrialTask
from dexnet_core.training.tasks import ViewTask
import pytest

pytestmark = pytest.mark.filterwarnings('ignore')  # of the exporter, about itself
CELLS = JawCells(gripper=JawGripper(max_opening=0.06, finger_width=0.015))
SUCTION, JAW = (DESIGNS[name].contract for name in ('suction', 'jaw'))
OWN = replace(JAW.scaled(0.06 / JawGripper().max_opening), jaw=CELLS)
EVALUATOR = replace(EVALUATORS['jaw-evaluator'].contract, jaw=CELLS.gripper)
CUPS = replace(EVALUATORS['suction-evaluator'].contract, cup=SuctionCup(radius=0.01))


def begun(folder, config):
    claim(folder / 'dataset.json', config)
    return folder


def test_the_gripper_of_the_data_is_that_of_the_contract(tmp_path):
    jaws = begun(tmp_path / 'jaws', JawGenerationConfig(cells=CELLS))
    cups = begun(tmp_path / 'cups', SuctionGenerationConfig(cup=SpringCup(radius=0.01)))
    assert contract_of_views(jaws, JAW) == OWN
    assert contract_of_views(cups, SUCTION) == replace(SUCTION, cup_radius=0.01)
    for folder, usual in ((jaws, SUCTION), (cups, JAW)):
        with pytest.raises(ValueError, match=r'dataset\.json'):
            contract_of_views(folder, usual)


def test_the_shipped_contracts_are_those_of_the_defaults(tmp_path):
    assert contract_of_views(begun(tmp_path / 'a', JawGenerationConfig()), JAW) == JAW
    assert contract_of_views(begun(tmp_path / 'b', SuctionGenerationConfig()), SUCTION) == SUCTION


@pytest.mark.parametrize(
    ('name', 'network', 'task', 'own'),
    [
        ('jaw', lambda: CompactNet(DESIGNS['jaw']), ViewTask, OWN),
        *(
            (name, lambda name=name: EvaluatorNet(EVALUATORS[name]), TrialTask, own)
            for name, own in (('jaw-evaluator', EVALUATOR), ('suction-evaluator', CUPS))
        ),
    ],
)
def test_exported_files_say_the_gripper_of_the_checkpoint(tmp_path, name, network, task, own):
    weights, out = tmp_path / 'best.pt', tmp_path / 'net.onnx'
    facts = task(0.4, contract_facts(own)).facts
    write_checkpoint(weights, {'network': network().state_dict(), 'data': facts})
    assert main(['export', name, '--weights', str(weights), '--out', str(out)]) == 0
    assert open_model(out, threads=1).contract == own


def test_checkpoints_that_say_nothing_are_as_usual_and_others_are_refused(tmp_path):
    path = tmp_path / 'best.pt'
    write_checkpoint(path, {'network': {}, 'data': ViewTask(0.4).facts})
    assert saved_contract(path, JAW) is JAW
    for text, message in ((contract_facts(SUCTION), 'dexnet-jaw'), ({'contract': '{'}, 'JSON')):
        write_checkpoint(path, {'network': {}, 'data': text})
        with pytest.raises(ValueError, match=rf'best\.pt.*{message}'):
            saved_contract(path, JAW)
