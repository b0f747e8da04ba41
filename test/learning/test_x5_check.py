"""The static check puts each node where the list of operators does."""

from dexnet_core.cli.main import main
from dexnet_core.export.x5.graph_check import check_file, Device
import numpy as np
import onnx
from onnx import helper, numpy_helper
import pytest

FLOAT = onnx.TensorProto.FLOAT


def graph(nodes, given, out='y', stored=None, opset=11, ir=6):
    """A graph from (op, inputs, outputs, attributes), input shapes and stored arrays."""
    made = [helper.make_node(op, i.split(), o.split(), **a) for op, i, o, a in nodes]
    inputs = [helper.make_tensor_value_info(n, FLOAT, s) for n, s in given.items()]
    outputs = [helper.make_empty_tensor_value_info(name) for name in out.split()]
    arrays = [numpy_helper.from_array(a, name) for name, a in (stored or {}).items()]
    body = helper.make_graph(made, 'graph', inputs, outputs, arrays)
    return helper.make_model(body, opset_imports=[helper.make_opsetid('', opset)], ir_version=ir)


@pytest.fixture
def checked(tmp_path):
    def check(*args, **more):
        onnx.save(graph(*args, **more), tmp_path / 'graph.onnx')
        return check_file(tmp_path / 'graph.onnx')

    return check


def weights(*shape):
    return np.zeros(shape, np.float32)


IMAGE = {'x': (1, 4, 16, 16)}
CONV = ('Conv', 'x w', 'c', {})
KERNEL = {'w': weights(8, 4, 1, 1)}


def test_a_network_of_convolutions_is_one_part_on_the_bpu(checked):
    check = checked([CONV, ('Relu', 'c', 'y', {})], IMAGE, stored=KERNEL)
    assert check.is_accepted
    assert [v.device for v in check.verdicts] == [Device.BPU] * 2
    assert check.subgraphs == 1
    assert check.multiply_adds == 8 * 4 * 16 * 16
    assert check.bpu_share == 1
    assert check.bytes == (4 + 8) * 256 + 32 + 2 * 8 * 256


def test_a_node_on_the_cpu_splits_and_moves_four_bytes(checked):
    nodes = [CONV, ('Neg', 'c', 'n', {}), ('Relu', 'n', 'y', {})]
    check = checked(nodes, IMAGE, stored=KERNEL)
    assert check.is_accepted
    assert [v.device for v in check.verdicts] == [Device.BPU, Device.CPU, Device.BPU]
    assert [v.subgraph for v in check.verdicts] == [0, -1, 1]
    assert check.verdicts[1].bytes == 4 * 2 * 8 * 256


def test_what_runs_beside_is_no_split(checked):
    nodes = [CONV, ('Conv', 'x v', 'y', {})]
    stored = {**KERNEL, 'v': weights(3, 4, 3, 3)}
    assert checked(nodes, IMAGE, out='c y', stored=stored).subgraphs == 1


def test_rearranging_is_on_the_bpu_only_between_others(checked):
    inside = ('Reshape', 'c s', 'r', {})
    last = ('Reshape', 'r2 s', 'y', {})
    nodes = [CONV, inside, ('Relu', 'r', 'r2', {}), last]
    stored = {**KERNEL, 's': np.array([1, 8, 8, 32])}
    check = checked(nodes, IMAGE, stored=stored)
    assert [v.device for v in check.verdicts] == [Device.BPU] * 3 + [Device.CPU]


def one(checked, op, arrays=(), shape=(1, 4, 16, 16), outputs='y', **attributes):
    """The verdict on one node after its input, with stored further inputs."""
    stored = {f'a{k}': array for k, array in enumerate(arrays)}
    node = (op, ' '.join(['x', *stored]), outputs, attributes)
    (verdict,) = checked([node], {'x': shape}, out=outputs, stored=stored).verdicts
    return verdict


