"""Channels are scaled to one range only where that changes no answer."""

from dexnet_core.export.x5.equalising import equalised
import numpy as np
import onnx
import onnxruntime
import pytest

RNG = np.random.default_rng(0)
WEIGHTS = {
    'w1': RNG.normal(size=(6, 3, 3, 3)) * np.array([1, 0.1, 3, 0.01, 0.5, 1])[:, None, None, None],
    'b1': RNG.normal(size=6) * 0.1,
    'w2': RNG.normal(size=(6, 6, 1, 1)),
    'w3': RNG.normal(size=(6, 1, 3, 3)),
    'w4': RNG.normal(size=(2, 6, 1, 1)),
    'steps': np.array([1, 1, 2, 2]),
    'one': np.ones(1),
}
SAMPLES = [(RNG.normal(size=(1, 3, 8, 12)).astype(np.float32),) for _ in range(3)]


def node(op, inputs, output, **attributes):
    return onnx.helper.make_node(op, inputs.split(), [output], **attributes)


def graph(*nodes):
    stored = [
        onnx.numpy_helper.from_array(array.astype(np.float32), name)
        for name, array in WEIGHTS.items()
    ]
    inputs = [onnx.helper.make_tensor_value_info('x', 1, (1, 3, 8, 12))]
    outputs = [onnx.helper.make_empty_tensor_value_info('y')]
    made = onnx.helper.make_graph(list(nodes), 'g', inputs, outputs, stored)
    return onnx.helper.make_model(
        made, opset_imports=[onnx.helper.make_opsetid('', 11)], ir_version=7
    )


FIRST = (node('Conv', 'x w1 b1', 'a', pads=[1, 1, 1, 1]), node('Relu', 'a', 'r'))
LAST = node('Conv', 's w4', 'y')
PLAIN = graph(*FIRST, node('Conv', 'r w2', 's'), LAST)
RESIDUAL = graph(*FIRST, node('Conv', 'r w2', 'c'), node('Add', 'r c', 's'), LAST)
POOLED = graph(
    *FIRST,
    node('MaxPool', 'r', 'p', kernel_shape=[2, 2], strides=[2, 2]),
    node('Resize', 'p one steps', 's', mode='linear'),
    LAST,
)
SATURATED = graph(*FIRST, node('Sigmoid', 'r', 's'), LAST)
BY_CHANNEL = graph(*FIRST, node('Conv', 'r w3', 's', group=6, pads=[1, 1, 1, 1]), LAST)
SHARED = graph(*FIRST, node('Conv', 'r w2', 'c'), node('Conv', 'c w2', 's'), LAST)
WITH_CONSTANT = graph(*FIRST, node('Add', 'r one', 's'), LAST)


def answers(model, *names):
    telling = onnx.ModelProto()
    telling.CopyFrom(model)
    telling.graph.output.extend(onnx.helper.make_empty_tensor_value_info(n) for n in names)
    session = onnxruntime.InferenceSession(telling.SerializeToString())
    return session.run(['y', *names], {'x': SAMPLES[0][0]})


def shares(array):
    greatest = np.abs(array).max(axis=(0, 2, 3))
    return greatest / greatest.max()


@pytest.mark.parametrize('model', [PLAIN, POOLED], ids=['plain', 'pool and resize'])
def test_channels_get_the_same_range(model):
    (_, plain), (_, even) = answers(model, 'r'), answers(equalised(model, SAMPLES[:1]), 'r')
    assert shares(plain).min() < 0.02
    assert shares(even).min() > 0.9


def test_all_that_meet_in_a_sum_are_scaled_alike():
    (_, *plain), (_, *scaled) = (
        answers(model, 'r', 'c', 's') for model in (RESIDUAL, equalised(RESIDUAL, SAMPLES))
    )
    ratios = [
        np.abs(new).max(axis=(2, 3)) / np.abs(old).max(axis=(2, 3))
        for new, old in zip(scaled, plain, strict=True)
    ]
    assert np.ptp(ratios[0]) > 0.1
    np.testing.assert_allclose(ratios[1:], [ratios[0]] * 2, rtol=1e-3)


ALL = [PLAIN, RESIDUAL, POOLED, SATURATED, BY_CHANNEL, SHARED, WITH_CONSTANT]


@pytest.mark.parametrize('model', ALL)
def test_answers_stay_the_same(model):
    (known,), (got,) = answers(model), answers(equalised(model, SAMPLES))
    np.testing.assert_allclose(got, known, rtol=1e-4, atol=1e-4)


def test_without_samples_nothing_changes():
    assert equalised(RESIDUAL, []) == RESIDUAL
