"""Convolutions of one place come after the resizing that is added, and nothing else moves."""

from dexnet_core.export.x5.lowering import board_form, lowered
from dexnet_core.export.x5.reordering import resized_first
from dexnet_core.planning.networks.model_file import shipped_jaw, shipped_suction
import numpy as np
import onnx
import onnxruntime
import pytest

HALF = np.array([1, 1, 2, 2], np.float32)
PROPOSALS = [shipped() / 'proposals.onnx' for shipped in (shipped_suction, shipped_jaw)]


def stored(name, *shape):
    values = np.random.default_rng(len(name)).uniform(-1, 1, shape).astype(np.float32)
    return onnx.numpy_helper.from_array(values, name)


def pyramid(kernel=1, mode='linear', also=()):
    """A coarse level that is convolved, resized and added to a fine one."""
    node, pads = onnx.helper.make_node, [kernel // 2] * 4
    nodes = [
        node('MaxPool', ['x'], ['low'], 'pool', kernel_shape=[2, 2], strides=[2, 2]),
        node('Conv', ['low', 'w', 'b'], ['c'], 'squeeze', pads=pads, strides=[1, 1]),
        node('Resize', ['c', 'no', 'scales'], ['r'], 'resize', mode=mode),
        node('Add', ['r', 'x'], ['y'], 'sum'),
        *also,
    ]
    weights = [
        *(stored('w', 4, 4, kernel, kernel), stored('b', 4)),
        onnx.numpy_helper.from_array(np.zeros(0, np.float32), 'no'),
        onnx.numpy_helper.from_array(HALF, 'scales'),
    ]
    ends = ['y', *(name for each in also for name in each.output)]
    outputs = [onnx.helper.make_tensor_value_info(name, 1, None) for name in ends]
    inputs = [onnx.helper.make_tensor_value_info('x', 1, (1, 4, 8, 12))]
    graph = onnx.helper.make_graph(nodes, 'g', inputs, outputs, weights)
    opset = [onnx.helper.make_opsetid('', 11)]
    return board_form(onnx.helper.make_model(graph, opset_imports=opset, ir_version=7))


def answers(model, *shape):
    session = onnxruntime.InferenceSession(model.SerializeToString())
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    return session.run(None, {session.get_inputs()[0].name: x})


def order(model):
    return [node.name for node in model.graph.node]


def test_a_convolution_of_one_place_moves_behind_the_resizing():
    model = pyramid()
    moved = resized_first(model)
    assert order(moved) == ['pool', 'resize', 'squeeze', 'sum']
    assert order(model) == ['pool', 'squeeze', 'resize', 'sum']
    for got, known in zip(answers(moved, 1, 4, 8, 12), answers(model, 1, 4, 8, 12), strict=True):
        np.testing.assert_allclose(got, known, atol=1e-6)
    onnx.checker.check_model(moved, full_check=True)


@pytest.mark.parametrize(
    'model',
    [
        pyramid(kernel=3),
        pyramid(mode='nearest'),
        pyramid(also=[onnx.helper.make_node('Relu', ['c'], ['z'], 'more')]),
        pyramid(also=[onnx.helper.make_node('Relu', ['r'], ['z'], 'more')]),
    ],
    ids=['wide', 'nearest', 'read twice', 'not only added'],
)
def test_what_would_answer_otherwise_or_gain_nothing_stays(model):
    assert order(resized_first(model)) == order(model)


@pytest.mark.parametrize('source', PROPOSALS, ids=['suction', 'jaw'])
def test_all_levels_of_networks_that_ship_are_changed_and_answer_the_same(source):
    graph = onnx.load(source)
    model = board_form(lowered(graph, {graph.graph.input[0].name: (1, 4, 64, 96)}), ['logits'])
    moved = resized_first(model)
    kinds = {name: node.op_type for node in moved.graph.node for name in node.output}
    reads = [kinds[node.input[0]] for node in moved.graph.node if node.op_type == 'Resize']
    assert reads == ['Relu'] * 3
    (got,), (known,) = answers(moved, 1, 4, 64, 96), answers(model, 1, 4, 64, 96)
    np.testing.assert_allclose(got, known, atol=2e-5)