BPU = [
    ('Conv', [weights(8, 4, 31, 31)], {'pads': [15] * 4}),
    ('Conv', [weights(4, 1, 3, 3)], {'group': 4, 'dilations': [16, 16], 'pads': [16] * 4}),
    ('ConvTranspose', [weights(4, 8, 2, 2)], {'strides': [2, 2]}),
    ('MaxPool', [], {'kernel_shape': [1, 16]}),
    ('AveragePool', [], {'kernel_shape': [16, 16]}),
    ('GlobalMaxPool', [], {}),
    ('Add', [weights(1, 4, 1, 1)], {}),
    ('Pow', [np.float32(2)], {}),
    ('ReduceMax', [], {'axes': [3], 'keepdims': 1}),
    ('ReduceMean', [], {'axes': [2, 3], 'keepdims': 1}),
    ('ArgMax', [], {'axis': 1}),
    ('Gather', [np.array([2, 1])], {'axis': 1}),
    ('Transpose', [], {'perm': [0, 2, 3, 1]}),
    ('DepthToSpace', [], {'blocksize': 2}),
    ('Resize', [weights(0), np.array([1, 1, 2, 2], np.float32)], {'mode': 'nearest'}),
    ('Resize', [weights(0), np.array([1, 1, 3, 3], np.float32)], {'mode': 'linear'}),
    ('Expand', [np.array([3, 4, 16, 16])], {}),
]
CPU = [
    ('Conv', [weights(8, 4, 32, 32)], {'pads': [16] * 4}, 'kernel 1 to 31: got'),
    ('Conv', [weights(9000, 4, 1, 1)], {}, 'weight N, C at most 8192: got (9000, 4)'),
    ('Conv', [weights(1, 4, 1, 1)], {'strides': [2, 2], 'dilations': [2, 2]}, '1 if dilated'),
    ('Conv', [weights(1, 4, 2, 2)], {'dilations': [17, 1], 'pads': [9, 0, 9, 0]}, 'dilation 1 to'),
    ('ConvTranspose', [weights(4, 8, 2, 2)], {}, 'stride not 1x1'),
    ('ConvTranspose', [weights(4, 8, 15, 15)], {'strides': [2, 2]}, 'kernel 1 to 14'),
    ('MaxPool', [], {'kernel_shape': [2, 2], 'dilations': [2, 2]}, 'no dilation'),
    ('Pow', [weights(16)], {}, 'exponent a stored scalar'),
    ('ReduceMax', [], {'axes': [2, 3]}, 'exactly one axis: got [2, 3]'),
    ('ReduceMax', [], {'axes': [3], 'keepdims': 0}, 'keepdims 1: got 0'),
    ('ArgMax', [], {'axis': 3}, 'axis 1: got 3'),
    ('DepthToSpace', [], {'blocksize': 1}, 'blocksize 2'),
    ('Resize', [weights(0), np.array([1, 1, 3, 3], np.float32)], {'mode': 'nearest'}, 'power of'),
    ('Resize', [weights(0), np.array([1, 2, 1, 1], np.float32)], {'mode': 'linear'}, 'only H and'),
    ('Expand', [np.array([3, 2, 4, 16, 16])], {}, '4-D: got'),
    ('Softmax', [], {'axis': 3}, 'only where the YAML asks'),
    ('LRN', [], {'size': 2}, 'not on the BPU'),
    ('Pad', [np.array([0, 0, 1, 1] * 2)], {'mode': 'reflect'}, 'constant padding'),
]
REFUSED = [
    ('NonZero', [], {}, 'not on the list'),
    ('Einsum', [], {'equation': 'nchw->nhwc'}, 'not integrated'),
    ('Conv', [weights(8, 4, 32, 32)], {'pads': [16, 16, 15, 15]}, 'symmetric pads on the CPU'),
    ('CumSum', [np.array(1)], {}, 'indices int32: got int64'),
]


