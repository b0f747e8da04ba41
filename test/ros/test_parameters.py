"""Parameters: those of the planner's settings, and nothing else."""

from dataclasses import fields
import itertools
import math

import pytest
import yaml

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.planners.planner_registry import GRASPNET, PARALLEL_JAW, SUCTION
from dexnet_ros.parameters import explained_attributes
from dexnet_ros.planner_node import PlannerNode
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.parameter import Parameter

FILES = {'suction.yaml': SUCTION, 'parallel_jaw.yaml': PARALLEL_JAW, 'graspnet.yaml': GRASPNET}
OF_ROS = {'use_sim_time', 'start_type_description_service'}


@pytest.fixture
def make_node(isolated_ros):
    nodes = []

    def make(kind=SUCTION, **given):
        overrides = [Parameter(name, value=value) for name, value in given.items()]
        nodes.append(PlannerNode('planner', kind, parameter_overrides=overrides))
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()


def parameters_of(node):
    """Names and values of all that the node declares itself."""
    every = node.get_parameters_by_prefix('')
    return {name: item.value for name, item in every.items() if name not in OF_ROS}


@pytest.mark.parametrize('file', FILES)
def test_the_shipped_file_has_exactly_the_parameters_and_their_defaults(make_node, repo, file):
    written = yaml.safe_load((repo / 'config' / file).read_text())
    assert written['/**']['ros__parameters'] == parameters_of(make_node(FILES[file]))


@pytest.mark.parametrize('kind', FILES.values(), ids=FILES)
def test_each_setting_is_described_with_its_range(make_node, kind):
    node = make_node(kind)
    for item in fields(kind.settings):
        descriptor = node.describe_parameter(item.name)
        ranges = [*descriptor.integer_range, *descriptor.floating_point_range]
        assert descriptor.description == item.metadata['description']
        if options := item.metadata.get('options'):
            assert descriptor.additional_constraints == ' or '.join(options)
            assert not ranges
        else:
            assert [(r.from_value, r.to_value) for r in ranges] == [
                (item.metadata['least'], item.metadata['most'])
            ]
        assert not descriptor.read_only


def test_a_setting_of_another_gripper_is_refused(make_node):
    with pytest.raises(ValueError, match="unknown parameter 'max_residual'"):
        make_node(PARALLEL_JAW, max_residual=0.002)
    with pytest.raises(ValueError, match="unknown parameter 'gripper_max_opening'"):
        make_node(SUCTION, gripper_max_opening=0.05)


def test_values_given_at_the_start_are_used(make_node):
    assert make_node(max_grasps=3).get_parameter('max_grasps').value == 3


def test_a_misspelt_name_is_refused_with_the_likely_one(make_node):
    with pytest.raises(ValueError, match="unknown parameter 'max_grasp', expected max_grasps"):
        make_node(max_grasp=3)


def test_a_wrong_type_is_refused_at_the_start(make_node):
    with pytest.raises(InvalidParameterTypeException, match='max_grasps'):
        make_node(max_grasps='many')


def test_a_value_out_of_range_is_refused_at_the_start(make_node):
    with pytest.raises(InvalidParameterValueException, match='min_score'):
        make_node(min_score=1.5)


def test_values_that_do_not_go_together_are_refused_at_the_start(make_node):
    with pytest.raises(ValueError, match=r'min_depth 2.0 is not below max_depth 1.0'):
        make_node(min_depth=2.0, max_depth=1.0)


@pytest.mark.parametrize(
    ('name', 'value', 'said'),
    [
        ('min_score', 1.5, 'min_score'),
        ('min_score', math.nan, 'min_score'),
        ('max_grasps', 0, 'max_grasps'),
        ('max_grasps', 2.5, 'parameter type, expected'),
        ('min_depth', 50.0, 'min_depth 50.0 is not below max_depth 3.0'),
        ('approach', 'up', "approach is 'up', expected camera or down or any"),
        ('support', '', 'expected auto or none'),
        ('gripper_radius', -0.01, 'radius is -0.01, expected > 0'),
        ('gripper', '/nowhere.yaml', '/nowhere.yaml'),
        ('cloud_frame', 'optical', 'cloud_frame'),
        ('threads', 4, 'threads'),
    ],
)
def test_a_bad_change_is_refused_and_changes_nothing(make_node, name, value, said):
    node = make_node()
    before = parameters_of(node)
    (result,) = node.set_parameters([Parameter(name, value=value)])
    assert not result.successful
    assert said in result.reason
    assert parameters_of(node) == before


@pytest.mark.parametrize(
    ('given', 'said'),
    [
        ({'approach': 'up'}, "approach is 'up'"),
        (
            {'cloud_frame': 'base'},
            "cloud_frame is 'base', expected auto or optical or x_forward",
        ),
        (
            {'image_transport': 'zstd'},
            "image_transport is 'zstd', expected raw or compressedDepth",
        ),
        ({'image_frame': 'z_up'}, "image_frame is 'z_up', expected auto or optical or x_forward"),
        ({'depth_scale': -1.0}, 'depth_scale is -1.0, expected 0 or more'),
        ({'mask_timeout': math.inf}, 'mask_timeout is inf, expected 0 or more'),
        ({'gripper_radius': -1.0}, r'radius is -1\.0, expected > 0'),
        ({'gripper_lip': 0.01}, 'lip is 0.01, expected less than radius'),
        ({'camera_pose': [0.0, 1.0]}, 'camera_pose has 2 numbers, expected x y z qx qy qz qw'),
    ],
)
def test_what_cannot_be_is_refused_at_the_start(make_node, given, said):
    with pytest.raises(ValueError, match=said):
        make_node(**given)


def test_every_number_of_a_gripper_is_a_parameter(make_node):
    for kind in (SUCTION, PARALLEL_JAW, GRASPNET):
        node = make_node(kind)
        numbers = {f'gripper_{item.name}' for item in fields(kind.gripper)} - {'gripper_name'}
        known = {name for name in parameters_of(node) if name.startswith('gripper_')}
        assert known == numbers


def test_values_may_change_together(make_node):
    node = make_node()
    changes = [Parameter('min_depth', value=4.0), Parameter('max_depth', value=5.0)]
    assert node.set_parameters_atomically(changes).successful


@pytest.mark.parametrize('file', FILES)
def test_the_shipped_file_explains_settings_as_the_node_does(repo, file):
    text = (repo / 'config' / file).read_text()
    for item in fields(FILES[file].settings):
        before = text.partition(f'\n    {item.name}:')[0].splitlines()
        lines = itertools.takewhile(lambda line: line.startswith('    # '), reversed(before))
        told = ' '.join(line.removeprefix('    # ') for line in reversed(list(lines)))
        assert told == item.metadata['description'], item.name


@pytest.mark.parametrize('kind', [JawGripper, SuctionCup])
def test_every_number_of_a_gripper_is_explained(kind):
    explained = explained_attributes(kind)
    assert set(explained) == {item.name for item in fields(kind)}
    assert explained['flange_distance'].endswith('0 if unknown.')
