"""A GraspNet leaves as graphs that together answer as the network does."""

import json
from pathlib import Path
import shutil

from dexnet_core.cli.main import main
from dexnet_core.export.graspnet_files import read_graspnet, write_graspnet
from dexnet_core.models.checkpoints import write_checkpoint
from dexnet_core.models.graspnet import GraspNet, load_graspnet
from dexnet_core.models.graspnet_graphs import graph_modules
from dexnet_core.models.graspnet_weights import graspnet_data, load_usable_graspnet
from dexnet_core.planning.graspnet.constants import GraspNetConstants
from dexnet_core.planning.graspnet.graspnet_contract import (
    contract_from_json,
    GraspNetContract,
    METADATA_KEY,
    WEIGHTS_KEY,
)
from dexnet_core.planning.graspnet.stages import graphs
from dexnet_core.pointnet2.operators import interpolation_weights
from dexnet_core.pointnet2.search import ball_query, cylinder_query, three_nearest
from graspnet_answers import EDGE
import numpy as np
import onnx
import onnxruntime
import pytest
from tiny_graspnet import SMALL
import torch
from torch import nn

pytestmark = pytest.mark.filterwarnings('ignore')  # of the exporter, about itself
REFERENCE = Path(__file__).resolve().parents[3] / 'shared' / 'graspnet'
CONTRACT = GraspNetContract('small', '1', EDGE, SMALL)


@pytest.fixture
def network():
    """Random weights, and statistics of batch norms that are not those of a new network."""
    torch.manual_seed(0)
    network = GraspNet(SMALL)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias)
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return network.eval()


@pytest.fixture
def cloud():
    return torch.from_numpy(
        np.random.default_rng(0).uniform(0.1, 0.5, (1, 300, 3)).astype(np.float32)
    )


def chained(run, cloud, output):
    """Run graphs by name, with neighbours that torch finds, on the seeds of an answer."""
    design, levels = SMALL, output.seeds.levels
    before, lifted, features = cloud, None, {}
    for k, (level, known) in enumerate(zip(design.levels, levels, strict=True), 1):
        centres = known.points
        neighbours = ball_query(level.radius, level.samples, before, centres)[0]
        inputs = [before[0], *([] if lifted is None else [lifted]), centres[0], neighbours]
        answers = run(f'level_{k}', *inputs)
        if k > 1:
            features[k], *answers = answers
        lifted, before = answers[0] if answers else None, centres
    near = []
    for fine, coarse in ((levels[2], levels[3]), (levels[1], levels[2])):
        found = three_nearest(fine.points, coarse.points)
        near += [found.indices[0], interpolation_weights(found.distances)[0]]
    objectness, view_score = run('seeds', features[2], features[3], features[4], *near)
    return objectness, view_score, *cropped(run, cloud, output)


def cropped(run, cloud, output):
    """Run the graphs of the second stage, and shape its answers as torch does."""
    seeds, frames = output.seeds.points, _frames(output)
    cylinder = _network_cylinder()
    found = cylinder_query(cylinder, SMALL.cylinders.samples, cloud, seeds, frames)[0]
    local = torch.einsum('mdsi,mij->mdsj', cloud[0][found] - seeds[0][:, None, None], frames[0])
    (features,) = run('crop', local.reshape(-1, 3))
    most = features.unflatten(0, found.shape).amax(dim=2).flatten(0, 1)
    return [head.unflatten(0, found.shape[:2]).permute(2, 0, 1) for head in run('heads', most)]


def _frames(output):
    return GraspNet(SMALL).view_estimator.rotations_of(output.seeds.best)


def _network_cylinder():
    return GraspNet(SMALL).grasp_generator.crop.cylinder


def require_same_answers(got, output):
    seeds, heads = output
    expected = (seeds.objectness[0].T, seeds.view_score[0], *(head[0] for head in heads))
    for answer, known in zip(got, expected, strict=True):
        assert known.std() > 1e-3
        torch.testing.assert_close(answer, known, atol=2e-5, rtol=1e-4)


@torch.inference_mode()
def test_folded_parts_answer_as_the_network(network, cloud):
    modules = graph_modules(network)

    def run(name, *inputs):
        answer = modules[name](*inputs)
        return answer if isinstance(answer, tuple) else (answer,)

    output = network(cloud)
    require_same_answers(chained(run, cloud, output), output)


