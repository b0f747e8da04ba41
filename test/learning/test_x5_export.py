"""What is exported for the RDK X5 is accepted by the check and answers as the network does."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from dexnet_core.cli.main import main
from dexnet_core.export.board_files import board_graph, crop_form
from dexnet_core.export.x5.graph_check import check_file
from dexnet_core.export.x5.grasp_cost import grasp_cost
from dexnet_core.export.x5.lowering import board_form, lowered
from dexnet_core.export.x5.quantised import write_quantised
from dexnet_core.export.x5.single_export import board_view_network
from dexnet_core.export.x5.toolchain import BoardNetwork, makertbin, wide_nodes, write_network
from dexnet_core.models.board_crops import board_crops
from dexnet_core.models.efficientnet import EfficientNet
from dexnet_core.models.gqcnn import DexNetFCGQCNN, DexNetGQCNN
from dexnet_core.planning.contracts.crop_contract import CropContract
from dexnet_core.planning.contracts.stored_contract import METADATA_KEY
from dexnet_core.planning.contracts.view_contract import ModelContract
from dexnet_core.planning.grasp import Grasp, GripperKind
from dexnet_core.planning.networks.fixed_graph import FixedGraph, LOGITS
from dexnet_core.planning.networks.graph import OnnxGraph
from dexnet_core.planning.networks.model_file import open_model, start_session
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
import yaml

pytestmark = pytest.mark.filterwarnings('ignore')  # of the exporter, about itself
WEIGHTS = Path(str(files('dexnet_core'))) / 'weights'
SHIPPED = [WEIGHTS / 'suction' / 'proposals.onnx', WEIGHTS / 'parallel_jaw' / 'proposals.onnx']
SIZE = (64, 96)


def random(*shape):
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


@pytest.mark.parametrize('source', SHIPPED, ids=lambda path: path.stem)
def test_shipped_networks_are_accepted_and_answer_the_same(source, tmp_path):
    contract = open_model(source, threads=1).contract
    assert isinstance(contract, ModelContract)
    path = tmp_path / 'board.onnx'
    onnx.save(board_view_network(source, contract, SIZE), path)
    check = check_file(path)
    assert check.is_accepted
    assert check.bpu_share == 1
    assert check.subgraphs == 1
    view = random(1, 4, *SIZE)
    got, known = open_model(path, threads=1).run(view), open_model(source, threads=1).run(view)
    np.testing.assert_allclose(got, known, atol=2e-6)


def test_sizes_that_do_not_fit_are_refused():
    contract = open_model(SHIPPED[0], threads=1).contract
    with pytest.raises(ValueError, match=r'size is \(60, 96\), expected multiples of 16'):
        board_view_network(SHIPPED[0], contract, (60, 96))


def test_networks_of_crops_are_refused_as_networks_of_views():
    crops = CropContract('crops', '1', GripperKind.SUCTION.value, 0.7, 0.05)
    with pytest.raises(ValueError, match=r'proposals\.onnx is no view network'):
        board_view_network(SHIPPED[0], crops, SIZE)


@pytest.mark.parametrize(
    ('network', 'source', 'message'),
    [
        ('suction', SHIPPED[1], 'is for gripper parallel_jaw, expected suction'),
        ('jaw', SHIPPED[0], 'is for gripper suction, expected parallel_jaw'),
        ('jaw', SHIPPED[1].with_name('evaluator.onnx'), 'is no view network: got'),
        (
            'jaw-evaluator',
            SHIPPED[0].with_name('evaluator.onnx'),
            'is for gripper suction, expected parallel_jaw',
        ),
        ('suction-evaluator', SHIPPED[0], 'is no grasp evaluator'),
    ],
)
def test_files_of_another_network_are_refused(network, source, message, tmp_path, capsys):
    out = tmp_path / 'out'
    words = ['export', network, '--target', 'x5', '--weights', str(source), '--out', str(out)]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count('\n') == 1
    assert len(error) < 400
    assert not out.exists()


def test_only_what_can_be_written_in_an_older_opset_is_lowered():
    model = onnx.load(SHIPPED[0])
    with pytest.raises(ValueError, match='expected'):
        lowered(model, {'other': (1, 4, *SIZE)})
    model.graph.node[0].op_type = 'LayerNormalization'
    with pytest.raises(ValueError, match='LayerNormalization cannot be written in opset 11'):
        lowered(model, {model.graph.input[0].name: (1, 4, *SIZE)})


def pyramid():
    """A network with two inputs, a step in between that is on no list, and a sigmoid."""
    conv = onnx.helper.make_node('Conv', ['x', 'w'], ['c'])
    add = onnx.helper.make_node('Add', ['c', 'p'], ['s'])
    end = onnx.helper.make_node('Sigmoid', ['s'], ['y'])
    shapes = {'x': (1, 2, 3, 4), 'p': (1, 5, 1, 1)}
    inputs = [onnx.helper.make_tensor_value_info(n, 1, s) for n, s in shapes.items()]
    outputs = [onnx.helper.make_empty_tensor_value_info('y')]
    stored = [onnx.numpy_helper.from_array(random(5, 2, 1, 1), 'w')]
    graph = onnx.helper.make_graph([conv, add, end], 'g', inputs, outputs, stored)
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid('', 11)])


def test_files_of_the_toolchain(tmp_path):
    model = board_form(pyramid(), [LOGITS])
    samples = [(random(1, 2, 3, 4) + k, random(1, 5, 1, 1)) for k in range(3)]
    write_network(tmp_path, BoardNetwork('net', model, samples))
    settings = yaml.safe_load((tmp_path / 'net.yaml').read_text())
    assert settings['model_parameters']['march'] == 'bayes-e'
    assert settings['model_parameters']['onnx_model'] == 'net.onnx'
    inputs = settings['input_parameters']
    assert inputs['input_name'] == 'x;p'
    assert inputs['input_shape'] == '1x2x3x4;1x5x1x1'
    for key in ('input_type_rt', 'input_type_train'):
        assert inputs[key] == 'featuremap;featuremap'
    assert inputs['norm_type'] == 'no_preprocess;no_preprocess'
    assert settings['compiler_parameters']['core_num'] == 1
    calibration = settings['calibration_parameters']
    assert calibration['cal_data_type'] == 'float32;float32'
    assert calibration['calibration_type'] == 'max'
    assert 'optimization' not in calibration
    coarser = makertbin(BoardNetwork('net', model, samples, fine_outputs=False))
    assert coarser['calibration_parameters']['optimization'] == 'set_model_output_int16'
    assert 'node_info' not in settings['model_parameters']
    wide = makertbin(BoardNetwork('net', model, samples, wide=('head',)))
    assert wide['model_parameters']['node_info'] == {'head': {'ON': 'BPU', 'InputType': 'int16'}}
    folders = [tmp_path / name for name in calibration['cal_data_dir'].split(';')]
    for place, folder in enumerate(folders):
        written = sorted(folder.iterdir())
        assert len(written) == 3
        for sample, file in zip(samples, written, strict=True):
            assert file.stat().st_size == sample[place].nbytes
            np.testing.assert_array_equal(np.fromfile(file, '<f4'), sample[place].ravel())


def test_nodes_of_more_bits_are_found_by_a_part_of_their_names():
    model = onnx.load(SHIPPED[0])
    every = wide_nodes({'net': model}, ['all'])['net']
    kinds = {node.op_type for node in model.graph.node if node.name in every}
    assert kinds == {'Add', 'Conv', 'Resize'}
    named = wide_nodes({'net': model}, ['stem', 'head'])['net']
    assert 0 < len(named) < len(every)
    assert all('stem' in name or 'head' in name for name in named)
    assert wide_nodes({'net': model}, []) == {'net': ()}
    with pytest.raises(
        ValueError, match=r'no node name contains tail, expected part of /network/stem'
    ):
        wide_nodes({'net': model}, ['head', 'tail'])


@pytest.mark.parametrize(
    ('words', 'is_wide'),
    [([], True), (['--wide', 'none'], False), (['--wide', 'head'], False)],
    ids=['default', 'none', 'others'],
)
def test_the_last_upsampling_of_suction_has_16_bits_by_default(words, is_wide, tmp_path):
    given = ['--target', 'x5', '--weights', SHIPPED[0], '--images', 1, '--size', '128x160']
    assert main([str(a) for a in ('export', 'suction', *given, '--out', tmp_path, *words)]) == 0
    settings = yaml.safe_load((tmp_path / 'suction.yaml').read_text())['model_parameters']
    named = [name for name in settings.get('node_info', {}) if 'to_half' in name]
    assert bool(named) == is_wide


@pytest.mark.parametrize(
    ('samples', 'message'),
    [([], 'no sample'), ([(random(1, 2, 3, 5), random(1, 5, 1, 1))], 'sample 0 is')],
)
def test_samples_have_to_fit(tmp_path, samples, message):
    with pytest.raises(ValueError, match=message):
        write_network(tmp_path, BoardNetwork('net', board_form(pyramid(), [LOGITS]), samples))


def test_sigmoids_at_the_end_are_cut_off_and_counted():
    without = pyramid()
    without.graph.node[2].op_type = 'Tanh'
    with pytest.raises(ValueError, match='ends in 0 sigmoids, expected 1 to 2'):
        board_form(without, ['a', 'b'])
    cut = board_form(pyramid(), [LOGITS])
    assert [node.op_type for node in cut.graph.node] == ['Conv', 'Add']
    assert [output.name for output in cut.graph.output] == [LOGITS]


def test_rounding_is_near_but_not_exact_and_keeps_the_contract(tmp_path):
    source, rounded = tmp_path / 'net.onnx', tmp_path / 'out' / 'net.onnx'
    model = board_form(pyramid(), [LOGITS])
    onnx.helper.set_model_props(model, {METADATA_KEY: 'text'})
    onnx.save(model, source)
    sample = random(1, 2, 3, 4), random(1, 5, 1, 1)
    write_quantised(source, [sample], rounded)
    exact, simulated = (
        start_session(path, 1).run(None, dict(zip('xp', sample, strict=True)))[0]
        for path in (source, rounded)
    )
    apart = np.abs(exact - simulated).max()
    assert 0 < apart < 0.03 * np.abs(exact).max()
    assert {p.key: p.value for p in onnx.load(rounded).metadata_props} == {METADATA_KEY: 'text'}
    with pytest.raises(ValueError, match='no sample'):
        write_quantised(source, [], rounded)


def test_a_rounded_graph_answers_the_same_on_every_processor(tmp_path):
    source, rounded = tmp_path / 'net.onnx', tmp_path / 'rounded.onnx'
    onnx.save(board_form(pyramid(), [LOGITS]), source)
    sample = random(1, 2, 3, 4), random(1, 5, 1, 1)
    write_quantised(source, [sample], rounded)
    plain = onnxruntime.SessionOptions()
    plain.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    as_written, as_run = (
        session.run(None, dict(zip('xp', sample, strict=True)))[0]
        for session in (onnxruntime.InferenceSession(rounded, plain), start_session(rounded, 1))
    )
    np.testing.assert_allclose(as_run, as_written, rtol=1e-5, atol=1e-6)


def grasp(x, z=(0, 0, 1), score=0.5):
    pose = np.eye(4)
    pose[:3, 2], pose[0, 3] = z, x
    none = np.zeros((1, 3))
    return Grasp(GripperKind.SUCTION, pose, score, (0.0, 0.0), none, none)


def test_cost_counts_what_stays_and_what_moves():
    before = [[grasp(0), grasp(0.1)], [grasp(0)], [grasp(0)], [], [grasp(0)]]
    after = [[grasp(0.004), grasp(0.2)], [grasp(0.02)], [], [grasp(0)], [grasp(0, (1, 0, 0))]]
    cost = grasp_cost(before, after)
    assert cost.images == 4
    assert cost.same_first == 1 / 4
    assert cost.top_kept == 1 / 5
    assert cost.unanswered == 1 / 4
    assert cost.distance == pytest.approx(0.004)
    with pytest.raises(ValueError, match='none of 1 images'):
        grasp_cost([[]], [[]])


def test_cost_tells_a_choice_that_is_as_good_from_a_worse_one():
    before = [[grasp(0, score=0.8), grasp(0.1)], [grasp(0, score=0.8)], [grasp(0, score=0.8)]]
    after = [[grasp(0.1, score=0.795)], [grasp(0.2, score=0.6)], []]
    cost = grasp_cost(before, after)
    assert cost.same_first == 0
    assert cost.first_in_top == pytest.approx(1 / 3)
    assert cost.as_good == pytest.approx(1 / 3)
    assert cost.score_change == pytest.approx(-0.1025)


CROPS = CropContract('gqcnn', '1', 'suction', 0.7, 0.1)


def test_crop_networks_are_accepted_and_answer_the_same(tmp_path):
    torch.manual_seed(0)
    poses = 2
    network = DexNetGQCNN(poses).eval()
    numbers = {'pose_mean': (0.0,) * poses, 'pose_std': (1.0,) * poses}
    contract = replace(CROPS, pose_inputs=('depth', 'angle'), **numbers)
    module = board_crops(network, contract.form).eval()
    path = tmp_path / 'net.onnx'
    onnx.save(board_form(board_graph(module, crop_form(contract, SIZE)), [LOGITS]), path)
    check = check_file(path)
    assert check.is_accepted
    assert check.bpu_share == 1
    inputs = random(2, 1, 32, 32), random(2, poses)
    (got,) = FixedGraph(OnnxGraph(onnxruntime.InferenceSession(path)), contract).run(*inputs)
    with torch.no_grad():
        known = network(*map(torch.from_numpy, inputs))
    np.testing.assert_allclose(got, known, atol=1e-5)


def test_efficientnet_is_accepted_and_answers_the_same(tmp_path):
    torch.manual_seed(0)
    network = EfficientNet().eval()
    path = tmp_path / 'net.onnx'
    graph = board_graph(board_crops(network, CROPS.form).eval(), crop_form(CROPS, SIZE))
    onnx.save(board_form(graph, [LOGITS]), path)
    check = check_file(path)
    assert check.is_accepted
    assert (check.subgraphs, check.bpu_share) == (1, 1)
    crops = random(2, 1, 32, 32)
    (got,) = FixedGraph(OnnxGraph(onnxruntime.InferenceSession(path)), CROPS).run(crops)
    with torch.no_grad():
        known = network(torch.from_numpy(crops))
    np.testing.assert_allclose(got, known, atol=1e-5)


def test_heat_maps_are_accepted_and_exact_in_parts(tmp_path):
    torch.manual_seed(0)
    network = DexNetFCGQCNN().eval()
    contract = replace(CROPS, form='heatmap', stride=2)
    path = tmp_path / 'net.onnx'
    form = crop_form(contract, (48, 48))
    onnx.save(board_form(board_graph(board_crops(network, 'heatmap'), form), [LOGITS]), path)
    assert check_file(path).is_accepted
    graph = FixedGraph(OnnxGraph(onnxruntime.InferenceSession(path)), contract)
    image = random(1, 1, 48, 48)
    with torch.no_grad():
        known = network(torch.from_numpy(image))
    np.testing.assert_allclose(graph.run(image)[0], known, atol=1e-5)
    with pytest.raises(ValueError, match='more than the 32 of a crop'):
        crop_form(contract, (32, 48))
