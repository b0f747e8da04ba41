"""The programs as a person starts them: one line and an exit status, never a traceback."""

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

CAMERA = '600,600,3.5,2.5'


@pytest.fixture
def run(ros_domain, tmp_path):
    """Return a function that runs a program to its end; what it said, and its status."""

    def start(program, *arguments):
        code = f'import sys; from dexnet_ros.programs import {program}; sys.exit({program}())'
        ended = subprocess.run(
            [sys.executable, '-c', code, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=tmp_path,
        )
        return ended.stdout + ended.stderr, ended.returncode

    return start


@pytest.fixture
def params(tmp_path):
    """Return a function that writes a params file."""

    def write(text):
        path = tmp_path / 'params.yaml'
        path.write_text(text)
        return path

    return write


def assert_one_line(said, reason):
    assert reason in said
    assert 'Traceback' not in said
    ours = [line for line in said.strip().splitlines() if '[rcl]' not in line]
    assert len(ours) == 1


@pytest.mark.parametrize(
    ('node', 'reason'),
    [
        ('suction_node', 'model file /nowhere.onnx does not exist'),
        ('parallel_jaw_node', 'model file /nowhere.onnx does not exist'),
        ('graspnet_node', 'there is no folder /nowhere.onnx of GraspNet graphs'),
    ],
)
def test_a_missing_model_ends_the_node(run, node, reason):
    said, status = run(node, '--ros-args', '-p', 'model:=/nowhere.onnx')
    assert status == 1
    assert_one_line(said, reason)


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        ('/**: {ros__parameters: {gripper: nowhere.yaml}}', 'nowhere.yaml'),
        (
            '/**: {ros__parameters: {gripper: params.yaml}}',
            'has no key `type`, expected `type: suction_cup`',
        ),
        ('/**: {ros__parameters: {approach: up}}', "approach is 'up'"),
        ('/**: {ros__parameters: {max_grasp: 3}}', "unknown parameter 'max_grasp'"),
        ('/**: {ros__parameters: {max_grasps: few}}', "'max_grasps'"),
        ('/**: {ros__parameters: {min_score: 2.0}}', 'min_score'),
        ('/**: {ros__parameters: {threads: 0}}', 'threads'),
        ('a: [b', "Couldn't parse params file"),
    ],
)
def test_a_bad_params_file_ends_the_node(run, params, text, reason):
    said, status = run('suction_node', '--ros-args', '--params-file', params(text))
    assert status == 1
    assert_one_line(said, reason)


SHARED = """
/**: {ros__parameters: {max_grasps: 3, max_residual: 0.001, clearance: 0.004, frame_rate: 30,
      camera: {width: 640}, model: /nowhere.onnx}}
/other: {ros__parameters: {max_grasp: 1}}
"""


def test_a_file_may_be_shared_with_other_nodes(run, params):
    said, status = run('graspnet_node', '--ros-args', '--params-file', params(SHARED))
    assert status == 1
    assert 'no folder /nowhere.onnx' in said  # it came as far as the model
    (line,) = [line for line in said.splitlines() if 'other nodes' in line]
    assert line.endswith('section: camera.width, clearance, frame_rate, max_residual')


@pytest.mark.parametrize(
    ('arguments', 'reason'),
    [
        (('-p', 'max_residual:=0.1'), "'max_residual'"),
        (('-p', 'graspnet_node:frame_rate:=3'), "'frame_rate'"),
        (('--params-file', 'suction'), "'max_residual'"),
        (('--params-file', 'wildcard'), "unknown parameter 'maxgrasps', expected max_grasps"),
    ],
)
def test_what_is_addressed_to_the_node_or_misspelt_still_ends_it(run, params, arguments, reason):
    texts = {
        'suction': 'graspnet_node: {ros__parameters: {max_residual: 0.1}}',
        'wildcard': '/**: {ros__parameters: {maxgrasps: 3}}',
    }
    option, value = arguments
    said, status = run(
        'graspnet_node', '--ros-args', option, params(texts[value]) if value in texts else value
    )
    assert status == 1
    assert_one_line(said, reason)