def test_a_network_in_training_is_not_folded(network):
    with pytest.raises(ValueError, match='in training'):
        graph_modules(network.train())


@torch.inference_mode()
def test_files_answer_as_the_network(network, cloud, tmp_path):
    with torch.inference_mode(False):
        assert write_graspnet(tmp_path, graph_modules(network), CONTRACT) < 1e-5
    names = {graph.name: [t.name for t in graph.inputs] for graph in graphs(SMALL)}
    assert {path.stem for path in tmp_path.iterdir()} == set(names)

    def run(name, *inputs):
        session = onnxruntime.InferenceSession(tmp_path / f'{name}.onnx')
        feeds = {key: value.numpy() for key, value in zip(names[name], inputs, strict=True)}
        return [torch.from_numpy(answer) for answer in session.run(None, feeds)]

    output = network(cloud)
    require_same_answers(chained(run, cloud, output), output)


def metadata(path):
    return {item.key: item.value for item in onnx.load(path).metadata_props}


def test_files_say_what_they_are_and_that_they_belong_together(network, tmp_path):
    write_graspnet(tmp_path / 'one', graph_modules(network), CONTRACT)
    said = [metadata(path) for path in (tmp_path / 'one').iterdir()]
    assert all(contract_from_json(item[METADATA_KEY]) == CONTRACT for item in said)
    assert len({item[WEIGHTS_KEY] for item in said}) == 1
    network.grasp_generator.tolerance.conv3.bias.data += 1
    write_graspnet(tmp_path / 'other', graph_modules(network), CONTRACT)
    other = metadata(tmp_path / 'other' / 'crop.onnx')
    assert other[WEIGHTS_KEY] != said[0][WEIGHTS_KEY]


@pytest.mark.parametrize('half', [False, True])
def test_what_was_written_is_read_back(network, tmp_path, half):
    written = graph_modules(network)
    write_graspnet(tmp_path, written, CONTRACT, half)
    modules, contract = read_graspnet(tmp_path)
    assert contract == CONTRACT
    assert modules.keys() == written.keys()
    rounding = 2.0**-11 if half else 0.0
    for name, module in modules.items():
        torch.testing.assert_close(
            module.state_dict(), written[name].state_dict(), rtol=rounding, atol=1e-7
        )


def test_a_graph_of_another_export_is_not_read_back(network, tmp_path):
    write_graspnet(tmp_path / 'one', graph_modules(network), CONTRACT)
    network.grasp_generator.tolerance.conv3.bias.data += 1
    write_graspnet(tmp_path / 'other', graph_modules(network), CONTRACT)
    shutil.copy(tmp_path / 'other' / 'crop.onnx', tmp_path / 'one')
    with pytest.raises(ValueError, match='not of one GraspNet'):
        read_graspnet(tmp_path / 'one')


def without_a_weight(graph):
    del graph.initializer[0]


def with_a_weight_too_many(graph):
    graph.initializer.append(onnx.numpy_helper.from_array(np.zeros(3, np.float32), 'unused'))


def with_a_broken_weight(graph):
    weight = graph.initializer[0]
    values = np.full(weight.dims, np.nan, np.float32)
    weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))


def with_a_step_more(graph):
    """Answer what the module of the same weights does not."""
    last = graph.node[-1]
    (output,) = last.output
    last.output[0] = 'before'
    graph.node.append(onnx.helper.make_node('Neg', ['before'], [output]))


@pytest.mark.parametrize(
    ('spoil', 'message'),
    [
        (without_a_weight, r'crop\.onnx is not a model that can be loaded'),
        (with_a_weight_too_many, r'crop\.onnx does not hold weights of CropGraph: .* unused'),
        (with_a_broken_weight, r'crop\.onnx has values that are not finite'),
        (with_a_step_more, r'crop\.onnx differs from torch by'),
    ],
)
def test_a_graph_that_was_changed_is_not_read_back(network, tmp_path, spoil, message):
    write_graspnet(tmp_path, graph_modules(network), CONTRACT)
    model = onnx.load(tmp_path / 'crop.onnx')
    spoil(model.graph)
    onnx.save(model, tmp_path / 'crop.onnx')
    with pytest.raises(ValueError, match=message):
        read_graspnet(tmp_path)


