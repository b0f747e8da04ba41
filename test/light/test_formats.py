"""Grasps in the formats of other programs: a known grasp has known numbers in each."""

import csv
import json

from box_scene import saved_box
from dexnet_core.cli.main import main
from dexnet_core.geometry.approach_poses import pose_before, retreat_pose
from dexnet_core.geometry.transform import pose_matrix, rotation_of
from dexnet_core.io.files.plan_files import read_grasps
from dexnet_core.io.formats.format_registry import FORMATS, write_formats
from dexnet_core.io.formats.grasp_format import GraspList
from dexnet_core.io.formats.graspnetapi import group_rows, read_group
from dexnet_core.planning.grasp import Grasp, GripperKind
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.planners.cloud_plan import jaw_grasps
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
import yaml

CLOSING, ACROSS, APPROACH = np.eye(3)[[1, 2, 0]]
"""A jaw that comes along x and closes along y."""
PLACE = np.array([0.3, -0.1, 0.5])
UP = np.array([0.0, 0.0, 1.0])


def jaw(rotation=None, **changes):
    """A jaw along x, its tips 15 mm past the surface."""
    if rotation is None:
        rotation = np.column_stack([CLOSING, ACROSS, APPROACH])
    sides = np.array([[-1.0], [1.0]]) * rotation[:, 0]
    values = {'score': 0.75, 'width': 0.06, 'depth': 0.015, 'object_id': 4, **changes}
    return Grasp(
        GripperKind.PARALLEL_JAW,
        pose_matrix(PLACE, rotation),
        pixel=(0.0, 0.0),
        contacts=PLACE + 0.03 * sides,
        normals=sides,
        **values,
    )


def cup():
    pose = jaw().T_camera_grasp
    return Grasp(
        GripperKind.SUCTION, pose, 0.5, (0.0, 0.0), PLACE[None], -APPROACH[None], cup_radius=0.0075
    )


def listed(*grasps, **more):
    return GraspList(grasps, 'base', **more)


def random_jaws(count=5):
    rotations = Rotation.random(count, random_state=3).as_matrix()
    return [jaw(rotation, score=1 - k / count) for k, rotation in enumerate(rotations)]


def written(folder, name, *grasps, **more):
    """The folder, in which grasps are written in a format, as it says which files that makes."""
    write_formats([name], folder, listed(*grasps, **more))
    assert {path.name for path in folder.iterdir()} == set(FORMATS[name].files)
    return folder


# --- GraspGroup of graspnetAPI


def test_a_grasp_has_the_columns_of_a_grasp_group(tmp_path):
    rows = np.load(written(tmp_path, 'graspnetapi', jaw()) / 'graspnetapi.npy')
    assert rows.shape == (1, 17)
    assert rows.dtype == np.float64
    score, width, height, depth = rows[0, :4]
    assert (score, width, height, depth) == (0.75, 0.06, 0.02, 0.015)
    # x of the gripper is the frame's x, its y the frame's y: no rotation at all
    np.testing.assert_array_equal(rows[0, 4:13].reshape(3, 3), np.eye(3))
    np.testing.assert_allclose(rows[0, 13:16], [0.285, -0.1, 0.5], atol=1e-15)
    assert rows[0, 16] == 4


def test_fingertips_of_a_grasp_group_are_depth_beyond_its_point(tmp_path):
    for grasp, row in zip(random_jaws(), group_rows(listed(*random_jaws())), strict=True):
        rotation, point = row[4:13].reshape(3, 3), row[13:16]
        tips = [point + rotation @ [row[3], side * row[1] / 2, 0] for side in (-1, 1)]
        expected = grasp.position + np.outer([-0.03, 0.03], grasp.T_camera_grasp[:3, 0])
        np.testing.assert_allclose(tips, expected, atol=1e-12)
        assert np.linalg.det(rotation) == pytest.approx(1)


def test_fingers_are_as_high_as_the_gripper_that_is_known():
    assert group_rows(listed(jaw(), gripper=JawGripper(finger_width=0.013)))[0, 2] == 0.013


def test_an_object_without_label_is_minus_one():
    assert group_rows(listed(jaw(object_id=0)))[0, 16] == -1


