"""Networks that evaluate placed grippers are learnt from tried grasps, and exported."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip('torch', reason='torch is not here: ./setup.sh --with-train')
pytest.importorskip('onnx', reason='onnx is not here: ./setup.sh --with-train')

from dexnet_core.datasets.trials.trial_samples import TrialSamples
from dexnet_core.datasets.views.stored_views import view_paths
from dexnet_core.export.onnx_file import write_onnx
from dexnet_core.models.checkpoints import write_checkpoint
from dexnet_core.models.evaluator_networks import (
    EvaluatorNet,
    EvaluatorQuality,
    EVALUATORS,
    load_evaluator_net,
)
from dexnet_core.planning.contracts.evaluator_contracts import JawEvaluatorContract
from dexnet_core.planning.grasp import GripperKind
from dexnet_core.planning.networks.session import open_session
from dexnet_core.training.evaluator_training import train_evaluator, TrialTask
from dexnet_core.training.training_config import TrialTrainConfig
from dexnet_core.training.training_recipes import RECIPES
from tiny_trials import generate_trials, LABELLERS, quietly
import torch

pytestmark = pytest.mark.filterwarnings('ignore')  # of the exporter, about itself


@pytest.fixture(scope='module')
def sets(tmp_path_factory):
    """The folder of a tiny set by the name of the network that learns from it."""
    return {
        f'{kind}-evaluator': generate_trials(kind, tmp_path_factory.mktemp(kind))
        for kind in LABELLERS
    }


def config_of(name, data, out, **changes):
    usual = {'epochs': 1, 'batch_size': 3, 'per_view': 12, 'workers': 0, 'tensorboard': False}
    return TrialTrainConfig(model=name, data=data, out=out, **{**usual, **changes})


@pytest.mark.parametrize('name', EVALUATORS)
def test_a_handful_of_grasps_is_learnt_by_heart_twice_the_same(sets, name, tmp_path):
    def losses(run):
        changes = {'epochs': 30, 'learning_rate': 3e-3}
        config = config_of(name, sets[name], tmp_path / run, **changes)
        return [record.train_loss for record in RECIPES[name].train(config, quietly)]

    first = losses('a')
    assert first[-1] < 0.2 < first[0]
    assert losses('b') == first


def test_training_goes_through_every_set_but_only_the_first_is_validated_on(sets, tmp_path):
    name, totals = 'jaw-evaluator', []

    def counted(items, what, total):
        totals.append(total)
        return items

    more = (sets[name], sets[name])
    config = config_of(name, sets[name], tmp_path / 'out', more_data=more, batch_size=1)
    train_evaluator(config, counted)
    assert totals[0] == 3 * len(view_paths(sets[name], 'train'))


def test_grasps_of_another_gripper_are_refused_with_their_file(sets, tmp_path):
    config = config_of('suction-evaluator', sets['jaw-evaluator'], tmp_path / 'out')
    with pytest.raises(ValueError, match=r'scene_00000\d_0\.npz'):
        train_evaluator(config, quietly)


def test_missing_grasps_count_for_nothing():
    task, logits = TrialTask(0.5), torch.tensor([[2.0, -1.0, 50.0]])
    batch = SimpleNamespace(held=torch.tensor([[1.0, 0.0, torch.nan]]))
    total, count = task.loss(logits, batch)
    assert count == 2
    assert float(total) == pytest.approx(np.log1p(np.exp(-2.0)) + np.log1p(np.exp(-1.0)), 1e-5)
    predictions = task.predictions(logits, batch)
    np.testing.assert_array_equal(predictions.good, [True, False])
    assert task.cut == 0


@pytest.mark.parametrize('half', [False, True])
@pytest.mark.parametrize('name', EVALUATORS)
def test_the_file_answers_as_torch_does(sets, name, tmp_path, half):
    torch.manual_seed(0)
    design = EVALUATORS[name]
    network = EvaluatorQuality(EvaluatorNet(design)).eval()
    difference = write_onnx(tmp_path / 'net.onnx', network, design.contract, half)
    assert difference < (1e-2 if half else 1e-5)
    session = open_session(tmp_path / 'net.onnx', GripperKind(design.contract.gripper))
    assert session.contract == design.contract
    weights = sum(weight.numel() for weight in network.parameters())
    bytes_each = (tmp_path / 'net.onnx').stat().st_size / weights
    assert bytes_each == pytest.approx(2 if half else 4, rel=0.1)
    sample = TrialSamples(view_paths(sets[name], 'train'), design.contract, 12, 0)[0]
    got = session.run(sample.patches.numpy(), sample.context.numpy())
    with torch.no_grad():
        known = network(sample.patches, sample.context)
    np.testing.assert_allclose(got, known, atol=1e-2 if half else 1e-5)


def test_a_calibrated_network_is_written_and_answers_calibrated(tmp_path):
    torch.manual_seed(0)
    design = EVALUATORS['jaw-evaluator']
    network = EvaluatorNet(design).eval()
    contract = replace(design.contract, calibration=(0.7, -0.3))
    write_onnx(tmp_path / 'net.onnx', EvaluatorQuality(network), contract)
    session = open_session(tmp_path / 'net.onnx', GripperKind.PARALLEL_JAW)
    patches = torch.randn(4, design.channels, *design.size)
    context = torch.tensor([[0.3, 0, 0, 1]] * 4)
    with torch.no_grad():
        known = torch.sigmoid(0.7 * network(patches, context) - 0.3)
    np.testing.assert_allclose(session.run(patches.numpy(), context.numpy()), known, atol=1e-4)


def test_the_context_is_heard():
    torch.manual_seed(0)
    design = EVALUATORS['jaw-evaluator']
    network = EvaluatorNet(design).eval()
    patches = torch.zeros(5, design.channels, *design.size)
    context = torch.tensor([[0.5, 0, 0, 1]] * 5)
    context[1, 0], context[2, 1], context[3, 2], context[4, 3] = 0.9, 0.7, 0.7, 0.2
    with torch.no_grad():
        answers = network(patches, context)
        certain = network(patches[:2], torch.tensor([[0.0, 0, 0, 1], [1.0, 0, 0, 1]]))
    assert len(set(answers.tolist())) == 5
    assert certain.isfinite().all()


def test_weights_of_another_network_are_refused(tmp_path):
    path = tmp_path / 'best.pt'
    write_checkpoint(path, {'network': EvaluatorNet(EVALUATORS['jaw-evaluator']).state_dict()})
    assert load_evaluator_net(path, EVALUATORS['jaw-evaluator'])
    with pytest.raises(ValueError, match=r'best\.pt'):
        load_evaluator_net(path, EVALUATORS['suction-evaluator'])
    assert isinstance(EVALUATORS['jaw-evaluator'].contract, JawEvaluatorContract)
