"""Model and gripper of a node: given at the start, and others while the node plans."""

from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.planners.planner_registry import (
    GRASPNET,
    PARALLEL_JAW,
    PlannerKind,
    SUCTION,
)
from dexnet_core.planning.planners.settings import SuctionSettings
from dexnet_ros.parameters import declare_settings
from dexnet_ros.planner_model import PlannerModel
import pytest
from rcl_interfaces.msg import SetParametersResult
import rclpy
from rclpy.parameter import Parameter


class Named:
    """A planner that knows where it was loaded from."""

    def __init__(self, model, settings, gripper):
        self.model, self.settings, self.gripper = model, settings, gripper

    def with_settings(self, settings):
        return Named(self.model, settings, self.gripper)


def load(model, settings, threads, gripper):
    if str(model) == 'broken.onnx':
        raise RuntimeError('a fault that nobody thought of')
    if str(model) == 'missing.onnx':
        raise FileNotFoundError('no model file missing.onnx')
    return Named(str(model), settings, gripper)


@pytest.fixture
def node(isolated_ros):
    node = rclpy.create_node('planner')
    yield node
    node.destroy_node()


@pytest.fixture
def model(node):
    """The model of a node that has loaded the shipped one."""
    model = PlannerModel(node, PlannerKind(load, SuctionSettings, gripper=SuctionCup))
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


def test_a_refused_change_does_not_lose_an_accepted_one(node):
    def refuse(changes):  # rclpy calls it after the model's own check, which is added later
        is_bad = any(item.name == 'max_grasps' and item.value == 7 for item in changes)
        return SetParametersResult(successful=not is_bad)

    node.add_on_set_parameters_callback(refuse)
    model = PlannerModel(node, PlannerKind(load, SuctionSettings, SuctionCup))
    declare_settings(node, SuctionSettings)
    model.load()
    assert change(node, model='new.onnx').successful
    assert not change(node, model='third.onnx', max_grasps=7).successful
    assert model.planner().model == 'new.onnx'


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


def test_another_gripper_is_planned_for_from_the_next_plan_on(node, model, tmp_path):
    assert model.planner().gripper is None
    assert change(node, gripper_radius=0.01).successful
    assert model.planner().gripper == SuctionCup(radius=0.01)
    file = tmp_path / 'cup.yaml'
    file.write_text('{type: suction_cup, radius: 0.02, lip: 0.003}')
    assert change(node, gripper=str(file), model='new.onnx').successful
    planner = model.planner()
    assert (planner.model, planner.gripper) == ('new.onnx', SuctionCup(radius=0.01, lip=0.003))


def test_a_gripper_that_cannot_be_changes_nothing(node, model):
    old = model.planner()
    result = change(node, gripper_lip=-1.0)
    assert not result.successful
    assert 'cannot use gripper_lip -1.0, the old planner stays in use: ' in result.reason
    assert model.planner() is old


def test_a_gripper_is_looked_at_before_a_planner_is_loaded(node, model):
    model.release()
    assert not change(node, gripper_lip=-1.0).successful
    assert change(node, gripper_lip=0.004).successful
    model.load()
    assert model.planner().gripper == SuctionCup(lip=0.004)


@pytest.mark.parametrize('kind', [SUCTION, PARALLEL_JAW, GRASPNET])
def test_a_real_planner_takes_another_gripper_and_refuses_a_model_of_nothing(
    isolated_ros, tmp_path, kind
):
    from dexnet_ros.planner_node import PlannerNode

    node = PlannerNode('planner', kind)
    try:
        assert node.start()
        result = change(node, model=str(tmp_path / 'none'))
        assert not result.successful
        assert 'the old planner stays in use' in result.reason
        assert change(node, model='', gripper_flange_distance=0.1).successful
    finally:
        node.destroy_node()