def test_a_grasp_group_is_read_as_it_was_written(tmp_path):
    grasps = random_jaws()
    group = read_group(written(tmp_path, 'graspnetapi', *grasps) / 'graspnetapi.npy')
    assert group.object_ids.tolist() == [4] * len(grasps)
    for back, grasp in zip(jaw_grasps(group.grasps), grasps, strict=True):
        np.testing.assert_allclose(back.T_camera_grasp, grasp.T_camera_grasp, atol=1e-12)
        np.testing.assert_allclose(back.contacts, grasp.contacts, atol=1e-12)
        assert (back.score, back.width, back.depth) == (grasp.score, grasp.width, grasp.depth)


@pytest.mark.parametrize(
    ('rows', 'said'),
    [
        (np.zeros((2, 16)), r'shape \(2, 16\), expected \(None, 17\)'),
        (np.zeros((2, 17)), 'no rotation in columns 4 to 12 of row 0'),
        (np.full((1, 17), np.nan), 'expected finite numbers'),
        (np.full((1, 17), 'a'), 'expected finite numbers'),
    ],
)
def test_what_is_no_grasp_group_is_refused(tmp_path, rows, said):
    np.save(tmp_path / 'group.npy', rows)
    with pytest.raises(ValueError, match=said):
        read_group(tmp_path / 'group.npy')


def test_a_mirrored_rotation_is_refused(tmp_path):
    rows = group_rows(listed(jaw()))
    rows[0, 4] = -1
    np.save(tmp_path / 'group.npy', rows)
    with pytest.raises(ValueError, match='no rotation'):
        read_group(tmp_path / 'group.npy')


def test_cups_are_not_written_as_jaws(tmp_path):
    with pytest.raises(ValueError, match='graspnetapi cannot hold grasps of kind suction'):
        write_formats(['poses', 'graspnetapi'], tmp_path, listed(cup()))
    assert not list(tmp_path.iterdir())


# --- Isaac


def isaac(folder, *grasps, **more):
    return yaml.safe_load((written(folder, 'isaac', *grasps, **more) / FILE).read_text())


FILE = 'isaac_grasp.yaml'


def matrix_of(grasp):
    """The pose of a grasp of an Isaac file, as the readers of GraspGen and Isaac ROS make it."""
    w, (x, y, z) = grasp['orientation']['w'], grasp['orientation']['xyz']
    return pose_matrix(np.array(grasp['position']), rotation_of(np.array([x, y, z, w])))


def test_a_grasp_has_the_values_of_an_isaac_file(tmp_path):
    values = isaac(tmp_path, jaw())
    assert list(values) == ['format', 'format_version', 'object_frame', 'gripper_frame', 'grasps']
    assert values['format'] == 'isaac_grasp'
    assert values['format_version'] == 1.0
    assert values['object_frame'] == 'base'
    (name, grasp), *_ = values['grasps'].items()
    assert name == 'grasp_0'
    assert grasp['confidence'] == 0.75
    assert grasp['position'] == PLACE.tolist()
    # x to y, y to z, z to x: a third of a turn about (1, 1, 1)
    assert grasp['orientation']['w'] == pytest.approx(0.5)
    assert grasp['orientation']['xyz'] == pytest.approx([0.5, 0.5, 0.5])


def test_poses_of_an_isaac_file_are_those_of_the_grasps(tmp_path):
    grasps = [*random_jaws(), cup()]
    values = isaac(tmp_path, *grasps)
    for grasp, told in zip(grasps, values['grasps'].values(), strict=True):
        np.testing.assert_allclose(matrix_of(told), grasp.T_camera_grasp, atol=1e-12)


@pytest.mark.parametrize('kind', [JawGripper, SuctionCup])
def test_where_the_flange_is_known_an_isaac_file_has_its_pose(tmp_path, kind):
    grasp = jaw() if kind is JawGripper else cup()
    values = isaac(tmp_path, grasp, gripper=kind(flange_distance=0.2))
    assert values['gripper_frame'] == 'flange'
    T = matrix_of(values['grasps']['grasp_0'])
    np.testing.assert_allclose(T[:3, 3], [0.1, -0.1, 0.5], atol=1e-12)
    np.testing.assert_allclose(T[:3, :3], grasp.T_camera_grasp[:3, :3], atol=1e-12)


