"""GraspNet in the form for the X5, and the command that writes such folders."""

import json
import sys
from types import SimpleNamespace

from dexnet_core.cli.main import main
from dexnet_core.evaluation.generated_images import generated_images
from dexnet_core.export.board_files import board_graph, BoardForm
from dexnet_core.export.x5.comparing import compared, planner_pairs
from dexnet_core.export.x5.graph_check import check_file
from dexnet_core.export.x5.lowering import board_form
from dexnet_core.export.x5.recorded_inputs import Recorder
from dexnet_core.models.board_graspnet import board_modules
from dexnet_core.models.graspnet import GraspNet
from dexnet_core.models.graspnet_graphs import graph_modules
from dexnet_core.planning.contracts.stored_contract import contract_from_json
from dexnet_core.planning.graspnet.board_graphs import board_graphs, CONTRACT_FILE
from dexnet_core.planning.graspnet.graspnet_contract import contract_to_json, GraspNetContract
from dexnet_core.planning.networks.fixed_graph import LOGITS
from dexnet_core.planning.networks.graspnet_board import open_board_graspnet
from dexnet_core.planning.networks.model_file import open_model, shipped_suction
from dexnet_core.simulation.objects.grasp_object import Split
import numpy as np
import onnx
import onnxruntime
import pytest
from tiny_graspnet import SMALL
import torch

pytestmark = pytest.mark.filterwarnings('ignore')  # of the exporter, about itself

PROPOSALS = shipped_suction() / 'proposals.onnx'
EXPORT = ('export', 'suction', '--target', 'x5', '--weights', str(PROPOSALS))


def random(*shape):
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


@pytest.fixture(scope='module')
def board(tmp_path_factory):
    """A small GraspNet, and the folder of its graphs for the board."""
    torch.manual_seed(0)
    network, folder = GraspNet(SMALL).eval(), tmp_path_factory.mktemp('board')
    modules = board_modules(graph_modules(network), SMALL)
    for graph in board_graphs(SMALL):
        form = BoardForm(graph.inputs, list(graph.outputs))
        model = board_form(board_graph(modules[graph.name], form))
        onnx.save(model, folder / f'{graph.name}.onnx')
    (folder / CONTRACT_FILE).write_text(contract_to_json(GraspNetContract('s', '1', design=SMALL)))
    return network, folder


def test_graphs_of_graspnet_are_accepted(board):
    checks = [check_file(path) for path in sorted(board[1].glob('*.onnx'))]
    assert len(checks) == 7
    for check in checks:
        assert check.is_accepted
        assert check.bpu_share == 1
        assert check.subgraphs == 1


def test_graphs_of_graspnet_answer_as_the_network(board):
    network, folder = board
    points = np.random.default_rng(0).uniform(-0.2, 0.2, (500, 3)) + np.array([0, 0, 0.5])
    points = points.astype(np.float32)
    loaded = open_board_graspnet(folder, threads=1)
    sensed = loaded.sense(points)
    seeds = np.array([15, 0, 3])
    heads, _ = loaded.evaluate_seeds(sensed, *sensed.poses(seeds))
    with torch.inference_mode():
        known = network(torch.from_numpy(points)[None])
    np.testing.assert_allclose(sensed.objectness.T, known.seeds.objectness[0], atol=1e-5)
    np.testing.assert_allclose(sensed.view_score, known.seeds.view_score[0], atol=1e-5)
    for got, expected in zip(heads, known.heads, strict=True):
        np.testing.assert_allclose(got, expected[0].permute(1, 2, 0)[seeds], atol=1e-5)
    assert loaded.evaluate_seeds(sensed, *sensed.poses(seeds[:0]))[0].score.shape == (0, 4, 12)


def test_what_the_board_is_shown_does_not_depend_on_where_the_camera_is(board):
    seen = []

    class Listening:
        def __init__(self, graph):
            self.inputs, self.outputs, self._graph = graph.inputs, graph.outputs, graph

        def run(self, *inputs):
            seen.append(np.abs(inputs[0]).max() if inputs[0].shape[1] == 3 else 0)
            return self._graph.run(*inputs)

    loaded = open_board_graspnet(board[1], around=lambda _, graph: Listening(graph))
    rng = np.random.default_rng(0)
    points = (rng.uniform(-0.1, 0.1, (500, 3)) + np.array([0, 0, 2.5])).astype(np.float32)
    sensed = loaded.sense(points)
    loaded.evaluate_seeds(sensed, *sensed.poses(np.arange(4)))
    assert 0 < max(seen) <= 1


def test_a_graspnet_of_another_design_or_without_a_graph_is_refused(board, tmp_path):
    _, folder = board
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    contract = GraspNetContract('s', '1')
    (tmp_path / CONTRACT_FILE).write_text(contract_to_json(contract))
    with pytest.raises(ValueError, match='level_1 has inputs'):
        open_board_graspnet(tmp_path)
    (tmp_path / 'level_1.onnx').unlink()
    with pytest.raises(FileNotFoundError, match=r'no graph level_1\.onnx'):
        open_board_graspnet(tmp_path)


