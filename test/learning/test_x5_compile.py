"""The X5's real compiler takes what is exported; and wrong options are told at once."""

from dexnet_core.cli.main import main
from dexnet_core.export.x5.compiling import compile_graph
from dexnet_core.export.x5.toolchain import BoardNetwork, write_network
from dexnet_core.export.x5.vendor_runtime import board_on_pc
from dexnet_core.export.x5.vendor_tools import find_tools, ToolError, VARIABLE
from dexnet_core.planning.networks.hbm import HbmGraph
import numpy as np
import onnx
import onnxruntime
import pytest


def convolutions():
    """A graph of two inputs and two outputs."""
    nodes = [
        onnx.helper.make_node('Conv', ['view', 'w'], ['c'], 'first', pads=[1, 1, 1, 1]),
        onnx.helper.make_node('Relu', ['c'], ['r'], 'bend'),
        onnx.helper.make_node('Add', ['r', 'pose'], ['s'], 'sum'),
        onnx.helper.make_node('Conv', ['s', 'v'], ['logits'], 'head'),
        onnx.helper.make_node('Conv', ['r', 'v'], ['width'], 'other'),
    ]
    shapes = {'view': (1, 4, 32, 48), 'pose': (1, 8, 1, 1)}
    results = {'logits': (1, 2, 32, 48), 'width': (1, 2, 32, 48)}
    inputs, outputs = (
        [onnx.helper.make_tensor_value_info(n, 1, s) for n, s in values.items()]
        for values in (shapes, results)
    )
    stored = [
        onnx.numpy_helper.from_array(numbers(1, 8, 4, 3, 3), 'w'),
        onnx.numpy_helper.from_array(numbers(2, 2, 8, 1, 1), 'v'),
    ]
    graph = onnx.helper.make_graph(nodes, 'g', inputs, outputs, stored)
    opset = [onnx.helper.make_opsetid('', 11)]
    return onnx.helper.make_model(graph, opset_imports=opset, ir_version=7)


def numbers(seed, *shape):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


@pytest.fixture
def tools():
    try:
        return find_tools(None)
    except ValueError as error:
        pytest.skip(f"the X5's compiler is not run: {error}")


def written(folder, model):
    samples = [(numbers(k, 1, 4, 32, 48), numbers(k, 1, 8, 1, 1)) for k in (3, 4)]
    return write_network(folder, BoardNetwork('net', model, samples))


def test_the_compiler_takes_a_graph_and_is_read(tools, tmp_path):
    graph = written(tmp_path, convolutions())
    compiled = compile_graph(graph, tools, 300, lambda said: None)
    assert compiled.path == tmp_path / 'net.bin'
    assert compiled.size > 1000
    said = compiled.log
    assert (said.count('CPU'), said.parts) == (0, 1)
    assert [output.name for output in said.outputs] == ['logits', 'width']
    assert all(0.99 < output.cosine <= 1 for output in said.outputs)
    assert 0 < said.milliseconds < 1
    assert said.traffic > 4 * 32 * 48
    shown = numbers(5, 1, 4, 32, 48), numbers(5, 1, 8, 1, 1)
    session = onnxruntime.InferenceSession(graph)
    known = session.run(['logits', 'width'], {'view': shown[0], 'pose': shown[1]})
    with board_on_pc(tools):
        for got, exact in zip(HbmGraph(compiled.path).run(*shown), known, strict=True):
            apart = np.abs(got - exact).max()
            assert 0 < apart < 0.05 * np.abs(exact).max()


def test_what_the_compiler_refuses_is_told(tools, tmp_path):
    model = convolutions()
    graph = written(tmp_path, model)
    model.graph.node[1].op_type = 'Unheard'
    onnx.save(model, graph)
    with pytest.raises(
        ToolError, match=r'checker failed: The onnx .* invalid .*, see .*checker\.log'
    ):
        compile_graph(graph, tools, 300, lambda said: None)


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        ('--compile --toolchain {0}/none', 'none has no hb_mapper and no hbdk-cc: install them'),
        ('--compile', 'hb_mapper was not found: give its folder by --toolchain or DEXNET_X5_'),
        ('--compile --compile-limit 0', '--compile-limit is 0.0, expected minutes over 0'),
        ('--toolchain {0}', '--toolchain is for --compile, not for a folder alone'),
        ('--compile-limit 3', '--compile-limit is for --compile, not for a folder alone'),
    ],
)
def test_options_are_told_before_anything_is_written(
    words, message, tmp_path, capsys, monkeypatch
):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv('PATH', str(tmp_path))
    out = tmp_path / 'out'
    given = f'export suction --target x5 --weights w --out {out} {words.format(tmp_path)}'
    assert main(given.split()) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count('\n') == 1
    assert not out.exists()