def test_a_file_for_another_node_is_said(run, params):
    file = params('suction_node: {ros__parameters: {max_grasps: 3}}')
    arguments = ('--ros-args', '--params-file', file, '-p', 'model:=/nowhere.onnx')
    said, _ = run('graspnet_node', *arguments)
    assert 'params.yaml has no section for /graspnet_node or /**: not used' in said
    assert 'no section' not in run('graspnet_node', *arguments, '-r', '__node:=suction_node')[0]


@pytest.mark.parametrize('noise', ['-0.1', '1.5', '.nan'])
def test_noise_that_is_no_share_ends_the_simulated_camera(run, params, noise):
    pytest.importorskip('mujoco', reason='mujoco is not here: ./setup.sh')
    given = params(f'/**: {{ros__parameters: {{noise: {noise}}}}}')
    said, status = run('simulated_camera', '--ros-args', '--params-file', given)
    assert status == 1
    assert_one_line(said, f'noise is {float(noise.lstrip("."))}, expected 0 to 1')


def test_a_depth_file_that_is_none_ends_the_camera(run, params):
    said, status = run('depth_file', '--depth', params('no image'), '--camera', CAMERA)
    assert status == 2
    assert_one_line(said, 'params.yaml')


def test_a_mask_of_another_size_ends_the_camera(run, tmp_path):
    np.save(tmp_path / 'depth.npy', np.full((6, 8), 0.5, np.float32))
    np.save(tmp_path / 'mask.npy', np.ones((3, 4), bool))
    files = ['--depth', 'depth.npy', '--mask', 'mask.npy', '--camera', CAMERA]
    said, status = run('depth_file', *files)
    assert status == 2
    assert_one_line(said, 'mask is (3, 4), camera is (6, 8)')


@pytest.mark.parametrize(
    ('options', 'reason'),
    [
        (['--depth-scale', '1000'], '--depth-scale is 1000.0, expected metres per unit'),
        (['--label', '2'], '--label is for --mask'),
        (['--mask', 'labels.npy', '--label', '7'], 'label 7 is not in the mask, which has 1, 2'),
    ],
)
def test_options_that_make_no_sense_end_the_camera(run, tmp_path, options, reason):
    np.save(tmp_path / 'depth.npy', np.full((6, 8), 500, np.uint16))
    np.save(tmp_path / 'labels.npy', np.arange(48).reshape(6, 8) % 3)
    said, status = run('depth_file', '--depth', 'depth.npy', '--camera', CAMERA, *options)
    assert status == 2
    assert_one_line(said, reason)


def test_show_grasps_says_why_there_are_none(run):
    said, status = run('show_grasps', '--timeout', '0.2')
    assert status == 1
    assert_one_line(said, 'no message received on /grasps')


@pytest.mark.parametrize(
    ('parameter', 'reason'),
    [
        ('depth_scal:=0.001', "unknown parameter 'depth_scal', expected depth_scale"),
        ('image_frame:=up', "image_frame is 'up', expected auto or optical or x_forward"),
        ('rectify:=few', "'rectify'"),
    ],
)
def test_a_bad_parameter_ends_show_grasps(run, parameter, reason):
    said, status = run('show_grasps', '--ros-args', '-p', parameter)
    assert status == 1
    assert_one_line(said, reason)


@pytest.mark.parametrize(
    ('arguments', 'reason'),
    [
        (['--what'], 'unknown argument --what'),
        (['claw'], 'unknown argument claw'),
        (['jaw', '--answers', 'few'], '--answers is few'),
        (['--depth'], '--depth wants a value'),
        (['--depth', 'demo.sh'], 'needs --camera'),
        (['--mask', 'demo.sh'], 'needs --depth'),
        (['--depth-scale', '0.001'], 'needs --depth'),
        (['--depth', 'demo.sh', '--camera', CAMERA, '--label', '1'], '--label is for --mask'),
        (['graspnet', '--model', 'nowhere'], 'nowhere does not exist'),
        (['--depth', 'nowhere.npy', '--camera', CAMERA], 'nowhere.npy is not a file'),
    ],
)
def test_the_demo_refuses_what_it_cannot_use(repo, arguments, reason):
    ended = subprocess.run(
        ['./demo.sh', *arguments], cwd=repo, capture_output=True, text=True, timeout=20
    )
    assert ended.returncode == 2
    assert_one_line(ended.stdout + ended.stderr, reason)