def test_a_confidence_is_never_above_one(tmp_path):
    assert isaac(tmp_path, jaw(score=1.7))['grasps']['grasp_0']['confidence'] == 1.0


# --- lists of poses


def rows_of(path):
    with path.open(newline='') as file:
        return list(csv.DictReader(file))


def numbers(row, *names):
    return np.array([float(row[name]) for name in names])


@pytest.mark.parametrize(
    ('name', 'stem', 'approach', 'closing'),
    [('poses', 'poses', 2, 0), ('poses-x', 'poses_x', 0, 1)],
)
def test_poses_have_their_axes_where_they_say(tmp_path, name, stem, approach, closing):
    grasps = [*random_jaws(), cup()]
    folder = written(tmp_path, name, *grasps, gripper=JawGripper(flange_distance=0.2))
    values = json.loads((folder / f'{stem}.json').read_text())
    assert values['frame'] == 'base'
    assert (values['approach_axis'], values['closing_axis']) == ('xyz'[approach], 'xyz'[closing])
    rows = rows_of(folder / f'{stem}.csv')
    for grasp, told, row in zip(grasps, values['grasps'], rows, strict=True):
        rotation = rotation_of(np.array(told['quaternion']))
        np.testing.assert_allclose(rotation[:, approach], grasp.approach, atol=1e-12)
        np.testing.assert_allclose(rotation[:, closing], grasp.T_camera_grasp[:3, 0], atol=1e-12)
        assert told['position'] == grasp.position.tolist()
        assert numbers(row, 'x', 'y', 'z').tolist() == told['position']
        assert numbers(row, 'qx', 'qy', 'qz', 'qw').tolist() == told['quaternion']
        assert numbers(row, 'score', 'width').tolist() == [grasp.score, grasp.width]
        assert row['gripper'] == told['gripper'] == grasp.gripper.value
        assert numbers(row, 'cup_radius') == told['cup_radius'] == grasp.cup_radius
        assert (row['frame'], int(row['object_id'])) == ('base', grasp.object_id)
    assert [row['rank'] for row in rows] == [str(k) for k in range(1, len(grasps) + 1)]


def test_poses_tell_pregrasp_and_retreat(tmp_path):
    folder = written(tmp_path, 'poses', jaw(), up=UP, pregrasp=0.12, retreat=0.2)
    (told,) = json.loads((folder / 'poses.json').read_text())['grasps']
    assert told['pregrasp'] == pytest.approx([0.18, -0.1, 0.5])
    assert told['retreat'] == pytest.approx([0.3, -0.1, 0.7])
    (row,) = rows_of(folder / 'poses.csv')
    assert numbers(row, *(f'pregrasp_{axis}' for axis in 'xyz')).tolist() == told['pregrasp']
    assert numbers(row, *(f'retreat_{axis}' for axis in 'xyz')).tolist() == told['retreat']


# --- all


@pytest.mark.parametrize('name', FORMATS)
def test_no_grasp_is_a_file_without_any(tmp_path, name):
    folder = written(tmp_path, name)
    readers = {'.npy': np.load, '.csv': rows_of}
    for path in folder.iterdir():
        read = readers.get(path.suffix, lambda file: yaml.safe_load(file.read_text())['grasps'])
        assert len(read(path)) == 0


# --- poses on the way


def test_a_pregrasp_is_back_along_the_approach():
    T = jaw().T_camera_grasp
    before = pose_before(T, 0.1)
    np.testing.assert_allclose(before[:3, 3], [0.2, -0.1, 0.5], atol=1e-12)
    np.testing.assert_array_equal(before[:3, :3], T[:3, :3])
    np.testing.assert_array_equal(T[:3, 3], PLACE)
    np.testing.assert_array_equal(pose_before(np.stack([T, T]), 0.1)[1], before)


def test_a_retreat_is_upwards_where_up_is_known_and_back_where_not():
    T = jaw().T_camera_grasp
    np.testing.assert_allclose(retreat_pose(T, 0.1, 3 * UP)[:3, 3], [0.3, -0.1, 0.6], atol=1e-12)
    np.testing.assert_array_equal(retreat_pose(T, 0.1), pose_before(T, 0.1))


