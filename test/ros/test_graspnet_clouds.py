"""Odd clouds over real DDS, answered by an exported network that is small and knows nothing."""

import array

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')
pytest.importorskip('torch', reason='torch makes the network')
pytest.importorskip('onnx', reason='onnx writes the network')

from dexnet_core.export.graspnet_files import write_graspnet
from dexnet_core.models.graspnet import GraspNet
from dexnet_core.models.graspnet_graphs import graph_modules
from dexnet_core.planning.grasp import PlanStatus
from dexnet_core.planning.graspnet.constants import GraspNetConstants
from dexnet_core.planning.graspnet.graspnet_contract import GraspNetContract
from dexnet_core.planning.graspnet.stages import Cylinders, GraspNetDesign, Level
from dexnet_core.planning.planners.planner_registry import GRASPNET
from dexnet_msgs.msg import Grasp
from dexnet_msgs.srv import PlanGrasps
from rclpy.parameter import Parameter
import torch

pytestmark = pytest.mark.filterwarnings('ignore')  # of the exporter, about itself

DESIGN = GraspNetDesign(
    levels=tuple(Level(count, 0.1, 4, (4, 4, 4)) for count in (60, 40, 10, 5)),
    propagated=(4, 4),
    cylinders=Cylinders(samples=4, channels=(4, 4, 4)),
    head=4,
    points=500,
)
WIDEST = 0.067


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """A network to which everything is an object that is best grasped forward."""
    torch.manual_seed(0)
    network = GraspNet(DESIGN).eval()
    weights = network.state_dict()
    weights['view_estimator.vpmodule.conv3.bias'][1:40] = 9
    weights['grasp_generator.operation.conv3.bias'][:12] = 3
    weights['grasp_generator.operation.conv3.bias'][24:] = 3
    weights['grasp_generator.tolerance.conv3.bias'][:] = 1
    folder = tmp_path_factory.mktemp('graspnet')
    contract = GraspNetContract('small', '1', GraspNetConstants(WIDEST), DESIGN)
    write_graspnet(folder, graph_modules(network), contract)
    return folder


@pytest.fixture
def node(make_rig, folder):
    chosen = {'model': str(folder), 'min_score': 0.0, 'max_filled': 1.0}
    return make_rig([Parameter(name, value=v) for name, v in chosen.items()], kind=GRASPNET)


def heap(count, seed=0):
    points = np.random.default_rng(seed).uniform(-0.2, 0.2, (count, 3))
    return (points + np.array([0, 0, 0.5])).astype(np.float32)


@pytest.mark.parametrize(
    'points',
    [heap(2000), heap(500), heap(100), np.full((1, 3), 0.5), np.full((700, 3), 0.5)],
    ids=['many', 'as many', 'fewer than samples', 'one', 'all equal'],
)
def test_any_number_of_points_is_answered(node, points):
    answer = node.answer_to(node.cloud(points))
    assert answer.status in (PlanStatus.OK, PlanStatus.NO_CANDIDATE)
    assert (answer.status == PlanStatus.OK) == bool(answer.grasps)
    assert answer.model == 'small 1'
    if len(np.unique(points)) > 1:
        assert answer.grasps
    for grasp in answer.grasps:
        assert grasp.gripper_type == Grasp.PARALLEL_JAW
        assert 0 < grasp.width <= WIDEST + 1e-6


def test_what_was_not_measured_changes_no_grasp(node):
    points = heap(2000)
    spoilt = np.insert(points, [0, 7, 7, 1999], [[np.nan], [np.inf], [0], [-np.inf]], axis=0)
    known, got = (node.answer_to(node.cloud(cloud)).grasps for cloud in (points, spoilt))
    assert known
    assert [grasp.pose for grasp in got] == [grasp.pose for grasp in known]


def test_foreign_bytes_change_no_grasp(node):
    """Big-endian doubles, z first, among other fields and with padding."""
    points = heap(800).reshape(20, 40, 3)
    known = node.answer_to(node.cloud(points))
    foreign = node.cloud(points)
    layout = np.dtype(
        {'names': ['z', 'x', 'y'], 'formats': ['>f8'] * 3, 'offsets': [1, 13, 22], 'itemsize': 33}
    )
    rows = np.zeros((20, 40), layout)
    for k, axis in enumerate('xyz'):
        rows[axis] = points[..., k]
    padded = np.pad(rows.view(np.uint8).reshape(20, -1), ((0, 0), (0, 11)), constant_values=0xFF)
    for field in foreign.fields:
        field.offset, field.datatype = layout.fields[field.name][1], field.FLOAT64
    foreign.is_bigendian, foreign.point_step, foreign.row_step = True, 33, padded.shape[1]
    foreign.data = array.array('B', padded.tobytes())
    assert known.grasps
    got = node.answer_to(foreign)
    assert [grasp.pose for grasp in got.grasps] == [grasp.pose for grasp in known.grasps]


def test_the_service_answers_as_the_topic(node):
    cloud = node.cloud(heap(900))
    known = node.answer_to(cloud)
    response = node.call(PlanGrasps.Request(points=cloud, min_score=-1.0, num_grasps=2))
    assert response.success
    got, expected = response.grasps.grasps, known.grasps[:2]
    assert len(got) == 2
    assert [grasp.pose for grasp in got] == [grasp.pose for grasp in expected]
    assert [grasp.score for grasp in got] == [grasp.score for grasp in expected]


def test_a_cloud_in_millimetres_and_an_empty_workspace_are_named(node):
    assert 'millimetres' in node.answer_to(node.cloud(1000 * heap(900))).message
    far = node.answer_to(node.cloud(heap(900) + np.array([0, 0, 50 / 9])))
    assert far.status == PlanStatus.NO_DEPTH
    assert (
        'nothing was measured in the workspace (0.15 to 3.0 m): the measured points' in far.message
    )