@pytest.fixture
def exported(tmp_path):
    """The folder of the shipped suction network, exported by the command on an own image."""
    depth = np.full((120, 160), 0.7, np.float32)
    depth[40:90, 50:110] = 0.65
    np.save(tmp_path / 'depth.npy', depth)
    image = ['--depth', str(tmp_path / 'depth.npy'), '--camera', '150,150,79.5,59.5']
    assert main([*EXPORT, '--size', '96x128', *image, '--out', str(tmp_path / 'out')]) == 0
    return tmp_path / 'out'


def stand_in(monkeypatch, folder, change=lambda logits: logits):
    """Have the graph itself, which ONNX Runtime runs, stand in for the compiled file."""
    (folder / 'suction.bin').write_bytes(b'compiled')
    session = onnxruntime.InferenceSession(folder / 'suction.onnx')
    runtime = SimpleNamespace(
        model_names=['suction'],
        input_names={'suction': ['view']},
        input_shapes={'suction': {'view': [1, 4, 96, 128]}},
        input_dtypes={'suction': {'view': 'F32'}},
        output_names={'suction': [LOGITS]},
        output_shapes={'suction': {LOGITS: [1, 1, 48, 64]}},
        output_dtypes={'suction': {LOGITS: 'F32'}},
        run=lambda given: {'suction': {LOGITS: change(session.run(None, given['suction'])[0])}},
    )
    module = SimpleNamespace(HB_HBMRuntime=lambda _: runtime)
    monkeypatch.setitem(sys.modules, 'hbm_runtime', module)


def test_command_writes_all_that_the_toolchain_needs(exported, monkeypatch):
    assert (exported / 'README.md').read_text().count('hb_mapper makertbin') >= 2
    report = (exported / 'report.md').read_text()
    assert 'Checked statically' in report
    assert 'same first choice' in report
    contract = contract_from_json((exported / 'suction.json').read_text())
    path = exported / 'suction.onnx'
    graph = onnx.load(path).graph
    makers = {name: node.op_type for node in graph.node for name in node.output}
    assert {makers[node.input[0]] for node in graph.node if node.op_type == 'Resize'} == {'Relu'}
    assert json.loads((exported / 'suction.json').read_text())['gripper'] == 'suction'
    stand_in(monkeypatch, exported)
    compiled, exact = open_model(exported / 'suction.bin'), open_model(path)
    assert compiled.contract == exact.contract == contract
    view = random(1, 4, 80, 128)
    np.testing.assert_array_equal(compiled.run(view), exact.run(view))


def costs_of(folder):
    """The costs of a folder on one generated image."""
    with planner_pairs(folder) as pairs:
        return [cost for _, cost in compared(pairs, generated_images(1, Split.TEST))]


def test_a_compiled_file_that_answers_the_same_costs_no_grasp(exported, monkeypatch):
    stand_in(monkeypatch, exported)
    alone, evaluated = costs_of(exported)
    for cost in (alone, evaluated):
        assert (cost.images, cost.same_first, cost.top_kept, cost.as_good) == (1, 1, 1, 1)
        assert (cost.score_change, cost.unanswered) == (0, 0)
    stand_in(monkeypatch, exported, lambda logits: logits - 20)
    alone, _ = costs_of(exported)
    assert (alone.same_first, alone.unanswered) == (0, 1)


def test_comparing_needs_a_compiled_folder(exported, tmp_path, capsys, monkeypatch):
    with pytest.raises(ValueError, match=r'suction\.onnx not compiled: add --compile'):
        costs_of(exported)
    with pytest.raises(ValueError, match='has 0 ONNX files, expected a folder for the X5'):
        costs_of(tmp_path / 'none')
    monkeypatch.setenv('PATH', str(tmp_path))
    monkeypatch.delenv('DEXNET_X5_TOOLCHAIN', raising=False)
    assert main(['compare-x5', str(exported)]) == 2
    error = capsys.readouterr().err
    assert 'hb_mapper was not found: give its folder by --toolchain' in error
    assert error.count('\n') == 1


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        (['--size', '96'], 'expected ROWSxCOLUMNS'),
        (['--depth', 'x.npy'], 'needs --camera'),
        (['--depth', 'x.npy', '--camera', '1,1,1,1', '--mask', 'a', 'b'], 'got 2 masks'),
    ],
)
def test_command_refuses_what_it_cannot_use(words, message, tmp_path, capsys):
    assert main([*EXPORT, '--out', str(tmp_path), *words]) == 2
    assert message in capsys.readouterr().err


def test_an_empty_cylinder_shows_nothing_that_is_far_away(board):
    _, folder = board
    shown = []

    def listening(name, graph):
        recorder = Recorder(graph, 9)
        if name == 'cylinders':
            shown.append(recorder)
        return recorder

    loaded = open_board_graspnet(folder, around=listening)
    points = np.random.default_rng(0).uniform(-0.1, 0.1, (500, 3)) + np.array([0, 0, 0.5])
    sensed = loaded.sense(points.astype(np.float32))
    places, rotations = sensed.poses(np.arange(2))
    loaded.evaluate_seeds(sensed, places + np.float32([[3, 0, 0], [0, 0, 0]]), rotations)
    ((local,),) = shown[0].samples
    assert np.abs(local).max() == 1
