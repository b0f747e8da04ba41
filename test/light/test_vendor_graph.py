"""A rounded graph is run by a process of the vendor's environment, here by a stand-in of it."""

import sys

from dexnet_core.export.x5.vendor_graph import rounded_file, VendorGraph
from dexnet_core.export.x5.vendor_runtime import board_on_pc
from dexnet_core.export.x5.vendor_tools import ToolError, Tools
from dexnet_core.planning.contracts.stored_contract import contract_to_json
from dexnet_core.planning.contracts.view_contract import ModelContract
from dexnet_core.planning.grasp import GripperKind
from dexnet_core.planning.networks.session import open_session
import numpy as np
import pytest
from scipy.special import expit

SUCTION = ModelContract('stand-in', '1', 'suction')
RUNTIME = """import sys, time

class HB_ONNXRuntime:
    input_names, input_shapes = ['view'], [['?', 4, 32, 48]]
    output_names, output_shapes = ['other', 'logits'], [[1, 4, 32, 48], [1, 1, 16, 24]]

    def __init__(self, model_file):
        self.kind = open(model_file).read()
        print('what the tools print is no answer')
        if self.kind == 'broken':
            raise RuntimeError('bad graph')

    def run(self, names, given):
        print('running')
        if self.kind == 'slow':
            time.sleep(60)
        if self.kind == 'failing':
            raise ValueError('no such node')
        view = given['view']
        said = {'logits': view[:, :1, ::2, ::2], 'other': 2 * view}
        return [said[name] for name in names]
"""
VIEW = np.random.default_rng(0).normal(size=(1, 4, 32, 48)).astype(np.float32)


@pytest.fixture
def tools(tmp_path):
    """An environment whose Python finds a stand-in of the vendor's package."""
    modules, commands = tmp_path / 'modules', tmp_path / 'bin'
    modules.mkdir()
    commands.mkdir()
    (modules / 'horizon_tc_ui.py').write_text(RUNTIME)
    python = commands / 'python'
    python.write_text(f'#!/bin/sh\nPYTHONPATH={modules} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return Tools(commands, '1.24.3')


def compiled(folder, kind='sound'):
    """A compiled file with its contract, and its rounded graph where the compiler leaves it."""
    path = folder / 'net.bin'
    path.write_bytes(b'compiled')
    path.with_suffix('.json').write_text(contract_to_json(SUCTION))
    rounded_file(path).parent.mkdir()
    rounded_file(path).write_text(kind)
    return path


def test_a_process_answers_as_a_graph(tools, tmp_path):
    graph = VendorGraph(rounded_file(compiled(tmp_path)), tools)
    assert graph.inputs == {'view': (1, 4, 32, 48)}
    assert graph.outputs == ['other', 'logits']
    for view in (VIEW, VIEW[..., ::-1]):
        other, logits = graph.run(view)
        np.testing.assert_array_equal(other, 2 * view)
        np.testing.assert_array_equal(logits, view[:, :1, ::2, ::2])
    graph.close()
    with pytest.raises(ToolError, match='failed'):
        graph.run(VIEW)


@pytest.mark.parametrize(
    ('kind', 'limit', 'message'),
    [
        ('broken', 60, r'quantised graph failed: bad graph, see .*server\.log'),
        ('failing', 60, r'quantised graph failed: no such node, see .*server\.log'),
        ('slow', 3, r'quantised graph timed out after 3 s, see .*server\.log'),
    ],
)
def test_what_fails_or_takes_too_long_is_told_in_a_line(kind, limit, message, tools, tmp_path):
    with pytest.raises(ToolError, match=message):
        VendorGraph(rounded_file(compiled(tmp_path, kind)), tools, limit).run(VIEW)


def test_a_graph_that_was_not_compiled_is_told(tools, tmp_path):
    with pytest.raises(FileNotFoundError, match='does not exist: compile it first'):
        VendorGraph(tmp_path / 'none.onnx', tools)


def test_compiled_files_are_loaded_as_on_the_board_and_only_there(tools, tmp_path):
    path = compiled(tmp_path)
    link = tmp_path / 'proposals.bin'
    link.symlink_to(path)
    link.with_suffix('.json').symlink_to(path.with_suffix('.json'))
    with board_on_pc(tools):
        for file in (path, link):
            session = open_session(file, GripperKind.SUCTION)
            known = expit(VIEW[:, :1, :16:2, :32:2])[0]
            np.testing.assert_allclose(session.run(VIEW[:, :, :16, :32]), known, rtol=1e-6)
    with pytest.raises(ValueError, match='no module hbm_runtime'):
        open_session(path, GripperKind.SUCTION)
