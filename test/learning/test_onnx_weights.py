"""An exported network is trained further from its file."""

import numpy as np
import pytest

pytest.importorskip('torch', reason='torch is not here: ./setup.sh --with-train')
pytest.importorskip('onnx', reason='onnx is not here: ./setup.sh --with-train')

from dexnet_core.export.onnx_weights import unfold_weights
from dexnet_core.models.compact import CompactNet, DESIGNS
from dexnet_core.models.evaluator_networks import EvaluatorNet, EVALUATORS
from dexnet_core.planning.grasp import GripperKind
from dexnet_core.planning.networks.model_file import shipped_jaw, shipped_suction
from dexnet_core.planning.networks.session import open_session
import torch


def evaluator_inputs(design, count=64):
    generator = torch.Generator().manual_seed(0)
    patches = torch.randn(count, design.channels, *design.size, generator=generator)
    context = torch.rand(count, len(design.contract.context), generator=generator)
    return patches, context


@pytest.mark.parametrize(
    ('name', 'folder'),
    [('jaw-evaluator', shipped_jaw()), ('suction-evaluator', shipped_suction())],
)
def test_a_shipped_evaluator_answers_as_its_file_does(name, folder):
    design = EVALUATORS[name]
    inputs = evaluator_inputs(design)
    network = EvaluatorNet(design)
    unfold_weights(folder / 'evaluator.onnx', network, inputs)
    session = open_session(folder / 'evaluator.onnx', GripperKind(design.contract.gripper))
    known = session.run(*(values.numpy() for values in inputs))
    with torch.no_grad():
        got = torch.sigmoid(network.eval()(*inputs)).numpy()
    np.testing.assert_allclose(got, known, atol=1e-4)


@pytest.mark.parametrize(
    ('name', 'folder'), [('jaw', shipped_jaw()), ('suction', shipped_suction())]
)
def test_a_shipped_network_of_proposals_answers_as_its_file_does(name, folder):
    views = torch.randn(2, 4, 64, 96, generator=torch.Generator().manual_seed(0))
    network = CompactNet(DESIGNS[name])
    unfold_weights(folder / 'proposals.onnx', network, [views])
    session = open_session(folder / 'proposals.onnx', GripperKind(DESIGNS[name].contract.gripper))
    known = session.run(views[:1].numpy())
    with torch.no_grad():
        got = torch.sigmoid(network.eval()(views[:1])).numpy()
    np.testing.assert_allclose(got.reshape(known.shape), known, atol=1e-4)


def test_what_is_unfolded_learns_from_where_it_was():
    """In training the batch norms take the statistics of a batch: the answers stay close."""
    design = EVALUATORS['jaw-evaluator']
    inputs = evaluator_inputs(design, 256)
    network = EvaluatorNet(design)
    unfold_weights(shipped_jaw() / 'evaluator.onnx', network, inputs)
    with torch.no_grad():
        still, learning = network.eval()(*inputs), network.train()(*inputs)
    assert float((still - learning).abs().mean()) < 0.05 * float(still.std())


def test_a_file_of_another_network_is_refused():
    design = EVALUATORS['jaw-evaluator']
    network, inputs = EvaluatorNet(design), evaluator_inputs(design)
    with pytest.raises(ValueError, match=r'evaluator\.onnx has weights of shape .* expected'):
        unfold_weights(shipped_suction() / 'evaluator.onnx', network, inputs)
    with pytest.raises(ValueError, match=r'onnx has 24 convolutions, expected 8 of EvaluatorNet'):
        unfold_weights(shipped_jaw() / 'proposals.onnx', network, inputs)