@pytest.mark.parametrize('distance', [-0.1, np.nan, np.inf])
def test_a_distance_that_is_none_is_refused(distance):
    for pose in (pose_before, retreat_pose, lambda T, length: retreat_pose(T, length, UP)):
        with pytest.raises(ValueError, match=r'distance is .*, expected metres, at least 0'):
            pose(jaw().T_camera_grasp, distance)


@pytest.mark.parametrize('up', [np.zeros(3), np.ones(2), np.full(3, np.nan)])
def test_up_that_is_no_direction_is_refused(up):
    with pytest.raises(ValueError, match=r'up is .*, expected a direction'):
        retreat_pose(jaw().T_camera_grasp, 0.1, up)


# --- the command


_FOR_CUPS = ' or '.join(
    name for name, kind in FORMATS.items() if GripperKind.SUCTION in kind.grippers
)
_WITH_PREGRASP = ' or '.join(name for name, kind in FORMATS.items() if kind.has_pregrasp)


@pytest.fixture
def bar(tmp_path):
    """Options that plan on a bar that is 44 mm wide, seen from above."""
    words = saved_box(tmp_path, slice(90, 150), slice(150, 170), 0.66)
    return [*words, '--out', str(tmp_path / 'out')]


def test_plan_writes_every_format_that_is_asked_for(bar, tmp_path):
    gripper = tmp_path / 'jaw.yaml'
    gripper.write_text('type: parallel_jaw\nflange_distance: 0.15\n')
    asked = [word for name in FORMATS for word in ('--format', name)]
    ways = ['--up=0,-0.6,-6', '--pregrasp', '0.05', '--retreat', '0.2', '--gripper', str(gripper)]
    assert main(['plan', 'jaw', *bar, *asked, *ways]) == 0
    out = tmp_path / 'out'
    grasps = read_grasps(out / 'grasps.json')
    tips = read_group(out / 'graspnetapi.npy').grasps.tips()
    np.testing.assert_allclose(tips, [grasp.position for grasp in grasps], atol=1e-9)
    flange = matrix_of(yaml.safe_load((out / FILE).read_text())['grasps']['grasp_0'])
    np.testing.assert_allclose(
        flange[:3, 3], grasps[0].position - 0.15 * grasps[0].approach, atol=1e-9
    )
    told = json.loads((out / 'poses_x.json').read_text())['grasps'][0]
    lifted = grasps[0].position + 0.2 * np.array([0, -0.1, -1]) / np.sqrt(1.01)
    np.testing.assert_allclose(told['retreat'], lifted, atol=1e-9)
    before = grasps[0].position - 0.05 * grasps[0].approach
    np.testing.assert_allclose(told['pregrasp'], before, atol=1e-9)


def test_plan_of_cups_writes_the_formats_that_tell_of_cups(bar, tmp_path):
    cup = tmp_path / 'cup.yaml'
    cup.write_text('type: suction_cup\nflange_distance: 0.1\n')
    words = ['--format', 'isaac', '--format', 'poses', '--gripper', str(cup)]
    assert main(['plan', 'suction', *bar, *words]) == 0
    (best, *_) = read_grasps(tmp_path / 'out' / 'grasps.json')
    values = yaml.safe_load((tmp_path / 'out' / FILE).read_text())
    back = matrix_of(values['grasps']['grasp_0'])[:3, 3]
    np.testing.assert_allclose(back, best.position - 0.1 * best.approach, atol=1e-9)


@pytest.mark.parametrize(
    ('planner', 'words', 'said'),
    [
        ('suction', '--format graspnetapi', f'expected {_FOR_CUPS}'),
        ('jaw', '--format isaac --pregrasp 0.1', f'--pregrasp is for --format {_WITH_PREGRASP}'),
        ('jaw', '--retreat 0.1', f'--retreat is for --format {_WITH_PREGRASP}'),
        ('jaw', '--format poses --pregrasp -1', '--pregrasp is -1.0, expected metres'),
        ('jaw', '--format poses --retreat nan', '--retreat is nan, expected metres'),
    ],
)
def test_formats_that_do_not_go_are_refused_before_planning(
    bar, tmp_path, capsys, planner, words, said
):
    assert main(['plan', planner, *bar, *words.split()]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert not (tmp_path / 'out').exists()
