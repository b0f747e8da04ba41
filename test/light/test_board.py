"""Graphs of one size, and compiled ones, answer behind the session as any other."""

from dataclasses import replace
from enum import Enum
from pathlib import Path
import sys
from types import SimpleNamespace

from dexnet_core.planning.contracts.crop_contract import CropContract
from dexnet_core.planning.contracts.evaluator_contracts import JawEvaluatorContract
from dexnet_core.planning.contracts.stored_contract import contract_to_json
from dexnet_core.planning.contracts.view_contract import JawCells, ModelContract
from dexnet_core.planning.grasp import GripperKind
from dexnet_core.planning.networks.fixed_graph import FixedGraph
from dexnet_core.planning.networks.hbm import HbmGraph
from dexnet_core.planning.networks.session import open_session
from dexnet_core.planning.planners.loading import load_suction_planner
import numpy as np
import pytest
from scipy.special import expit

SUCTION = ModelContract('stand-in', '1', 'suction')
JAW = replace(SUCTION, gripper='parallel_jaw', cup_radius=0.0, jaw=JawCells(4, (0.01, 0.02)))
HEATMAP = CropContract('map', '1', 'suction', 0.7, 0.1, form='heatmap', crop=8, stride=2)
CROP = CropContract('crop', '1', 'suction', 0.7, 0.1, crop=8)
POSED = replace(CROP, pose_inputs=('depth',), pose_mean=(0.0,), pose_std=(1.0,))


class Board:
    """A graph of one size made of a function."""

    def __init__(self, run, outputs=('logits',), **inputs):
        self._run, self.inputs, self.outputs = run, inputs, outputs
        self.shown = []

    def run(self, *inputs):
        assert [array.shape for array in inputs] == list(self.inputs.values())
        assert all(array.dtype == np.float32 for array in inputs)
        self.shown.append(inputs)
        answer = self._run(*inputs)
        return list(answer) if isinstance(answer, tuple) else [answer]


def every_second(view):
    """Logits that are the first channel at each cell: what a cell sees is itself."""
    return view[:, :1, ::2, ::2]


def sums_of_windows(image):
    windows = np.lib.stride_tricks.sliding_window_view(image[0, 0], (8, 8))[::2, ::2]
    return windows.sum(axis=(2, 3))[None, None] / 64


