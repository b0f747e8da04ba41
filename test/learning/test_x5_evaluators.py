"""Evaluators in the form for the RDK X5 answer as those that ship, in batches."""

from dexnet_core.evaluation.generated_images import generated_images
from dexnet_core.export.x5.comparing import planner_pairs
from dexnet_core.export.x5.evaluator_form import BATCH, board_evaluator
from dexnet_core.export.x5.evaluator_planners import evaluating_planner, with_other_contexts
from dexnet_core.export.x5.graph_check import check_file
from dexnet_core.export.x5.simulation import plan_of
from dexnet_core.export.x5.single_export import single_export
from dexnet_core.planning.contracts.stored_contract import contract_to_json
from dexnet_core.planning.networks.model_file import open_model, shipped_jaw, shipped_suction
from dexnet_core.planning.planners.loading import load_jaw_planner, load_suction_planner
from dexnet_core.simulation.objects.grasp_object import Split
import numpy as np
import onnx
import pytest

SHIPPED = [shipped() / 'evaluator.onnx' for shipped in (shipped_suction, shipped_jaw)]
both = pytest.mark.parametrize('source', SHIPPED, ids=['suction', 'jaw'])


def opened(source):
    return open_model(source, threads=1)


def export_of(source):
    """The export of a shipped evaluator, calibrated on one generated image."""
    contract = opened(source).contract
    model = board_evaluator(source, contract)
    return single_export('net', model, contract, generated_images(1, Split.VAL))


@both
def test_shipped_evaluators_are_accepted_and_answer_the_same(source, tmp_path):
    (network,), path = export_of(source).networks, tmp_path / 'board.onnx'
    assert network.fine_outputs
    onnx.save(network.model, path)
    check = check_file(path)
    assert check.is_accepted
    assert (check.bpu_share, check.subgraphs) == (1, 1)
    rng, known = np.random.default_rng(0), opened(source)
    _, channels, *size = known.graph.inputs['patches']
    patches = rng.uniform(-1, 1, (BATCH + 9, channels, *size)).astype(np.float32)
    context = rng.uniform(-1, 1, (BATCH + 9, len(known.contract.context))).astype(np.float32)
    context[:, 0] = np.linspace(0, 1, BATCH + 9)
    got = opened(path).run(patches, context)
    np.testing.assert_allclose(got, known.run(patches, context), atol=1e-5)


@both
def test_samples_are_of_plans_and_of_other_cameras_and_cups(source):
    (network,) = export_of(source).networks
    batches = {array.shape[0] for sample in network.samples for array in sample}
    assert batches == {BATCH}
    plain = network.samples[: len(network.samples) // 2]
    contract = opened(source).contract
    again = with_other_contexts(plain, contract)
    assert len(again) == len(network.samples)
    for sample, before in zip(again[len(plain) :], plain, strict=True):
        np.testing.assert_array_equal(sample[0], before[0])
        assert np.abs(sample[1]).max() <= 1
        assert (np.ptp(sample[1][:, :, 0, 0], axis=0) > 0.3).all()


@pytest.mark.parametrize(
    ('source', 'load'),
    zip(SHIPPED, (load_suction_planner, load_jaw_planner), strict=True),
    ids=['suction', 'jaw'],
)
def test_the_planner_around_an_evaluator_is_that_which_ships(source, load):
    (image,) = generated_images(1, Split.TEST)
    got, known = plan_of(evaluating_planner(opened(source)), image), plan_of(load(), image)
    assert [grasp.score for grasp in got] == pytest.approx([grasp.score for grasp in known])


def test_a_graph_that_answers_otherwise_is_not_written(tmp_path):
    model, path = onnx.load(SHIPPED[1]), tmp_path / 'evaluator.onnx'
    contract = opened(SHIPPED[1]).contract
    (told,) = (node for node in model.graph.node if node.op_type == 'Mul')
    told.op_type = 'Add'
    onnx.save(model, path)
    with pytest.raises(ValueError, match='differs in board form by'):
        board_evaluator(path, contract)
    (rows,) = (node for node in model.graph.node if node.op_type == 'Flatten')
    rows.op_type = 'Identity'
    onnx.save(model, path)
    with pytest.raises(ValueError, match='has 0 Flatten nodes, expected one'):
        board_evaluator(path, contract)


def test_what_an_evaluator_is_compared_beside_has_to_propose(tmp_path):
    contract = opened(SHIPPED[1]).contract
    onnx.save(board_evaluator(SHIPPED[1], contract), tmp_path / 'net.onnx')
    (tmp_path / 'net.json').write_text(contract_to_json(contract))
    with pytest.raises(ValueError, match='not compiled'), planner_pairs(tmp_path):
        pass
    (tmp_path / 'net.bin').write_bytes(b'compiled')
    with (
        pytest.raises(ValueError, match='has no grasp proposals for the evaluator'),
        planner_pairs(tmp_path, tmp_path),
    ):
        pass