class Restless(nn.Module):
    """Answers differently each time."""

    def __init__(self, module):
        super().__init__()
        self.module, self.calls = module, 0

    def forward(self, *inputs):
        self.calls += 1
        return self.module(*inputs) + self.calls


def test_nothing_is_written_where_a_file_answers_otherwise(network, tmp_path):
    modules = graph_modules(network)
    modules['crop'] = Restless(modules['crop'])
    with pytest.raises(ValueError, match=r'crop\.onnx differs from torch'):
        write_graspnet(tmp_path / 'out', modules, CONTRACT)
    assert list((tmp_path / 'out').iterdir()) == []


def test_a_checkpoint_that_knows_its_contract_is_exported_by_the_command(
    network, tmp_path, capsys
):
    weights, out = tmp_path / 'best.pt', tmp_path / 'out'
    write_checkpoint(weights, {'network': network.state_dict(), 'data': graspnet_data(CONTRACT)})
    command = ['export', 'graspnet', '--weights', str(weights), '--out', str(out)]
    assert main([*command, '--maximum-width', '0.08']) == 0
    size = sum(path.stat().st_size for path in out.iterdir())
    assert f'{size} bytes, differs from torch by' in capsys.readouterr().out
    contract = contract_from_json(metadata(out / 'heads.onnx')[METADATA_KEY])
    assert contract.constants == GraspNetConstants(0.08, EDGE.maximum_tolerance)
    assert contract.design == SMALL


def test_what_is_exported_has_its_widths(network, tmp_path, capsys):
    write_graspnet(tmp_path / 'model', graph_modules(network), CONTRACT)
    command = ['export', 'graspnet', '--weights', str(tmp_path / 'model')]
    assert main([*command, '--out', str(tmp_path / 'out'), '--maximum-width', '0.08']) == 2
    assert 'it has its maximum width' in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()


def test_a_plan_may_be_made_with_a_checkpoint(network, tmp_path, capsys):
    weights, out = tmp_path / 'best.pt', tmp_path / 'out'
    write_checkpoint(weights, {'network': network.state_dict(), 'data': graspnet_data(CONTRACT)})
    points = np.random.default_rng(0).uniform(-0.1, 0.1, (500, 3)) + np.array([0, 0, 0.5])
    np.save(tmp_path / 'cloud.npy', points.astype(np.float32))
    words = ['plan', 'graspnet', '--raw', '--cloud', str(tmp_path / 'cloud.npy')]
    answers = []
    for number, model in enumerate((weights, out / 'model')):
        folder = out if number == 0 else tmp_path / 'again'
        status = main([*words, '--weights', str(model), '--out', str(folder)])
        assert status in (0, 3)  # untrained, it may find nothing
        answers.append((folder / 'grasps.json').read_text())
    assert f'--model {out / "model"}' in capsys.readouterr().out
    assert json.loads(answers[0])['grasps'] == json.loads(answers[1])['grasps']
    assert main([*words, '--weights', str(tmp_path / 'cloud.npy'), '--out', str(out)]) == 2
    assert 'cloud.npy is not a checkpoint' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('data', 'message'),
    [
        ({'contract': 3}, 'a int as contract'),
        ({'contract': '{}'}, 'format None'),
        ({}, 'does not hold weights of GraspNet'),
    ],
)
def test_a_checkpoint_that_cannot_be_used_is_refused(network, tmp_path, data, message, capsys):
    weights = tmp_path / 'best.pt'
    write_checkpoint(weights, {'network': network.state_dict(), 'data': data})
    assert main(['export', 'graspnet', '--weights', str(weights), '--out', str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert str(weights) in error


@pytest.mark.skipif(not REFERENCE.is_dir(), reason='no reference of GraspNet beside the checkout')
def test_published_weights_are_exported_in_less_than_five_megabytes(tmp_path):
    usable = load_usable_graspnet(REFERENCE / 'grasp.pth', 0.067, 0.045)
    assert usable.contract.constants == EDGE
    write_graspnet(tmp_path, graph_modules(usable.network), usable.contract)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 5_000_000
    known = load_graspnet(REFERENCE / 'grasp.pth').grasp_generator.tolerance.conv3.bias.detach()
    stored = onnx.load(tmp_path / 'heads.onnx').graph.initializer
    assert any(np.array_equal(onnx.numpy_helper.to_array(item), known) for item in stored)
