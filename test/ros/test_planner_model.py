"""The model of a node: given at the start, and another one while the node plans."""

from dexnet_core.runtime.registry import GRASPNET, PARALLEL_JAW, PlannerKind, SUCTION
from dexnet_core.runtime.settings import SuctionSettings
from dexnet_ros.parameters import declare_settings
from dexnet_ros.planner_model import PlannerModel
import pytest
import rclpy
from rclpy.parameter import Parameter


class Named:
    """A planner that knows where it was loaded from."""

    def __init__(self, model, settings):
        self.model, self.settings = model, settings

    def with_settings(self, settings):
        return Named(self.model, settings)


def load(model, settings, threads, gripper):
    if str(model) == 'broken.onnx':
        raise RuntimeError('a fault that nobody thought of')
    if str(model) == 'missing.onnx':
        raise FileNotFoundError('no model file missing.onnx')
    return Named(str(model), settings)


@pytest.fixture
def node(isolated_ros):
    node = rclpy.create_node('planner')
    yield node
    node.destroy_node()


@pytest.fixture
def model(node):
    """The model of a node that has loaded the shipped one."""
    model = PlannerModel(node, PlannerKind(load, SuctionSettings))
    declare_settings(node, SuctionSettings)
    model.load()
    return model


def change(node, **values):
    """Set parameters together and return the result."""
    changes = [Parameter(name, value=value) for name, value in values.items()]
    return node.set_parameters_atomically(changes)


def test_another_model_plans_from_the_next_plan_on(node, model):
    old = model.planner()
    assert change(node, model='new.onnx').successful
    assert old.model == 'None'
    assert model.planner().model == 'new.onnx'
    assert model.planner() is model.planner()


@pytest.mark.parametrize(
    ('name', 'reason'),
    [('missing.onnx', 'no model file missing.onnx'), ('broken.onnx', 'nobody thought of')],
)
def test_a_model_that_cannot_be_loaded_changes_nothing(node, model, name, reason):
    old = model.planner()
    result = change(node, model=name)
    assert not result.successful
    assert reason in result.reason
    assert node.get_parameter('model').value == ''
    assert model.planner() is old


def test_a_change_that_another_check_refuses_does_not_bring_the_model(node, model):
    assert not change(node, model='new.onnx', min_depth=50.0).successful
    assert model.planner().model == 'None'


def test_a_new_model_gets_the_settings_that_count_then(node, model):
    assert change(node, model='new.onnx', max_grasps=3).successful
    planner = model.planner()
    assert (planner.model, planner.settings.max_grasps) == ('new.onnx', 3)


def test_the_same_file_can_be_loaded_anew(node, model):
    assert change(node, model='new.onnx').successful
    first = model.planner()
    assert change(node, model='new.onnx').successful
    assert model.planner() is not first


def test_a_model_that_is_set_before_one_is_loaded_is_loaded_then(node, model):
    model.release()
    assert change(node, model='missing.onnx').successful
    with pytest.raises(FileNotFoundError, match='missing'):
        model.load()


@pytest.mark.parametrize('kind', [SUCTION, PARALLEL_JAW, GRASPNET])
def test_a_real_planner_refuses_a_model_of_nothing_and_plans_on(isolated_ros, tmp_path, kind):
    from dexnet_ros.planner_node import PlannerNode

    node = PlannerNode('planner', kind)
    try:
        assert node.start()
        result = change(node, model=str(tmp_path / 'none'))
        assert not result.successful
        assert 'goes on with the old model' in result.reason
        assert change(node, model='').successful
    finally:
        node.destroy_node()