def random(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize('size', [(32, 48), (64, 64), (80, 160), (16, 16), (48, 320)])
def test_views_of_any_size_are_answered_cell_by_cell(size):
    graph = FixedGraph(Board(every_second, view=(1, 4, 64, 96)), SUCTION)
    view = random(1, 4, *size)
    (quality,) = graph.run(view)
    np.testing.assert_allclose(quality, expit(every_second(view)), rtol=1e-6)


@pytest.mark.parametrize('size', [(8, 8), (20, 30), (21, 31), (33, 71), (100, 20)])
def test_heat_maps_of_any_size_are_exact(size):
    graph = FixedGraph(Board(sums_of_windows, image=(1, 1, 20, 30)), HEATMAP)
    image = random(1, 1, *size)
    (quality,) = graph.run(image)
    np.testing.assert_allclose(quality, expit(sums_of_windows(image)), rtol=1e-5)


def test_parts_of_a_large_view_overlap():
    board = Board(every_second, view=(1, 4, 64, 96))
    FixedGraph(board, SUCTION).run(random(1, 4, 64, 176))
    assert len(board.shown) == 3
    first, second, _ = (shown[0] for shown in board.shown)
    np.testing.assert_array_equal(first[..., 64:], second[..., :32])


def test_crops_are_shown_one_by_one_with_their_poses():
    def graph(crops, poses):
        return crops.mean(axis=(2, 3), keepdims=True) + poses

    board = Board(graph, crops=(1, 1, 8, 8), poses=(1, 1, 1, 1))
    crops, poses = random(5, 1, 8, 8), random(5, 1)
    (quality,) = FixedGraph(board, POSED).run(crops, poses)
    np.testing.assert_allclose(quality, expit(crops.mean(axis=(1, 2, 3)) + poses[:, 0]), 1e-5)


def test_a_graph_that_gives_quality_is_believed():
    board = Board(lambda view: every_second(view) * 0 + 0.25, ('quality',), view=(1, 4, 32, 32))
    (quality,) = FixedGraph(board, SUCTION).run(random(1, 4, 32, 32))
    assert (quality == 0.25).all()


@pytest.mark.parametrize('shape', [(2, 4, 32, 32), (1, 4, 32)])
def test_graphs_of_other_inputs_are_refused(shape):
    with pytest.raises(ValueError, match=r'expected \(1, C, H, W\)'):
        FixedGraph(Board(every_second, view=shape), SUCTION)


def test_inputs_of_different_batches_are_refused():
    board = Board(every_second, patches=(4, 4, 32, 64), context=(2, 1, 1, 1))
    with pytest.raises(ValueError, match=r'expected \(n, C, H, W\) each with the same n'):
        FixedGraph(board, JawEvaluatorContract('net', '1', 'parallel_jaw'))


@pytest.mark.parametrize('count', [0, 1, 4, 9])
def test_patches_are_shown_in_batches_with_their_scores_as_logits(count):
    def graph(patches, context):
        return patches[:, :1, :1, :1] + 5 * context[:, 1:2]

    contract = JawEvaluatorContract('net', '1', 'parallel_jaw', context=('down_x', 'score'))
    board = Board(graph, patches=(4, 4, 32, 64), context=(4, 2, 1, 1))
    patches, context = random(count, 4, 32, 64), random(count, 2)
    context[:, 1] = np.linspace(0, 1, count)
    (quality,) = FixedGraph(board, contract).run(patches, context)
    scores = np.clip(context[:, 1].astype(float), 0.001, 0.999)
    shown = np.log(scores / (1 - scores)) / np.log(999)
    np.testing.assert_allclose(quality, expit(patches[:, 0, 0, 0] + 5 * shown), rtol=1e-4)
    assert quality.shape == (count,)
    assert len(board.shown) == -(-count // 4)
    assert all(np.abs(given[1][:, 1]).max() <= 1 + 1e-4 for given in board.shown)


class Kind(Enum):
    """Types of tensors, of which the vendor's module has more."""

    F32, S8 = range(2)


def vendor(run, shapes, outputs, models=('net',), kind=Kind.F32):
    """A stand-in for the module hbm_runtime, as its type stubs say.

    Args:
        run: Maps the inputs to the outputs.
        shapes: Of the inputs by name.
        outputs: Shapes by name.
        models: Of a file.
        kind: Type of the outputs.
    """

    class HB_HBMRuntime:  # noqa: N801
        def __init__(self, path):
            if b'broken' in Path(path).read_bytes():
                raise RuntimeError('bad magic')
            self.model_names = list(models)
            self.input_names = {'net': list(shapes)}
            self.output_names = {'net': list(outputs)}
            self.input_shapes = {'net': {name: list(s) for name, s in shapes.items()}}
            self.output_shapes = {'net': {name: list(s) for name, s in outputs.items()}}
            self.input_dtypes = {'net': dict.fromkeys(shapes, Kind.F32)}
            self.output_dtypes = {'net': dict.fromkeys(outputs, kind)}
            self.memory = {name: np.zeros(s, np.float32) for name, s in outputs.items()}

        def run(self, given):
            for name, shape in shapes.items():
                array = given['net'][name]
                assert (array.shape, array.dtype) == (shape, np.float32)
                assert array.flags.c_contiguous
            answers = run(*(given['net'][name] for name in shapes))
            for name, answer in zip(outputs, answers, strict=True):
                self.memory[name][:] = answer
            return {'net': dict(reversed(list(self.memory.items())))}

    return SimpleNamespace(HB_HBMRuntime=HB_HBMRuntime)


@pytest.fixture
def compiled(tmp_path):
    (tmp_path / 'net.bin').write_bytes(b'compiled')
    (tmp_path / 'net.json').write_text(contract_to_json(SUCTION))
    return tmp_path / 'net.bin'


VIEWS = {'view': (1, 4, 32, 48)}
MAPS = {'logits': (1, 1, 16, 24), 'other': (1, 4, 32, 48)}


def test_a_compiled_file_is_run_by_the_module_of_the_board(compiled, monkeypatch):
    module = vendor(lambda view: (every_second(view), view), VIEWS, MAPS)
    monkeypatch.setitem(sys.modules, 'hbm_runtime', module)
    session = open_session(compiled, GripperKind.SUCTION)
    assert session.contract == SUCTION
    view = random(1, 4, 16, 32)
    np.testing.assert_allclose(session.run(view), expit(every_second(view))[0], rtol=1e-6)
    with pytest.raises(ValueError, match='is for gripper suction'):
        open_session(compiled, GripperKind.PARALLEL_JAW)


def test_the_board_is_shown_whole_float32_and_its_answers_last(compiled, monkeypatch):
    module = vendor(lambda view: (every_second(view), view), VIEWS, MAPS)
    monkeypatch.setitem(sys.modules, 'hbm_runtime', module)
    graph = HbmGraph(compiled)
    assert (graph.inputs, graph.outputs) == (VIEWS, ['logits', 'other'])
    first, second = random(1, 4, 32, 48), random(1, 48, 4, 32).transpose(0, 2, 3, 1)
    (_, kept), (_, other) = graph.run(first), graph.run(second.astype(float))
    np.testing.assert_array_equal(kept, first)
    np.testing.assert_array_equal(other, second)
    with pytest.raises(ValueError, match=r'inputs or outputs of .*net\.bin are .*expected'):
        graph.run(random(1, 4, 16, 48))


@pytest.mark.parametrize(
    ('how', 'message'),
    [
        ({'models': ('net', 'more')}, r"net\.bin holds models \['net', 'more'\], expected one"),
        ({'kind': Kind.S8}, r'net\.bin: output logits is S8, expected F32: compile the graph by'),
    ],
)
def test_files_of_other_tools_are_refused(how, message, compiled, monkeypatch):
    monkeypatch.setitem(sys.modules, 'hbm_runtime', vendor(every_second, VIEWS, MAPS, **how))
    with pytest.raises(ValueError, match=message):
        HbmGraph(compiled)


def test_without_the_board_a_compiled_file_says_what_is_missing(compiled, monkeypatch):
    monkeypatch.setitem(sys.modules, 'hbm_runtime', None)
    with pytest.raises(ValueError, match='no module hbm_runtime'):
        open_session(compiled)


def test_a_compiled_file_needs_its_contract_and_has_to_be_whole(compiled, monkeypatch):
    module = vendor(lambda view: (every_second(view), view), VIEWS, MAPS)
    monkeypatch.setitem(sys.modules, 'hbm_runtime', module)
    compiled.write_bytes(b'broken')
    with pytest.raises(ValueError, match='bad magic'):
        open_session(compiled)
    beside = compiled.with_suffix('.json')
    beside.write_text('{}')
    with pytest.raises(ValueError, match=r'net\.json: model contract is of no known kind'):
        open_session(compiled)
    beside.unlink()
    with pytest.raises(FileNotFoundError, match=r'needs its contract: .*net\.json'):
        open_session(compiled)
    with pytest.raises(FileNotFoundError, match='does not exist'):
        open_session(compiled.with_name('other.bin'))


@pytest.mark.parametrize('gripper', GripperKind)
def test_what_evaluates_jaws_is_no_planner_of_suction(compiled, monkeypatch, gripper):
    shapes = {'patches': (1, 4, 32, 64), 'context': (1, 1, 1, 1)}
    answers = {'logits': (1, 1, 1, 1)}
    module = vendor(lambda patches, _: (patches[:, :1, :1, :1],), shapes, answers)
    monkeypatch.setitem(sys.modules, 'hbm_runtime', module)
    text = contract_to_json(JawEvaluatorContract('evaluator', '1', gripper.value))
    compiled.with_suffix('.json').write_text(text)
    with pytest.raises(ValueError, match=r'net\.bin'):
        load_suction_planner(compiled)