@pytest.mark.parametrize(('op', 'arrays', 'attributes'), BPU)
def test_on_the_bpu(checked, op, arrays, attributes):
    verdict = one(checked, op, arrays, **attributes)
    assert verdict.device is Device.BPU, verdict.why


@pytest.mark.parametrize(('op', 'arrays', 'attributes', 'why'), CPU)
def test_on_the_cpu(checked, op, arrays, attributes, why):
    verdict = one(checked, op, arrays, **attributes)
    assert verdict.device is Device.CPU, verdict.why
    assert why in verdict.why


@pytest.mark.parametrize(('op', 'arrays', 'attributes', 'why'), REFUSED)
def test_refused(checked, op, arrays, attributes, why):
    verdict = one(checked, op, arrays, **attributes)
    assert verdict.device is Device.REFUSED
    assert why in verdict.why


def test_flat_convolutions_are_on_the_cpu(checked):
    kernel = [weights(8, 4, 3)]
    assert one(checked, 'Conv', kernel, shape=(1, 4, 16)).device is Device.CPU


def test_computed_indices_have_to_be_int32(checked):
    nodes = [
        ('Cast', 'x', 'i', {'to': onnx.TensorProto.INT64}),
        ('Gather', 'w i', 'y', {}),
    ]
    check = checked(nodes, {'x': (1, 1, 1, 2)}, stored={'w': weights(5)})
    assert check.verdicts[1].device is Device.CPU
    nodes[0][3]['to'] = onnx.TensorProto.INT32
    check = checked(nodes, {'x': (1, 1, 1, 2)}, stored={'w': weights(5)})
    assert check.verdicts[1].device is Device.BPU


def test_graphs_of_a_fixed_batch_are_accepted(checked):
    assert checked([CONV], given={'x': (2, 4, 16, 16)}, out='c', stored=KERNEL).is_accepted


@pytest.mark.parametrize(
    ('change', 'problem'),
    [
        ({'opset': 17}, 'opset is [17]'),
        ({'ir': 8}, 'IR version is 8'),
        ({'given': {'x': (1, 4, 'rows', 16)}}, 'input x is (1, 4, 0, 16)'),
    ],
)
def test_graphs_of_another_kind_are_refused(checked, change, problem):
    check = checked([CONV], **{'given': IMAGE, 'out': 'c', 'stored': KERNEL, **change})
    assert any(problem in said for said in check.problems)
    assert not check.is_accepted


def test_a_graph_needs_a_convolution_and_few_outputs(checked):
    nodes = [('Relu', 'x', f'y{k}', {}) for k in range(33)]
    check = checked(nodes, IMAGE, out=' '.join(f'y{k}' for k in range(33)))
    assert len(check.problems) == 2
    assert not check.is_accepted


def test_command_names_every_node_and_fails_where_one_is_refused(tmp_path, capsys):
    good, bad = tmp_path / 'good.onnx', tmp_path / 'bad.onnx'
    onnx.save(graph([CONV], IMAGE, out='c', stored=KERNEL), good)
    onnx.save(graph([CONV, ('NonZero', 'c', 'y', {})], IMAGE, stored=KERNEL), bad)
    assert main(['check-x5', str(good)]) == 0
    assert 'Checked statically' in capsys.readouterr().out
    assert main(['check-x5', str(bad)]) == 2
    said = capsys.readouterr()
    assert 'NonZero' in said.out
    assert '1 nodes' in said.err


def test_files_that_are_no_graph_are_refused(tmp_path):
    (tmp_path / 'text.onnx').write_text('no graph')
    with pytest.raises(ValueError, match='no ONNX graph'):
        check_file(tmp_path / 'text.onnx')
    (tmp_path / 'empty.onnx').write_text('')
    with pytest.raises(ValueError, match='is no ONNX graph: got 0 nodes'):
        check_file(tmp_path / 'empty.onnx')
    with pytest.raises(FileNotFoundError):
        check_file(tmp_path / 'missing.onnx')
